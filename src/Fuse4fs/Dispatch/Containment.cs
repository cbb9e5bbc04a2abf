using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Primitives;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Options;

namespace Fuse4fs.Dispatch;

/// <summary>What becomes of a failure while a request is served: one line in the log, one error number for the caller.</summary>
/// <remarks>The same damage is met again with every access: it is reported once. What is remembered is bounded, so that a
/// volume that is damaged everywhere costs no more memory than one that is damaged somewhere.</remarks>
/// <param name="log">Where the line goes.</param>
/// <param name="policy">Whether damage ends the mount.</param>
/// <param name="stop">Ends the mount.</param>
internal sealed class Containment(EventLog log, ErrorPolicy policy, Action stop)
{
    private const int MostReports = 4096;

    private readonly Lock _gate = new();
    private readonly HashSet<(CorruptionCode Code, DiskLocation Where)> _damage = [];
    private readonly HashSet<long> _failures = [];

    /// <summary>The image is damaged.</summary>
    public Errno Contain(CorruptionException damage)
    {
        if (IsNew(_damage, (damage.Code, damage.Where)))
        {
            log.Write(
                Severity.Warning,
                "damage",
                ("code", $"E{(int)damage.Code}"),
                ("scope", damage.Scope),
                ("structure", damage.Where.Structure),
                ("inode", damage.Where.Inode),
                ("block", damage.Where.Block),
                ("offset", damage.Where.Offset),
                ("report", damage.Message));
        }

        if (policy == ErrorPolicy.Panic)
        {
            stop();
        }

        return Errno.NeedsCleaning;
    }

    /// <summary>The device failed.</summary>
    public Errno Contain(DeviceException failure)
    {
        if (IsNew(_failures, failure.Offset))
        {
            log.Write(Severity.Error, "device", ("offset", failure.Offset), ("length", failure.Length), ("report", failure.Message));
        }

        return Errno.InputOutput;
    }

    /// <summary>Reads an inode that is one of many in a listing: damage is reported, and costs this inode alone.</summary>
    public bool TryStat(Volume volume, Workspace workspace, InodeNumber inode, out InodeStat stat)
    {
        try
        {
            return volume.Stat(workspace, inode, out stat) == FsError.None;
        }
        catch (CorruptionException damage)
        {
            _ = Contain(damage);
            stat = default;
            return false;
        }
    }

    /// <summary>Reads an inode by a number that somebody kept: one that is not in use is no damage.</summary>
    public static bool TryStatHandle(Volume volume, Workspace workspace, InodeNumber inode, out InodeStat stat)
    {
        try
        {
            return volume.Stat(workspace, inode, out stat) == FsError.None;
        }
        catch (CorruptionException damage) when (damage.Code == CorruptionCode.InodeNotInUse)
        {
            stat = default;
            return false;
        }
    }

    /// <summary>We are wrong: nothing that the image or the kernel says may end here. Stop before anything else happens.</summary>
    public void Panic(Exception bug, object request)
    {
        log.Write(Severity.Error, "bug", ("request", request), ("exception", bug.GetType().Name), ("report", bug));
        Environment.FailFast(bug.Message, bug);
    }

    private bool IsNew<T>(HashSet<T> seen, T report)
    {
        lock (_gate)
        {
            if (seen.Count >= MostReports || !seen.Add(report))
            {
                return false;
            }

            if (seen.Count == MostReports)
            {
                log.Write(Severity.Warning, "silenced", ("reason", $"{MostReports} different reports were written: no more will follow"));
            }

            return true;
        }
    }
}
