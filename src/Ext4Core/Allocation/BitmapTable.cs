using System.Numerics;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Allocation;

/// <summary>Reads the bitmaps of groups and verifies their checksums, once per stay in the cache.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/bitmaps.rst and checksums.rst. A bitmap that its group marks
/// uninitialised was never written: nothing in its block means anything, and this class is not to be asked for it.</remarks>
internal sealed class BitmapTable(VolumeGeometry geometry, BlockCache cache)
{
    /// <summary>Borrows a group's cluster bitmap. One block visit.</summary>
    public BlockLease BorrowClusters(Workspace workspace, in GroupPlaces group)
    {
        DiskLocation where = new(StructureKind.BlockBitmap, group.BlockBitmap.First.Value, 0);
        return Borrow(
            workspace, group.BlockBitmap.First, (int)(geometry.ClustersPerGroup / 8), group.BlockBitmapChecksum,
            CorruptionCode.BlockBitmapChecksum, where);
    }

    /// <summary>Borrows a group's inode bitmap. One block visit.</summary>
    public BlockLease BorrowInodes(Workspace workspace, in GroupPlaces group)
    {
        DiskLocation where = new(StructureKind.InodeBitmap, group.InodeBitmap.First.Value, 0);
        return Borrow(
            workspace, group.InodeBitmap.First, (int)(geometry.InodesPerGroup / 8), group.InodeBitmapChecksum,
            CorruptionCode.InodeBitmapChecksum, where);
    }

    private BlockLease Borrow(
        Workspace workspace, BlockNumber block, int checkedBytes, uint stored, CorruptionCode code, scoped in DiskLocation where)
    {
        BlockLease lease = cache.Read(workspace, block, where);
        if (!geometry.HasMetadataChecksum)
        {
            return lease;
        }

        ulong key = BlockLease.VerificationKey(where.Structure, stored);
        if (!lease.IsVerified(key))
        {
            uint due = Crc32C.Append(geometry.ChecksumSeed, lease.Bytes[..checkedBytes]) & StoredMask;
            if (stored != due)
            {
                lease.Dispose();
                Corrupt.Throw(code, where, stored, due);
            }

            lease.MarkVerified(key);
        }

        return lease;
    }

    /// <summary>Small descriptors store the lower half of a checksum.</summary>
    private uint StoredMask => geometry.DescriptorSize >= GroupDescriptorView.LargeSize ? uint.MaxValue : ushort.MaxValue;
}

/// <summary>The bits of a bitmap: little-endian within bytes, which come in ascending order.</summary>
internal static class BitmapBits
{
    /// <summary>Whether a bit is set.</summary>
    public static bool IsSet(ReadOnlySpan<byte> bitmap, uint bit) => (bitmap[(int)(bit >> 3)] >> (int)(bit & 7) & 1) != 0;

    /// <summary>Sets a bit; true when it was clear before.</summary>
    public static bool Set(Span<byte> bitmap, uint bit)
    {
        ref byte cell = ref bitmap[(int)(bit >> 3)];
        byte mask = (byte)(1 << (int)(bit & 7));
        bool wasClear = (cell & mask) == 0;
        cell |= mask;
        return wasClear;
    }

    /// <summary>Counts the clear bits among the first <paramref name="count"/>.</summary>
    public static uint CountClear(ReadOnlySpan<byte> bitmap, uint count)
    {
        ReadOnlySpan<byte> whole = bitmap[..(int)(count >> 3)];
        uint set = 0;
        for (; whole.Length >= sizeof(ulong); whole = whole[sizeof(ulong)..])
        {
            set += (uint)BitOperations.PopCount(Le.U64(whole, 0));
        }

        for (uint bit = count - ((uint)whole.Length << 3) - (count & 7); bit < count; bit++)
        {
            set += IsSet(bitmap, bit) ? 1u : 0u;
        }

        return count - set;
    }

    /// <summary>The first clear bit from <paramref name="bit"/> on, or else the number of bits.</summary>
    public static uint FirstClear(ReadOnlySpan<byte> bitmap, uint bit)
    {
        uint end = (uint)bitmap.Length << 3;
        for (; bit < end && ((bit & 7) != 0 || bitmap[(int)(bit >> 3)] != byte.MaxValue); bit++)
        {
            if (!IsSet(bitmap, bit))
            {
                return bit;
            }
        }

        if (bit >= end)
        {
            return end;
        }

        int bytes = bitmap[(int)(bit >> 3)..].IndexOfAnyExcept(byte.MaxValue);
        return bytes < 0 ? end : FirstClear(bitmap, bit + ((uint)bytes << 3));
    }
}
