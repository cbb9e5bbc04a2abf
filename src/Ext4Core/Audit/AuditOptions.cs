namespace Ext4Core.Audit;

/// <summary>What an audit may cost, and who hears how far it is.</summary>
public sealed record AuditOptions
{
    /// <summary>Reports that are kept; the ones beyond are only counted.</summary>
    public int KeptReports { get; init; } = 1000;

    /// <summary>Bytes that the audit may take to remember who owns what. A check that would need more is skipped, and
    /// <see cref="AuditResult.Skipped"/> says so.</summary>
    public long MemoryBytes { get; init; } = 96L << 20;

    /// <summary>Hears about progress; null for nobody.</summary>
    public IAuditProgress? Progress { get; init; }
}

/// <summary>What an audit is doing.</summary>
public enum AuditPhase
{
    /// <summary>The superblock's copies and the group descriptors.</summary>
    Groups,

    /// <summary>Every inode, its block map and its attributes.</summary>
    Inodes,

    /// <summary>Every directory.</summary>
    Directories,

    /// <summary>Link counts and the way from the root to each inode.</summary>
    Links,

    /// <summary>Bitmaps and counts.</summary>
    Bitmaps,
}

/// <summary>Hears how far an audit is.</summary>
public interface IAuditProgress
{
    /// <summary>Called now and then, from the thread that audits.</summary>
    /// <param name="phase">What is being looked at.</param>
    /// <param name="done">Units done; the unit is the phase's own.</param>
    /// <param name="total">Units in all.</param>
    void Advance(AuditPhase phase, ulong done, ulong total);
}
