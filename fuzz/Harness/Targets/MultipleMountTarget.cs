using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The block by which hosts tell each other that a volume is in use.</summary>
/// <remarks>Input: options, then the block's bytes from its start.</remarks>
internal sealed class MultipleMountTarget : FuzzTarget
{
    private const uint Seed = 0x1234_5678;

    private static readonly DiskLocation Here = new(StructureKind.MultipleMountProtection, 12, 0);

    private readonly byte[] _block = new byte[MultipleMountView.Size];
    private readonly byte[] _written = new byte[MultipleMountView.Size];

    /// <inheritdoc/>
    public override string Name => "multiple-mount";

    /// <inheritdoc/>
    public override string Description => "the multiple-mount protection block, decoded and written anew";

    /// <inheritdoc/>
    public override long AllocationBudget => 12 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] block = new byte[MultipleMountView.Size];
            MultipleMountWriter.Write(block, 7, 1_700_000_000, "host"u8, "sda1"u8, Seed);
            yield return Of(InputOptions.Of(), block).Named("in-use");
            Le.PutU32(block, MultipleMountView.MmpSeq, 0xFF4D_4D50);
            yield return Of(InputOptions.Of(hasChecksums: false), block).Named("clean-without-checksum");
            yield return Of(InputOptions.Of(sealsChecksums: false), block).Named("checksum-wrong");
            Le.PutU32(block, MultipleMountView.MmpSeq, 0xE24D_4D50);
            yield return Of(InputOptions.Of(), block).Named("being-checked");
            block[0]++;
            yield return Of(InputOptions.Of(), block).Named("magic-off-by-one");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("magic", "PMM\0"u8.ToArray()),
        new("clean", [0x50, 0x4D, 0x4D, 0xFF]),
        new("checking", [0x50, 0x4D, 0x4D, 0xE2]),
    ];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        InputOptions options = new(reader.U8());
        reader.Fill(_block);
        if (options.SealsChecksums)
        {
            Le.PutU32(_block, MultipleMountView.MmpChecksum, Crc32C.Append(Seed, _block.AsSpan(0, MultipleMountView.MmpChecksum)));
        }

        MultipleMountView view;
        try
        {
            view = MultipleMountView.Parse(_block, options.HasChecksums ? Seed : null, Here);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }

        Digest digest = Read(view);
        CheckWritten(view, digest);
        return Verdict.Accepted(digest.Value);
    }

    private void CheckWritten(MultipleMountView view, Digest digest)
    {
        MultipleMountWriter.Write(_written, view.Sequence, view.Time, view.Node, view.Device, Seed);
        Le.PutU16(_written, MultipleMountView.MmpCheckInterval, view.CheckIntervalSeconds);
        if (Read(MultipleMountView.Parse(_written, seed: null, Here)) != digest
            || !_written.AsSpan(0, MultipleMountView.MmpNodename).SequenceEqual(_block.AsSpan(0, MultipleMountView.MmpNodename)))
        {
            throw new FindingException(FindingKind.Contradiction, "a block written anew says something else");
        }
    }

    private static Digest Read(MultipleMountView view) => new Digest().Add(view.Sequence).Add((ulong)view.State).Add(view.Time)
        .Add(view.Node).Add(view.Device).Add(view.CheckIntervalSeconds);

    private static InputWriter Of(InputOptions options, byte[] block) => new InputWriter(options).Bytes(block);
}
