using Ext4Core;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The journal's superblock.</summary>
/// <remarks>Input: options, then the superblock's bytes from its start.</remarks>
internal sealed class JournalSuperblockTarget : FuzzTarget
{
    private readonly JournalStage _stage = new();

    /// <inheritdoc/>
    public override string Name => "journal-superblock";

    /// <inheritdoc/>
    public override string Description => "the journal's superblock: length, start, features, fast-commit area, checksum";

    /// <inheritdoc/>
    public override long AllocationBudget => 8 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            for (int version = 0; version <= 3; version++)
            {
                yield return Of(version, hasFastCommits: false).Named($"checksums-of-version-{version}");
            }

            yield return Of(3, hasFastCommits: true).Named("with-fast-commits");
            yield return Of(3, hasFastCommits: true, (JournalSuperblockView.SNumFcBlks, 257)).Named("fast-commits-one-block-too-many");
            yield return Of(3, hasFastCommits: false, (JournalSuperblockView.SMaxlen, (int)JournalStage.Length + 1)).Named("one-block-too-long");
            yield return Of(3, hasFastCommits: false, (JournalSuperblockView.SMaxlen, (int)JournalLog.MinimumBlocks - 1)).Named("one-block-too-short");
            yield return Of(3, hasFastCommits: false, (JournalSuperblockView.SFirst, 0)).Named("log-starts-in-the-superblock");
            yield return Of(3, hasFastCommits: false, (JournalSuperblockView.SFeatureIncompat, 0x40)).Named("feature-that-nobody-knows");
            yield return Of(3, hasFastCommits: false, (JournalSuperblockView.SFeatureIncompat, 0x18)).Named("two-versions-of-checksums");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => JournalSeeds.Words;

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        JournalOptions options = new(reader.U8());
        _stage.Lay(0, reader.Rest);
        try
        {
            if (options.SealsChecksums)
            {
                JournalSuperblockWriter.Seal(_stage.Edit(0));
            }

            JournalLog log = JournalLog.Open(_stage.Blocks);
            bool isFine = log.First < log.Last && log.Last <= log.Length && log.Length <= JournalStage.Length
                && log.Advance(log.Last - 1, 1) == log.First;
            return isFine
                ? Verdict.Accepted(new Digest().Add(log.First).Add(log.Last).Add(log.Length).Add(log.Start).Add(log.Sequence)
                    .Add((ulong)log.Format.Incompatible).Add(log.Seed).Add((long)log.Error).Value)
                : throw new FindingException(FindingKind.Contradiction, "a log that does not lie in its journal");
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

    private InputWriter Of(int version, bool hasFastCommits, params ReadOnlySpan<(int Offset, int Value)> changes)
    {
        JournalOptions options = JournalOptions.Of(version, hasFastCommits: hasFastCommits);
        _stage.PutSuperblock(options, 1);
        Span<byte> superblock = _stage.Edit(0);
        foreach ((int offset, int value) in changes)
        {
            Be.PutU32(superblock, offset, (uint)value);
        }

        byte[] bytes = [.. superblock];
        _stage.Device.Reset();
        return new InputWriter().U8(options.Value).Bytes(bytes);
    }
}
