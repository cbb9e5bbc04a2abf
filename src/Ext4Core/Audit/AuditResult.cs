using Ext4Core.Integrity;

namespace Ext4Core.Audit;

/// <summary>What an audit found.</summary>
public sealed class AuditResult
{
    internal AuditResult(
        IReadOnlyList<CorruptionException> reports, long reportCount, IReadOnlyList<string> skipped, in AuditTally tally)
    {
        Reports = reports;
        ReportCount = reportCount;
        Skipped = skipped;
        Tally = tally;
    }

    /// <summary>Nothing is wrong, as far as was looked.</summary>
    public bool IsClean => ReportCount == 0;

    /// <summary>The first reports, in the order in which they were found.</summary>
    public IReadOnlyList<CorruptionException> Reports { get; }

    /// <summary>All reports, the ones that were not kept included.</summary>
    public long ReportCount { get; }

    /// <summary>Checks that were not made, each with its reason.</summary>
    public IReadOnlyList<string> Skipped { get; }

    /// <summary>What was looked at.</summary>
    public AuditTally Tally { get; }
}

/// <summary>What an audit looked at.</summary>
/// <param name="Inodes">Inodes in use.</param>
/// <param name="Directories">Directories among them.</param>
/// <param name="Entries">Names in directories, <c>.</c> and <c>..</c> included.</param>
/// <param name="Blocks">Blocks that inodes own, their maps included.</param>
public readonly record struct AuditTally(long Inodes, long Directories, long Entries, long Blocks);
