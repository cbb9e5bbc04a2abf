using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>The checksum over a whole inode, in which its own two fields count as zero.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/checksums.rst.</remarks>
internal static class InodeChecksum
{
    private const int HighEnd = InodeExtraView.IChecksumHi + 2;

    /// <summary>The eight bytes around each field, and the field in them.</summary>
    private const int LowWord = InodeView.IChecksumLo & ~7, HighWord = InodeExtraView.IChecksumHi & ~7;
    private const ulong LowField = 0xFFFFul << ((InodeView.IChecksumLo - LowWord) * 8);
    private const ulong HighField = 0xFFFFul << ((InodeExtraView.IChecksumHi - HighWord) * 8);

    /// <summary>Whether the inode stores the checksum's upper 16 bits.</summary>
    public static bool HasHighHalf(ReadOnlySpan<byte> inode) =>
        inode.Length > InodeView.Size && Le.U16(inode, InodeExtraView.IExtraIsize) >= HighEnd - InodeView.Size;

    /// <summary>The checksum due; an inode without the upper half stores its lower 16 bits.</summary>
    /// <param name="inode">All bytes of the inode.</param>
    /// <param name="seed">The inode's own seed.</param>
    public static uint Compute(ReadOnlySpan<byte> inode, uint seed)
    {
        uint crc = Crc32C.Append(seed, inode[..LowWord]);
        crc = Crc32C.Append(crc, Le.U64(inode, LowWord) & ~LowField);
        if (inode.Length == InodeView.Size)
        {
            return crc;
        }

        crc = Crc32C.Append(crc, Le.U64(inode, HighWord) & (HasHighHalf(inode) ? ~HighField : ulong.MaxValue));
        return Crc32C.Append(crc, inode[(HighWord + sizeof(ulong))..]);
    }

    /// <summary>Puts the checksum right.</summary>
    public static void Seal(Span<byte> inode, uint seed)
    {
        uint crc = Compute(inode, seed);
        Le.PutU16(inode, InodeView.IChecksumLo, unchecked((ushort)crc));
        if (HasHighHalf(inode))
        {
            Le.PutU16(inode, InodeExtraView.IChecksumHi, (ushort)(crc >> 16));
        }
    }
}
