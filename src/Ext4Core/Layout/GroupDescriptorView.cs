using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>A group descriptor: where a group keeps its bitmaps and inodes.</summary>
/// <remarks><c>ext4_group_desc</c>, 32 bytes, or the volume's descriptor size (64 and up) with 64bit.
/// Source: Linux, Documentation/filesystems/ext4/group_descr.rst.</remarks>
internal readonly ref struct GroupDescriptorView
{
    public const int SmallSize = 32;
    public const int LargeSize = 64;
    [DiskFields(LargeSize)]
    public const int BgBlockBitmapLo = 0x0, BgInodeBitmapLo = 0x4, BgInodeTableLo = 0x8, BgFreeBlocksCountLo = 0xC,
        BgFreeInodesCountLo = 0xE, BgUsedDirsCountLo = 0x10, BgFlags = 0x12, BgExcludeBitmapLo = 0x14,
        BgBlockBitmapCsumLo = 0x18, BgInodeBitmapCsumLo = 0x1A, BgItableUnusedLo = 0x1C, BgChecksum = 0x1E,
        BgBlockBitmapHi = 0x20, BgInodeBitmapHi = 0x24, BgInodeTableHi = 0x28, BgFreeBlocksCountHi = 0x2C,
        BgFreeInodesCountHi = 0x2E, BgUsedDirsCountHi = 0x30, BgItableUnusedHi = 0x32, BgExcludeBitmapHi = 0x34,
        BgBlockBitmapCsumHi = 0x38, BgInodeBitmapCsumHi = 0x3A;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>A view of one descriptor; <paramref name="bytes"/> is as long as the volume's descriptors are.</summary>
    public GroupDescriptorView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public ClaimedBlock BlockBitmap => new(Wide(BgBlockBitmapHi, BgBlockBitmapLo));

    public ClaimedBlock InodeBitmap => new(Wide(BgInodeBitmapHi, BgInodeBitmapLo));

    public ClaimedBlock InodeTable => new(Wide(BgInodeTableHi, BgInodeTableLo));

    /// <summary>Free clusters of the group.</summary>
    public uint FreeClusters => Half(BgFreeBlocksCountHi, BgFreeBlocksCountLo);

    public uint FreeInodes => Half(BgFreeInodesCountHi, BgFreeInodesCountLo);

    public uint UsedDirectories => Half(BgUsedDirsCountHi, BgUsedDirsCountLo);

    /// <summary>Inodes at the table's end that were never used.</summary>
    public uint UnusedInodes => Half(BgItableUnusedHi, BgItableUnusedLo);

    public GroupFlags Flags => (GroupFlags)Le.U16(_bytes, BgFlags);

    /// <summary>The block bitmap's checksum; 16 bits on small descriptors.</summary>
    public uint BlockBitmapChecksum => Half(BgBlockBitmapCsumHi, BgBlockBitmapCsumLo);

    /// <summary>The inode bitmap's checksum; 16 bits on small descriptors.</summary>
    public uint InodeBitmapChecksum => Half(BgInodeBitmapCsumHi, BgInodeBitmapCsumLo);

    public ushort Checksum => Le.U16(_bytes, BgChecksum);

    /// <summary>The metadata_csum checksum, cut to 16 bits.</summary>
    public ushort ComputeCrc32C(uint seed, uint group)
    {
        uint crc = Crc32C.Append(Crc32C.Append(seed, group), _bytes[..BgChecksum]);
        crc = Crc32C.AppendZeros(crc, 2);
        return unchecked((ushort)Crc32C.Append(crc, _bytes[(BgChecksum + 2)..]));
    }

    /// <summary>The gdt_csum checksum: the descriptor without the checksum field itself.</summary>
    public ushort ComputeCrc16(ReadOnlySpan<byte> uuid, uint group)
    {
        Span<byte> number = stackalloc byte[4];
        Le.PutU32(number, 0, group);
        ushort crc = Crc16.Append(Crc16.Append(Crc16.Initial, uuid), number);
        crc = Crc16.Append(crc, _bytes[..BgChecksum]);
        return Crc16.Append(crc, _bytes[(BgChecksum + 2)..]);
    }

    private bool IsLarge => _bytes.Length >= LargeSize;

    private ulong Wide(int high, int low) => IsLarge ? Le.Join(Le.U32(_bytes, high), Le.U32(_bytes, low)) : Le.U32(_bytes, low);

    private uint Half(int high, int low) => IsLarge ? Le.Join(Le.U16(_bytes, high), Le.U16(_bytes, low)) : Le.U16(_bytes, low);
}

