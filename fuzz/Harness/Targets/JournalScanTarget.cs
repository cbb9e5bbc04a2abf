using Ext4Core.Journal;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The walks over a log: where it ends, what it revokes, what it replaces.</summary>
internal sealed class JournalScanTarget : JournalTarget
{
    /// <inheritdoc/>
    public override string Name => "journal-scan";

    /// <inheritdoc/>
    public override string Description => "the walks over a log of any form: descriptors, commits, revokes, checksums of three versions";

    /// <inheritdoc/>
    protected override Verdict Run(JournalStage stage, JournalLog log)
    {
        JournalContents contents = Read(stage, log);
        int count = contents.Overlay?.Count ?? 0;
        bool isFine = count <= MostBlocks && (contents.Overlay is null) == (count == 0)
            && TransactionOrder.IsAtOrAfter(contents.End, log.Sequence);
        return isFine
            ? Verdict.Accepted(new Digest().Add(contents.End).Add((ulong)count).Value)
            : throw new FindingException(FindingKind.Contradiction, "a log that ends before it starts, or holds more than it may");
    }
}
