using Ext4Core.Integrity;

namespace Ext4Core.Audit;

/// <summary>Collects what an audit finds, and what it could not look at.</summary>
internal sealed class AuditFindings(int keptReports)
{
    private readonly List<CorruptionException> _reports = [];
    private readonly List<string> _skipped = [];

    public IReadOnlyList<CorruptionException> Reports => _reports;

    public IReadOnlyList<string> Skipped => _skipped;

    public long ReportCount { get; private set; }

    /// <summary>Whether every owner of blocks could be read to its end. If not, a block without an owner proves nothing.</summary>
    public bool SawAllOwners { get; private set; } = true;

    /// <summary>Whether every directory could be read to its end. If not, an inode without a name proves nothing.</summary>
    public bool SawAllNames { get; private set; } = true;

    public void Add(CorruptionException report)
    {
        ReportCount++;
        if (_reports.Count < keptReports)
        {
            _reports.Add(report);
        }
    }

    public void Add(CorruptionCode code, in DiskLocation where, ulong found, ulong expected) =>
        Add(new CorruptionException(code, where, found, expected));

    public void Skip(string reason)
    {
        if (!_skipped.Contains(reason))
        {
            _skipped.Add(reason);
        }
    }

    public void MissOwner() => SawAllOwners = false;

    public void MissNames() => SawAllNames = false;
}
