using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>One record of the fast-commit area: a tag, the length of its value, and the value.</summary>
/// <remarks><c>struct ext4_fc_tl</c>, 4 bytes, little-endian, then the value. Records never cross a block. Source: Linux,
/// Documentation/filesystems/ext4/journal.rst, "Fast commits", and fs/ext4/fast_commit.h.</remarks>
internal readonly ref struct FastCommitRecordView
{
    public const int HeaderSize = 4;
    [DiskFields(HeaderSize)]
    public const int FcTag = 0x0, FcLen = 0x2;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>A view of a record's header and all that follows it in its block.</summary>
    public FastCommitRecordView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public FastCommitTag Tag => (FastCommitTag)Le.U16(_bytes, FcTag);

    /// <summary>Bytes in the value.</summary>
    public int Length => Le.U16(_bytes, FcLen);

    /// <summary>Whether the value ends within the block.</summary>
    public bool Fits => Length <= _bytes.Length - HeaderSize;

    /// <summary>The value, once it is known to fit.</summary>
    public ReadOnlySpan<byte> Value => _bytes.Slice(HeaderSize, Length);

    /// <summary>Header and value, once the value is known to fit.</summary>
    public ReadOnlySpan<byte> Whole => _bytes[..(HeaderSize + Length)];
}

/// <summary><c>fc_tag</c>.</summary>
internal enum FastCommitTag : ushort
{
    /// <summary>Blocks of a file have a place.</summary>
    AddRange = 1,

    /// <summary>Blocks of a file have none any more.</summary>
    DeleteRange = 2,

    /// <summary>A new inode gets its first name.</summary>
    Create = 3,

    /// <summary>An inode gets a further name.</summary>
    Link = 4,

    /// <summary>A name goes.</summary>
    Unlink = 5,

    /// <summary>The bytes of an inode, its block map excepted.</summary>
    Inode = 6,

    /// <summary>Nothing: the rest of a block.</summary>
    Padding = 7,

    /// <summary>The end of a fast commit, with the checksum of its records.</summary>
    Tail = 8,

    /// <summary>The first record of the area: which transaction the fast commits build on.</summary>
    Head = 9,
}

/// <summary>The value of <see cref="FastCommitTag.Head"/>.</summary>
/// <remarks><c>struct ext4_fc_head</c>, 8 bytes, little-endian.</remarks>
internal readonly ref struct FastCommitHeadView
{
    public const int Size = 8;
    [DiskFields(Size)]
    public const int FcFeatures = 0x0, FcTid = 0x4;

    private readonly ReadOnlySpan<byte> _bytes;

    public FastCommitHeadView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>Features of the area; none has a meaning yet.</summary>
    public uint Features => Le.U32(_bytes, FcFeatures);

    public uint Sequence => Le.U32(_bytes, FcTid);
}

/// <summary>The value of <see cref="FastCommitTag.Tail"/>; what follows it fills the block.</summary>
/// <remarks><c>struct ext4_fc_tail</c>, 8 bytes, little-endian.</remarks>
internal readonly ref struct FastCommitTailView
{
    public const int Size = 8;
    [DiskFields(Size)]
    public const int FcTid = 0x0, FcCrc = 0x4;

    private readonly ReadOnlySpan<byte> _bytes;

    public FastCommitTailView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public uint Sequence => Le.U32(_bytes, FcTid);

    /// <summary>crc32c, seeded with zero, of all records since the tail before, up to this field.</summary>
    public uint Checksum => Le.U32(_bytes, FcCrc);
}

/// <summary>The value of <see cref="FastCommitTag.AddRange"/>.</summary>
/// <remarks><c>struct ext4_fc_add_range</c>, 16 bytes: an inode number, then an extent.</remarks>
internal readonly ref struct FastCommitAddRangeView
{
    public const int Size = 16;
    [DiskFields(Size)]
    public const int FcIno = 0x0, FcEx = 0x4;

    private readonly ReadOnlySpan<byte> _bytes;

    public FastCommitAddRangeView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public ClaimedInode Inode => new(Le.U32(_bytes, FcIno));

    public ExtentView Extent => new(_bytes[FcEx..]);
}

/// <summary>The value of <see cref="FastCommitTag.DeleteRange"/>.</summary>
/// <remarks><c>struct ext4_fc_del_range</c>, 12 bytes.</remarks>
internal readonly ref struct FastCommitDeleteRangeView
{
    public const int Size = 12;
    [DiskFields(Size)]
    public const int FcIno = 0x0, FcLblk = 0x4, FcLen = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    public FastCommitDeleteRangeView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public ClaimedInode Inode => new(Le.U32(_bytes, FcIno));

    public FileBlock First => new(Le.U32(_bytes, FcLblk));

    public uint Count => Le.U32(_bytes, FcLen);
}

