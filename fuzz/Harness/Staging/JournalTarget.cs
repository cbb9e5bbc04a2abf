using Ext4Core;
using Ext4Core.Integrity;
using Ext4Core.Journal;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>A target whose inputs are logs.</summary>
/// <remarks>Input: options, the block that the log starts in, then blocks as parts: the journal's by their index, those of the
/// fast-commit area behind <see cref="JournalStage.LogBlocks"/>.</remarks>
internal abstract class JournalTarget : FuzzTarget
{
    /// <summary>Blocks on the volume whose journal it is.</summary>
    protected const ulong VolumeBlocks = 256;

    /// <summary>Blocks that may be overlaid, and that may be revoked: fewer than inputs fill, so that a log can hold too many.</summary>
    public const int MostBlocks = 32;

    private readonly JournalStage _stage = new();

    /// <inheritdoc/>
    public override long AllocationBudget => 48 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds => JournalSeeds.Logs();

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => JournalSeeds.Words;

    /// <inheritdoc/>
    public sealed override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        JournalOptions options = new(reader.U8());
        uint start = reader.U8();
        while (reader.TryTakePart(out int number, out ReadOnlySpan<byte> bytes))
        {
            _stage.Lay(number, bytes);
        }

        try
        {
            _stage.PutSuperblock(options, start);
            if (options.SealsChecksums)
            {
                _stage.Seal(options, start);
            }

            JournalLog log = JournalLog.Open(_stage.Blocks);
            return log.IsClean ? Verdict.Refused(0) : Run(_stage, log);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
        catch (UnsupportedFeatureException refusal)
        {
            return Verdict.Refused((ulong)refusal.Message.Length);
        }
        finally
        {
            _stage.Device.Reset();
        }
    }

    /// <summary>Runs one log that is not clean.</summary>
    protected abstract Verdict Run(JournalStage stage, JournalLog log);

    /// <summary>Reads the log: three walks, each of no more blocks than the journal has, and their data.</summary>
    protected static JournalContents Read(JournalStage stage, JournalLog log)
    {
        int before = stage.Device.ReadCount;
        JournalContents contents = JournalReplay.Read(log, VolumeBlocks, MostBlocks);
        if (stage.Device.ReadCount - before > 3 * 2 * JournalStage.Length)
        {
            throw new FindingException(FindingKind.Work, $"{stage.Device.ReadCount} reads of a journal of {JournalStage.Length} blocks");
        }

        return contents;
    }
}
