using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The bitmaps of a group.</summary>
/// <remarks>Input: options (the target's own: 1 for the inodes' bitmap), a number of bits, then the bitmap from its start.</remarks>
internal sealed class BitmapTarget : StagedTarget
{
    private const int IsOfInodes = 1;

    private readonly byte[] _copy = new byte[4096];

    /// <inheritdoc/>
    public override string Name => "bitmap";

    /// <inheritdoc/>
    public override string Description => "block and inode bitmaps: checksums, counts, bits";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(InputOptions.Of(), 8192, [0xFF, 0x0F, 1]).Named("blocks");
            yield return Of(InputOptions.Of(own: IsOfInodes), 16, [0xFF, 0x0F]).Named("inodes");
            yield return Of(InputOptions.Of(hasLargeBlocks: true, hasChecksums: false), 8191, [0x80]).Named("blocks-4k-without-checksums");
            yield return Of(InputOptions.Of(sealsChecksums: false), 8192, [0xFF, 0x0F]).Named("checksum-missing");
            yield return Of(InputOptions.Of(), 0, []).Named("no-bits");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [new("full_word", [0xFF, 0xFF, 0xFF, 0xFF]), new("all_bits", [0, 0x20])];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        uint count = reader.U16() % (uint)((volume.BlockSize * 8) + 1);
        Span<byte> bitmap = volume.Lay(0, reader.Rest);
        bool isOfInodes = (options.Own & IsOfInodes) != 0;
        uint bits = isOfInodes ? volume.Geometry.InodesPerGroup : volume.Geometry.ClustersPerGroup;
        uint checksum = options.SealsChecksums ? Crc32C.Append(volume.Geometry.ChecksumSeed, bitmap[..(int)(bits / 8)]) : 0;
        BlockRange place = new(new(StagedVolume.BlockOf(0)), 1);
        GroupPlaces group = new(place, place, place, default, 0, 0, 0, 0, checksum, checksum, StagedVolume.SuperblockWhere);
        BitmapTable table = new(volume.Geometry, volume.Stack.Cache);
        using BlockLease lease = isOfInodes
            ? table.BorrowInodes(volume.Workspace, group)
            : table.BorrowClusters(volume.Workspace, group);
        RequireWork(volume.Workspace.BlocksSpent, 1);
        return Verdict.Accepted(new Digest().Add(Check(lease.Bytes, count)).Value);
    }

    private ulong Check(ReadOnlySpan<byte> bitmap, uint count)
    {
        uint clear = 0;
        for (uint bit = 0; bit < count; bit++)
        {
            clear += BitmapBits.IsSet(bitmap, bit) ? 0u : 1u;
        }

        Require(BitmapBits.CountClear(bitmap, count) == clear, "a count of bits is another than that of tests");
        bitmap.CopyTo(_copy);
        uint last = Math.Max(count, 1) - 1;
        bool wasClear = BitmapBits.Set(_copy, last);
        Require(
            wasClear != BitmapBits.IsSet(bitmap, last) && BitmapBits.IsSet(_copy, last) && !BitmapBits.Set(_copy, last),
            "a bit that was set is not");
        return clear;
    }

    private static InputWriter Of(InputOptions options, ushort count, byte[] bitmap) =>
        new InputWriter(options).U16(count).Bytes(bitmap);
}