/// <summary>The value of <see cref="FastCommitTag.Create"/>, <see cref="FastCommitTag.Link"/> and
/// <see cref="FastCommitTag.Unlink"/>.</summary>
/// <remarks><c>struct ext4_fc_dentry_info</c>, 8 bytes and the name.</remarks>
internal readonly ref struct FastCommitNameView
{
    public const int HeaderSize = 8;
    public const int MaximumNameLength = 255;
    [DiskFields(HeaderSize + sizeof(uint))]
    public const int FcParentIno = 0x0, FcIno = 0x4, FcDname = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    public FastCommitNameView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ClaimedInode Parent => new(Le.U32(_bytes, FcParentIno));

    public ClaimedInode Inode => new(Le.U32(_bytes, FcIno));

    public ReadOnlySpan<byte> Name => _bytes[FcDname..];
}

/// <summary>The value of <see cref="FastCommitTag.Inode"/>.</summary>
/// <remarks><c>struct ext4_fc_inode</c>: an inode number, then as much of the inode as was worth keeping.</remarks>
internal readonly ref struct FastCommitInodeView
{
    public const int HeaderSize = 4;
    [DiskFields(HeaderSize + sizeof(uint))]
    public const int FcIno = 0x0, FcRawInode = 0x4;

    private readonly ReadOnlySpan<byte> _bytes;

    public FastCommitInodeView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ClaimedInode Inode => new(Le.U32(_bytes, FcIno));

    public ReadOnlySpan<byte> RawInode => _bytes[FcRawInode..];
}

/// <summary>Which lengths the values of records may have.</summary>
internal static class FastCommitLengths
{
    /// <summary>Whether a value is as long as its tag says; an unknown tag has no right length.</summary>
    public static bool IsValid(FastCommitTag tag, int length, int inodeSize) => tag switch
    {
        FastCommitTag.AddRange => length == FastCommitAddRangeView.Size,
        FastCommitTag.DeleteRange => length == FastCommitDeleteRangeView.Size,
        FastCommitTag.Create or FastCommitTag.Link or FastCommitTag.Unlink =>
            length - FastCommitNameView.HeaderSize is >= 1 and <= FastCommitNameView.MaximumNameLength,
        FastCommitTag.Inode =>
            length - FastCommitInodeView.HeaderSize >= InodeView.Size && length - FastCommitInodeView.HeaderSize <= inodeSize,
        FastCommitTag.Padding => true,
        FastCommitTag.Tail => length >= FastCommitTailView.Size,
        FastCommitTag.Head => length == FastCommitHeadView.Size,
        _ => false,
    };
}

/// <summary>Writes records; a block starts zeroed.</summary>
internal static class FastCommitWriter
{
    /// <summary>Writes one record and returns the offset behind it.</summary>
    public static int Record(Span<byte> block, int offset, FastCommitTag tag, ReadOnlySpan<byte> value)
    {
        Le.PutU16(block, offset + FastCommitRecordView.FcTag, (ushort)tag);
        Le.PutU16(block, offset + FastCommitRecordView.FcLen, (ushort)value.Length);
        value.CopyTo(block[(offset + FastCommitRecordView.HeaderSize)..]);
        return offset + FastCommitRecordView.HeaderSize + value.Length;
    }

    /// <summary>Fills the rest of a block with padding and returns the checksum over all of it.</summary>
    public static uint Pad(Span<byte> block, int offset, uint crc)
    {
        Header(block, offset, FastCommitTag.Padding);
        return Crc32C.Append(crc, block);
    }

    /// <summary>Ends a fast commit: the tail takes the rest of the block.</summary>
    public static void Tail(Span<byte> block, int offset, uint sequence, uint crc)
    {
        Header(block, offset, FastCommitTag.Tail);
        int value = offset + FastCommitRecordView.HeaderSize;
        Le.PutU32(block, value + FastCommitTailView.FcTid, sequence);
        Le.PutU32(block, value + FastCommitTailView.FcCrc, Crc32C.Append(crc, block[..(value + FastCommitTailView.FcCrc)]));
    }

    /// <summary>Continues a fast commit's checksum over a whole block, and puts right that of every tail in it.</summary>
    /// <returns>The checksum so far of the commit that goes on in the next block.</returns>
    public static uint Seal(Span<byte> block, uint crc)
    {
        for (int offset = 0; offset + FastCommitRecordView.HeaderSize <= block.Length;)
        {
            FastCommitRecordView record = new(block[offset..]);
            if (!record.Fits)
            {
                break;
            }

            int length = record.Whole.Length;
            if (record.Tag == FastCommitTag.Tail && record.Length >= FastCommitTailView.Size)
            {
                int field = offset + FastCommitRecordView.HeaderSize + FastCommitTailView.FcCrc;
                Le.PutU32(block, field, Crc32C.Append(crc, block[offset..field]));
                crc = 0;
            }
            else
            {
                crc = Crc32C.Append(crc, record.Whole);
            }

            offset += length;
        }

        return crc;
    }

    private static void Header(Span<byte> block, int offset, FastCommitTag tag)
    {
        Le.PutU16(block, offset + FastCommitRecordView.FcTag, (ushort)tag);
        Le.PutU16(
            block, offset + FastCommitRecordView.FcLen, (ushort)(block.Length - offset - FastCommitRecordView.HeaderSize));
    }
}
