using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>Revoke blocks, and what they mean for copies in the log.</summary>
/// <remarks>Input: options, then revoke blocks as parts, whose numbers are their transactions. The answers are held against all
/// revokes, asked one after the other.</remarks>
internal sealed class JournalRevokeTarget : FuzzTarget
{
    private const int MostRevokes = 64;

    private static readonly DiskLocation Here = new(StructureKind.JournalBlock, 12, 0);

    private readonly (ulong Block, uint Sequence)[] _all = new (ulong Block, uint Sequence)[256];
    private readonly byte[] _block = new byte[JournalStage.BlockSize];

    /// <inheritdoc/>
    public override string Name => "journal-revoke";

    /// <inheritdoc/>
    public override string Description => "revoke blocks of both widths, across the wrap of transaction numbers";

    /// <inheritdoc/>
    public override int MaximumLength => 1024;

    /// <inheritdoc/>
    public override long AllocationBudget => 16 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(JournalOptions.Of(0), 7, 8).Named("three-transactions");
            yield return Of(JournalOptions.Of(3, isWide: true), 7, 1ul << 40).Named("three-transactions-wide");
            yield return Of(JournalOptions.Of(0), [.. Enumerable.Range(0, MostRevokes).Select(block => (ulong)block)]).Named("as-many-as-may-be");
            yield return Of(JournalOptions.Of(0), [.. Enumerable.Range(0, MostRevokes + 1).Select(block => (ulong)block)]).Named("one-too-many");
            yield return Of(JournalOptions.Of(0), 7, 8).Part(129, Overflowing()).Named("more-than-the-block-holds");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => JournalSeeds.Words;

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        JournalOptions options = new(reader.U8());
        JournalFormat format = new(JournalStage.BlockSize, options.Compatible, options.Incompatible);
        RevokeTable table = new(MostRevokes);
        try
        {
            int count = 0;
            while (reader.TryTakePart(out int number, out ReadOnlySpan<byte> bytes))
            {
                bytes = bytes[..Math.Min(bytes.Length, _block.Length)];
                bytes.CopyTo(_block);
                _block.AsSpan(bytes.Length).Clear();

                // Numbers around the place where they start over from 0.
                Add(table, JournalRevokeView.Parse(_block, format, Here), unchecked((uint)(number - 128)), ref count);
            }

            return Verdict.Accepted(Compare(table, _all.AsSpan(0, count)).Value);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
    }

    private void Add(RevokeTable table, JournalRevokeView revokes, uint sequence, ref int count)
    {
        for (int index = 0; index < revokes.EntryCount && count < _all.Length; index++)
        {
            ulong block = revokes[index].Value;
            table.Add(block, sequence, Here);
            _all[count++] = (block, sequence);
        }
    }

    private static Digest Compare(RevokeTable table, ReadOnlySpan<(ulong Block, uint Sequence)> all)
    {
        Digest digest = default;
        foreach ((ulong block, uint sequence) in all)
        {
            foreach (uint asked in (ReadOnlySpan<uint>)[sequence, TransactionOrder.Next(sequence), unchecked(sequence - 1)])
            {
                bool isRevoked = table.IsRevoked(block, asked);
                if (isRevoked != IsRevoked(all, block, asked))
                {
                    throw new FindingException(FindingKind.Contradiction, "the table of revokes says other than the revokes");
                }

                digest = digest.Add(block).Add(asked).Add(isRevoked ? 1ul : 0);
            }
        }

        return digest;
    }

    private static bool IsRevoked(ReadOnlySpan<(ulong Block, uint Sequence)> all, ulong block, uint asked)
    {
        foreach ((ulong revoked, uint sequence) in all)
        {
            if (revoked == block && !TransactionOrder.IsAfter(asked, sequence))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] Overflowing()
    {
        byte[] block = new byte[JournalRevokeView.HeaderSize];
        Be.PutU32(block, JournalRevokeView.RCount, JournalStage.BlockSize + 1);
        return block;
    }

    private static InputWriter Of(JournalOptions options, params ReadOnlySpan<ulong> homes)
    {
        JournalFormat format = new(JournalStage.BlockSize, options.Compatible, options.Incompatible);
        InputWriter writer = new InputWriter().U8(options.Value);
        foreach (int number in new[] { 127, 128, 126 })
        {
            byte[] block = new byte[JournalStage.BlockSize];
            JournalBlockWriter.Revoked(block, homes[..Math.Max(1, homes.Length - (128 - number))], format);
            writer.Part(number, block);
        }

        return writer;
    }
}
