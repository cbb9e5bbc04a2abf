using Ext4Core;
using Ext4Core.Io;
using Ext4Core.Layout;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Operations;
using Fuse4fs.Options;

namespace Fuse4fs.Mounting;

/// <summary>What a plan makes of a device and a connection, whoever opened the one and mounted the other.</summary>
/// <param name="plan">What was asked for.</param>
/// <param name="stop">Who else may ask for the end.</param>
/// <param name="log">Where events are told.</param>
internal sealed class VolumeServer(MountPlan plan, StopRequest stop, EventLog log)
{
    /// <summary>Inodes of this size hold times in seconds.</summary>
    private const int SmallInode = 128;

    private SpliceSource? _source;
    private volatile bool _stoppedAfterDamage;

    /// <summary>Parses the volume.</summary>
    /// <param name="device">Where it lies; it belongs to the volume from now on.</param>
    /// <param name="journal">An external journal, if there is one.</param>
    public Volume Open(IBlockDevice device, IBlockDevice? journal)
    {
        VolumeOptions options = new() { SkipJournal = plan.SkipJournal, CountsMetadataAsUsable = plan.MinixStatistics, JournalDevice = journal };
        device = DeviceOpener.Narrow(device, plan.Partition);
        _source = SourceOf(device);
        return Volume.Mount(device, options with
        {
            CacheBytes = plan.CacheBytes ?? options.CacheBytes,
            SuperblockLocation = plan.Superblock ?? options.SuperblockLocation,
        });
    }

    /// <summary>Agrees with the kernel: afterwards the mount works.</summary>
    /// <exception cref="NegotiationException">Nothing came of it.</exception>
    public Session<VolumeService> Negotiate(Volume volume, FuseChannel channel)
    {
        // Only these files refuse to be opened; without them nobody needs to ask.
        bool answersOpens = volume.Geometry.Has(IncompatibleFeatures.Encryption);
        bool evaluatesLists = plan.AccessControlLists && plan.ChecksPermissions;
        ServedVolume served = new(volume, new(log, plan.Errors, StopAfterDamage), plan.AccessControlLists, answersOpens, _source);
        Observation observation = (plan.Debug ? Observation.Trace : Observation.None) | (plan.Timing ? Observation.Timing : Observation.None);
        VolumeService service = new(served);
        Worker<VolumeService> first = new(channel, service, log, observation);
        uint granularity = volume.Geometry.InodeSize > SmallInode ? 1u : 1_000_000_000;
        int mostPages = service.Pipe is null ? Negotiation.MostPages : ReplyPipe.MostPages;
        _ = Negotiation.Run(channel, first.RequestBuffer, first.ReplyBuffer, evaluatesLists, granularity, mostPages);
        return new(channel, first, () => new(served), WorkerCountOf(plan), log, observation);
    }

    /// <summary>Threads that serve.</summary>
    public static int WorkerCountOf(MountPlan plan) => plan.Workers ?? Session<VolumeService>.DefaultWorkerCount;

    /// <summary>Says what is served.</summary>
    public void Announce(Volume volume, string mountPoint)
    {
        foreach (VolumeNotice notice in volume.Notices)
        {
            log.Write(Severity.Warning, "notice", ("subject", notice.Subject), ("report", notice.Text));
        }

        if (plan.WriteRequested)
        {
            log.Write(Severity.Notice, "readonly", ("report", "rw was asked for: this version mounts read-only"));
        }

        log.Write(Severity.Info, "mounted", ("device", plan.Device), ("mountpoint", mountPoint), ("type", TypeOf(volume)));
    }

    /// <summary>Serves until the mount ends.</summary>
    /// <param name="session">A session that has started.</param>
    /// <param name="unmount">What to do when the end is asked for here and not by unmounting; gives whether the session has ended.</param>
    /// <returns>The exit code.</returns>
    public int Serve(Session<VolumeService> session, Func<bool> unmount)
    {
        const int stopped = 1;
        bool hasEnded = WaitHandle.WaitAny([session.Ended, stop.Requested]) != stopped || unmount();
        session.Report();
        log.Write(Severity.Info, "unmounted", ("device", plan.Device), ("lingers", !hasEnded));
        return _stoppedAfterDamage || !session.EndedWell ? ExitCode.Operational : ExitCode.Success;
    }

    /// <summary>The oldest driver of the family that could mount it.</summary>
    public static string TypeOf(Volume volume)
    {
        const IncompatibleFeatures ofExt4 = IncompatibleFeatures.Extents | IncompatibleFeatures.SixtyFourBit
            | IncompatibleFeatures.FlexibleBlockGroups | IncompatibleFeatures.InlineData | IncompatibleFeatures.AttributeInodes;
        if ((volume.Geometry.Incompatible & ofExt4) != default(IncompatibleFeatures))
        {
            return "ext4";
        }

        return volume.Geometry.Has(CompatibleFeatures.HasJournal) ? "ext3" : "ext2";
    }

    /// <summary>Where the kernel can take the volume's bytes by itself: in a file or device that it caches.</summary>
    private static SpliceSource? SourceOf(IBlockDevice device) => device switch
    {
        FileBlockDevice file => new(file.Handle, Start: 0),
        WindowBlockDevice { Whole: FileBlockDevice file } window => new(file.Handle, window.Start),
        _ => null,
    };

    private void StopAfterDamage()
    {
        _stoppedAfterDamage = true;
        stop.Request();
    }
}