/// <summary><c>bg_flags</c>.</summary>
[Flags]
internal enum GroupFlags : ushort
{
    /// <summary>INODE_UNINIT: inode bitmap and table were never written.</summary>
    InodesUninitialised = 1,

    /// <summary>BLOCK_UNINIT: the block bitmap was never written.</summary>
    BlocksUninitialised = 2,

    /// <summary>INODE_ZEROED: the inode table was zeroed.</summary>
    InodeTableZeroed = 4,
}

/// <summary>Writes group descriptors; <c>bytes</c> is always as long as the volume's descriptors are.</summary>
internal static class GroupDescriptorWriter
{
    /// <summary>Where the group keeps its bitmaps and inodes.</summary>
    public static void PutPlaces(Span<byte> bytes, ulong blockBitmap, ulong inodeBitmap, ulong inodeTable)
    {
        PutWide(bytes, GroupDescriptorView.BgBlockBitmapHi, GroupDescriptorView.BgBlockBitmapLo, blockBitmap);
        PutWide(bytes, GroupDescriptorView.BgInodeBitmapHi, GroupDescriptorView.BgInodeBitmapLo, inodeBitmap);
        PutWide(bytes, GroupDescriptorView.BgInodeTableHi, GroupDescriptorView.BgInodeTableLo, inodeTable);
    }

    /// <summary>What the group counts.</summary>
    public static void PutCounts(Span<byte> bytes, uint freeClusters, uint freeInodes, uint usedDirectories, uint unusedInodes)
    {
        PutHalf(bytes, GroupDescriptorView.BgFreeBlocksCountHi, GroupDescriptorView.BgFreeBlocksCountLo, freeClusters);
        PutHalf(bytes, GroupDescriptorView.BgFreeInodesCountHi, GroupDescriptorView.BgFreeInodesCountLo, freeInodes);
        PutHalf(bytes, GroupDescriptorView.BgUsedDirsCountHi, GroupDescriptorView.BgUsedDirsCountLo, usedDirectories);
        PutHalf(bytes, GroupDescriptorView.BgItableUnusedHi, GroupDescriptorView.BgItableUnusedLo, unusedInodes);
    }

    /// <summary><c>bg_flags</c>.</summary>
    public static void PutFlags(Span<byte> bytes, GroupFlags flags) =>
        Le.PutU16(bytes, GroupDescriptorView.BgFlags, (ushort)flags);

    /// <summary>The bitmaps' crc32c; small descriptors keep their lower 16 bits.</summary>
    public static void PutBitmapChecksums(Span<byte> bytes, uint blockBitmap, uint inodeBitmap)
    {
        PutHalf(bytes, GroupDescriptorView.BgBlockBitmapCsumHi, GroupDescriptorView.BgBlockBitmapCsumLo, blockBitmap);
        PutHalf(bytes, GroupDescriptorView.BgInodeBitmapCsumHi, GroupDescriptorView.BgInodeBitmapCsumLo, inodeBitmap);
    }

    /// <summary>Puts the metadata_csum checksum right.</summary>
    public static void SealCrc32C(Span<byte> bytes, uint seed, uint group) =>
        Le.PutU16(bytes, GroupDescriptorView.BgChecksum, new GroupDescriptorView(bytes).ComputeCrc32C(seed, group));

    /// <summary>Puts the gdt_csum checksum right.</summary>
    public static void SealCrc16(Span<byte> bytes, ReadOnlySpan<byte> uuid, uint group) =>
        Le.PutU16(bytes, GroupDescriptorView.BgChecksum, new GroupDescriptorView(bytes).ComputeCrc16(uuid, group));

    private static void PutWide(Span<byte> bytes, int high, int low, ulong value)
    {
        Le.PutU32(bytes, low, unchecked((uint)value));
        if (bytes.Length >= GroupDescriptorView.LargeSize)
        {
            Le.PutU32(bytes, high, (uint)(value >> 32));
        }
    }

    private static void PutHalf(Span<byte> bytes, int high, int low, uint value)
    {
        Le.PutU16(bytes, low, unchecked((ushort)value));
        if (bytes.Length >= GroupDescriptorView.LargeSize)
        {
            Le.PutU16(bytes, high, (ushort)(value >> 16));
        }
    }
}
