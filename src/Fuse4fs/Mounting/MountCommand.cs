using System.Globalization;
using Ext4Core;
using Ext4Core.Integrity;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Options;

namespace Fuse4fs.Mounting;

/// <summary>The life of one mount that this process makes itself: open, parse, mount, serve, end. A volume that is refused is
/// refused before anything is mounted.</summary>
internal sealed class MountCommand(MountPlan plan, EventLog log)
{
    /// <summary>How long a mount may linger in somebody else's namespace after it was taken out of ours.</summary>
    private static readonly TimeSpan Lingering = TimeSpan.FromSeconds(2);

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
        OutOfMemoryScore.Adjust(plan.OomScoreAdjustment, log);
        using StopRequest stop = new();
        VolumeServer server = new(plan, stop, log);
        using Volume volume = OpenVolume(server);
        MountRequest request = RequestFor(volume);
        IMounter mounter = Libc.EffectiveUserId() == 0 ? new KernelMounter() : new HelperMounter();
        stop.ListenToSignals();
        FuseChannel channel = mounter.Mount(request);
        string? device = MountTable.DeviceAt(request.MountPoint);
        try
        {
            using Session<VolumeService> session = server.Negotiate(volume, channel);
            session.Start();
            ReadAhead.Raise(device);
            server.Announce(volume, request.MountPoint);
            log.Write(Severity.Notice, "uncontained", ("report", "the image is parsed with this process's full rights: no sandbox is in place"));
            background?.Detach(log);
            return server.Serve(session, () =>
            {
                Unmount(mounter, request, device);

                // Another namespace may hold a copy: the connection ends with this process at the latest.
                return session.Ended.WaitOne(Lingering);
            });
        }
        catch (NegotiationException)
        {
            Unmount(mounter, request, device);
            throw;
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

    private Volume OpenVolume(VolumeServer server)
    {
        DeviceOpener opener = new(log);
        return server.Open(
            opener.Open(plan.Device, plan.Offset, plan.DirectIo),
            plan.JournalPath is null ? null : opener.Open(plan.JournalPath, offset: 0, plan.DirectIo));
    }

    private MountRequest RequestFor(Volume volume) => new(
        MountDirectory.Resolve(plan.MountPoint),
        plan.Source ?? (plan.DefaultNames ? Path.GetFullPath(plan.Device) : null),
        plan.Subtype ?? (plan.DefaultNames ? VolumeServer.TypeOf(volume) : null),
        plan.Flags | MountFlags.ReadOnly,
        plan.ChecksPermissions,
        plan.AllowOther,
        plan.MaxRead,
        plan.Contexts);
}

/// <summary>How readily the system ends this process when memory runs out.</summary>
internal static class OutOfMemoryScore
{
    /// <summary>Writes the score; where that is not allowed, the log says so.</summary>
    /// <param name="wanted">Null leaves it alone.</param>
    /// <param name="log">Where a refusal is told.</param>
    public static void Adjust(int? wanted, EventLog log)
    {
        if (wanted is not int score)
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
}
