using System.Globalization;
using System.Runtime.InteropServices;
using Ext4Core;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Operations;
using Fuse4fs.Options;
using Fuse4fs.Wire;

namespace Fuse4fs.Mounting;

/// <summary>The life of one mount: open, parse, mount, serve, end. A volume that is refused is refused before anything is mounted.</summary>
internal sealed class MountCommand(MountPlan plan, EventLog log)
{
    /// <summary>Inodes of this size hold times in seconds.</summary>
    private const int SmallInode = 128;

    /// <summary>How long a mount may linger in somebody else's namespace after it was taken out of ours.</summary>
    private static readonly TimeSpan Lingering = TimeSpan.FromSeconds(2);

    private volatile bool _stoppedAfterDamage;

    /// <summary>Runs to the end of the mount, or in the background's first process to its beginning.</summary>
    /// <returns>The exit code.</returns>
    public int Run()
    {
        using Background? background = Background.Current();
        try
        {
            if (!plan.Foreground && background is null)
            {
                return Background.Start();
            }

            return Serve(background);
        }
        catch (Exception refusal) when (refusal is CorruptionException or UnsupportedFeatureException or DeviceException
            or MountException or NegotiationException or IOException)
        {
            log.Write(Severity.Error, "refused", ("device", plan.Device), ("reason", refusal.Message));
            return ExitCode.MountFailed;
        }
    }

    private int Serve(Background? background)
    {
        using LockFile lockFile = LockFile.Create(plan.LockFile);
        AdjustOutOfMemoryScore();
        using Volume volume = OpenVolume();
        MountRequest request = RequestFor(volume);
        IMounter mounter = Libc.EffectiveUserId() == 0 ? new KernelMounter() : new HelperMounter();
        using ManualResetEvent stopRequested = new(initialState: false);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, stopRequested);
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, stopRequested);
        using PosixSignalRegistration hangUp = OnSignal(PosixSignal.SIGHUP, stopRequested);
        FuseChannel channel = mounter.Mount(request);
        string? device = MountTable.DeviceAt(request.MountPoint);
        try
        {
            using Session<VolumeService> session = Negotiate(volume, channel, StopAfterDamage);
            session.Start();
            ReadAhead.Raise(device);
            Announce(volume, request);
            background?.Detach(log);
            WaitForEnd(session, stopRequested, () => Unmount(mounter, request, device));
            return _stoppedAfterDamage || !session.EndedWell ? ExitCode.Operational : ExitCode.Success;
        }
        catch (NegotiationException)
        {
            Unmount(mounter, request, device);
            throw;
        }

        void StopAfterDamage()
        {
            _stoppedAfterDamage = true;
            _ = stopRequested.Set();
        }
    }

    /// <summary>Unmounts what we mounted, and nothing that somebody else has mounted over it since.</summary>
    private static void Unmount(IMounter mounter, MountRequest request, string? device)
    {
        if (string.Equals(MountTable.DeviceAt(request.MountPoint), device, StringComparison.Ordinal))
        {
            mounter.Unmount(request);
        }
    }

    private Session<VolumeService> Negotiate(Volume volume, FuseChannel channel, Action stop)
    {
        // Only these files refuse to be opened; without them nobody needs to ask.
        bool answersOpens = volume.Geometry.Has(IncompatibleFeatures.Encryption);
        bool evaluatesLists = plan.AccessControlLists && plan.ChecksPermissions;
        ServedVolume served = new(volume, new(log, plan.Errors, stop), plan.AccessControlLists, answersOpens);
        Observation observation = (plan.Debug ? Observation.Trace : Observation.None) | (plan.Timing ? Observation.Timing : Observation.None);
        Worker<VolumeService> first = new(channel, new(served), log, observation);
        uint granularity = volume.Geometry.InodeSize > SmallInode ? 1u : 1_000_000_000;
        _ = Negotiation.Run(channel, first.RequestBuffer, first.ReplyBuffer, evaluatesLists, granularity);
        return new(channel, first, () => new(served), plan.Workers ?? Session<VolumeService>.DefaultWorkerCount, log, observation);
    }

    private void WaitForEnd(Session<VolumeService> session, WaitHandle stopRequested, Action unmount)
    {
        const int stopped = 1;
        bool hasEnded = true;
        if (WaitHandle.WaitAny([session.Ended, stopRequested]) == stopped)
        {
            unmount();

            // Another namespace may hold a copy: the connection ends with this process at the latest.
            hasEnded = session.Ended.WaitOne(Lingering);
        }

        session.Report();
        log.Write(Severity.Info, "unmounted", ("device", plan.Device), ("lingers", !hasEnded));
    }

    private Volume OpenVolume()
    {
        DeviceOpener opener = new(log);
        VolumeOptions options = new() { SkipJournal = plan.SkipJournal, CountsMetadataAsUsable = plan.MinixStatistics };
        options = options with
        {
            CacheBytes = plan.CacheBytes ?? options.CacheBytes,
            SuperblockLocation = plan.Superblock ?? options.SuperblockLocation,
            JournalDevice = plan.JournalPath is null ? null : opener.Open(plan.JournalPath, offset: 0, plan.DirectIo),
        };
        return Volume.Mount(opener.Open(plan.Device, plan.Offset, plan.DirectIo), options);
    }

    private MountRequest RequestFor(Volume volume) => new(
        MountDirectory.Resolve(plan.MountPoint),
        plan.Source ?? (plan.DefaultNames ? Path.GetFullPath(plan.Device) : null),
        plan.Subtype ?? (plan.DefaultNames ? TypeOf(volume) : null),
        plan.Flags | MountFlags.ReadOnly,
        plan.ChecksPermissions,
        plan.AllowOther,
        plan.MaxRead);

    /// <summary>The oldest driver of the family that could mount it.</summary>
    private static string TypeOf(Volume volume)
    {
        const IncompatibleFeatures ofExt4 = IncompatibleFeatures.Extents | IncompatibleFeatures.SixtyFourBit
            | IncompatibleFeatures.FlexibleBlockGroups | IncompatibleFeatures.InlineData | IncompatibleFeatures.AttributeInodes;
        if ((volume.Geometry.Incompatible & ofExt4) != default(IncompatibleFeatures))
        {
            return "ext4";
        }

        return volume.Geometry.Has(CompatibleFeatures.HasJournal) ? "ext3" : "ext2";
    }

    private void Announce(Volume volume, MountRequest request)
    {
        foreach (VolumeNotice notice in volume.Notices)
        {
            log.Write(Severity.Warning, "notice", ("subject", notice.Subject), ("report", notice.Text));
        }

        if (plan.WriteRequested)
        {
            log.Write(Severity.Notice, "readonly", ("report", "rw was asked for: this version mounts read-only"));
        }

        log.Write(Severity.Info, "mounted", ("device", plan.Device), ("mountpoint", request.MountPoint), ("type", TypeOf(volume)));
        log.Write(Severity.Notice, "uncontained", ("report", "the image is parsed with this process's full rights: no sandbox is in place"));
    }

    private void AdjustOutOfMemoryScore()
    {
        if (plan.OomScoreAdjustment is not int score)
        {
            return;
        }

        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.Write(Severity.Notice, "oom_score_adj", ("report", error.Message));
        }
    }

    private static PosixSignalRegistration OnSignal(PosixSignal signal, ManualResetEvent stopRequested) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            _ = stopRequested.Set();
        });
}
