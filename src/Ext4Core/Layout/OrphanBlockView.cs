using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>A block of the orphan file: inode numbers, zeros between them, and a tail.</summary>
/// <remarks><c>ext4_orphan_block_tail</c>, 8 bytes at the block's end. Source: Linux,
/// Documentation/filesystems/ext4/orphan.rst.</remarks>
internal readonly ref struct OrphanBlockView
{
    public const int TailSize = 8;
    public const int EntrySize = 4;
    public const uint ExpectedMagic = 0x0B10_CA04;
    [DiskFields(TailSize)]
    public const int ObMagic = 0x0, ObChecksum = 0x4;

    private readonly ReadOnlySpan<byte> _entries;

    private OrphanBlockView(ReadOnlySpan<byte> entries) => _entries = entries;

    /// <summary>Admits a block: its magic, and its checksum where the volume has them.</summary>
    /// <param name="bytes">The whole block.</param>
    /// <param name="block">Its own number, which the checksum covers.</param>
    /// <param name="seed">The seed of the orphan file's checksums; null on a volume without checksums.</param>
    /// <param name="where">The block's location.</param>
    public static OrphanBlockView Parse(ReadOnlySpan<byte> bytes, BlockNumber block, uint? seed, scoped in DiskLocation where)
    {
        int tail = bytes.Length - TailSize;
        uint magic = Le.U32(bytes, tail + ObMagic);
        if (magic != ExpectedMagic)
        {
            Corrupt.Throw(CorruptionCode.OrphanBlockMagic, where.At(tail + ObMagic), magic, ExpectedMagic);
        }

        uint found = Le.U32(bytes, tail + ObChecksum);
        if (seed is { } known && found != ComputeChecksum(bytes, block.Value, known))
        {
            Corrupt.Throw(
                CorruptionCode.OrphanBlockChecksum, where.At(tail + ObChecksum), found, ComputeChecksum(bytes, block.Value, known));
        }

        return new(bytes[..tail]);
    }

    /// <summary>Slots in the block, free ones included.</summary>
    public int SlotCount => _entries.Length / EntrySize;

    /// <summary>The inode in a slot; 0 in a free one.</summary>
    public ClaimedInode this[int slotIndex] => new(Le.U32(_entries, slotIndex * EntrySize));

    internal static uint ComputeChecksum(ReadOnlySpan<byte> bytes, ulong block, uint seed)
    {
        uint crc = Crc32C.Append(Crc32C.Append(seed, (uint)(block & uint.MaxValue)), (uint)(block >> 32));
        return Crc32C.Append(crc, bytes[..^TailSize]);
    }
}

/// <summary>Writes the tail of an orphan file block.</summary>
internal static class OrphanBlockWriter
{
    /// <summary>Puts magic and checksum right.</summary>
    public static void Seal(Span<byte> bytes, ulong block, uint seed)
    {
        Span<byte> tail = bytes[^OrphanBlockView.TailSize..];
        Le.PutU32(tail, OrphanBlockView.ObMagic, OrphanBlockView.ExpectedMagic);
        Le.PutU32(tail, OrphanBlockView.ObChecksum, OrphanBlockView.ComputeChecksum(bytes, block, seed));
    }
}
