using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>The first 128 bytes of an inode, present on every volume.</summary>
/// <remarks><c>ext4_inode</c>, little-endian. Source: Linux, Documentation/filesystems/ext4/inodes.rst.</remarks>
internal readonly ref struct InodeView
{
    public const int Size = 128;
    public const int BlockMapSize = 60;
    [DiskFields(Size)]
    public const int IMode = 0x0, IUid = 0x2, ISizeLo = 0x4, IAtime = 0x8, ICtime = 0xC, IMtime = 0x10, IDtime = 0x14,
        IGid = 0x18, ILinksCount = 0x1A, IBlocksLo = 0x1C, IFlags = 0x20, IVersion = 0x24, IBlock = 0x28,
        IGeneration = 0x64, IFileAclLo = 0x68, ISizeHigh = 0x6C, IBlocksHigh = 0x74, IFileAclHigh = 0x76,
        IUidHigh = 0x78, IGidHigh = 0x7A, IChecksumLo = 0x7C;

    private readonly ReadOnlySpan<byte> _bytes;

    public InodeView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public ushort Mode => Le.U16(_bytes, IMode);

    public uint UserId => Le.Join(Le.U16(_bytes, IUidHigh), Le.U16(_bytes, IUid));

    public uint GroupId => Le.Join(Le.U16(_bytes, IGidHigh), Le.U16(_bytes, IGid));

    /// <summary>Size in bytes, 64 bits; the high half means something else on old directories.</summary>
    public ulong FileSize => Le.Join(Le.U32(_bytes, ISizeHigh), Le.U32(_bytes, ISizeLo));

    public uint FileSizeLow => Le.U32(_bytes, ISizeLo);

    /// <summary>Seconds, 32 bits and signed; <see cref="InodeExtraView"/> holds the rest.</summary>
    public int AccessTime => unchecked((int)Le.U32(_bytes, IAtime));

    public int ChangeTime => unchecked((int)Le.U32(_bytes, ICtime));

    public int ModificationTime => unchecked((int)Le.U32(_bytes, IMtime));

    /// <summary>Deletion time, or the next orphan's number.</summary>
    public uint DeletionTime => Le.U32(_bytes, IDtime);

    public ushort LinkCount => Le.U16(_bytes, ILinksCount);

    /// <summary>48 bits; the unit follows from the huge_file feature and flag.</summary>
    public ulong Blocks => Le.Join(Le.U16(_bytes, IBlocksHigh), Le.U32(_bytes, IBlocksLo));

    public uint BlocksLow => Le.U32(_bytes, IBlocksLo);

    public InodeFlags Flags => (InodeFlags)Le.U32(_bytes, IFlags);

    public bool Has(InodeFlags flag) => (Flags & flag) == flag;

    /// <summary>Low half of the change counter (Linux's use of osd1).</summary>
    public uint Version => Le.U32(_bytes, IVersion);

    /// <summary>Extent root, block pointers, link target, device number or inline data: 60 bytes.</summary>
    public ReadOnlySpan<byte> BlockMap => _bytes.Slice(IBlock, BlockMapSize);

    public uint Generation => Le.U32(_bytes, IGeneration);

    /// <summary>The attribute block, 48 bits; the high half counts only with 64bit.</summary>
    public ClaimedBlock AttributeBlock(bool sixtyFourBit) => new(sixtyFourBit
        ? Le.Join(Le.U16(_bytes, IFileAclHigh), Le.U32(_bytes, IFileAclLo))
        : Le.U32(_bytes, IFileAclLo));

    public ushort ChecksumLow => Le.U16(_bytes, IChecksumLo);
}

/// <summary>The fields behind the first 128 bytes, as far as <c>i_extra_isize</c> says they exist.</summary>
internal readonly ref struct InodeExtraView
{
    [DiskFields(IProjid + sizeof(uint))]
    public const int IExtraIsize = 0x80, IChecksumHi = 0x82, ICtimeExtra = 0x84, IMtimeExtra = 0x88, IAtimeExtra = 0x8C,
        ICrtime = 0x90, ICrtimeExtra = 0x94, IVersionHi = 0x98, IProjid = 0x9C;

    private readonly ReadOnlySpan<byte> _inode;
    private readonly int _end;

    /// <summary>A view over a whole inode of more than 128 bytes whose extra size was proven to fit.</summary>
    public InodeExtraView(ReadOnlySpan<byte> inode, int extraSize)
    {
        _inode = inode;
        _end = InodeView.Size + extraSize;
    }

    public bool HasChecksumHigh => Has(IChecksumHi, 2);

    public ushort ChecksumHigh => Le.U16(_inode, IChecksumHi);

    public uint ChangeTimeExtra => Field(ICtimeExtra);

    public uint ModificationTimeExtra => Field(IMtimeExtra);

    public uint AccessTimeExtra => Field(IAtimeExtra);

    public bool HasCreationTime => Has(ICrtime, 4);

    public int CreationTime => unchecked((int)Field(ICrtime));

    public uint CreationTimeExtra => Field(ICrtimeExtra);

    public uint VersionHigh => Field(IVersionHi);

    public bool HasProject => Has(IProjid, 4);

    public uint Project => Field(IProjid);

    public bool HasNanoseconds => Has(ICtimeExtra, 4);

    private bool Has(int offset, int size) => offset + size <= _end;

    private uint Field(int offset) => Has(offset, 4) ? Le.U32(_inode, offset) : 0;
}

/// <summary>Writes the fields of an inode that are split in halves; the others are written at their offsets.</summary>
internal static class InodeWriter
{
    /// <summary>Size in bytes: <c>i_size_high</c>, <c>i_size_lo</c>.</summary>
    public static void PutSize(Span<byte> inode, ulong size)
    {
        Le.PutU32(inode, InodeView.ISizeLo, unchecked((uint)size));
        Le.PutU32(inode, InodeView.ISizeHigh, (uint)(size >> 32));
    }

    /// <summary>Allocated space, 48 bits: <c>l_i_blocks_high</c>, <c>i_blocks_lo</c>.</summary>
    public static void PutBlocks(Span<byte> inode, ulong blocks)
    {
        Le.PutU32(inode, InodeView.IBlocksLo, unchecked((uint)blocks));
        Le.PutU16(inode, InodeView.IBlocksHigh, (ushort)(blocks >> 32));
    }

    /// <summary>Owner and group: <c>l_i_uid_high</c>, <c>i_uid</c>, <c>l_i_gid_high</c>, <c>i_gid</c>.</summary>
    public static void PutOwner(Span<byte> inode, uint user, uint group)
    {
        Le.PutU16(inode, InodeView.IUid, unchecked((ushort)user));
        Le.PutU16(inode, InodeView.IUidHigh, (ushort)(user >> 16));
        Le.PutU16(inode, InodeView.IGid, unchecked((ushort)group));
        Le.PutU16(inode, InodeView.IGidHigh, (ushort)(group >> 16));
    }
}

/// <summary><c>i_flags</c>.</summary>
[Flags]
public enum InodeFlags : uint
{
    /// <summary>Secure deletion.</summary>
    SecureDeletion = 0x1,

    /// <summary>Undelete.</summary>
    Undelete = 0x2,

    /// <summary>Compressed.</summary>
    Compressed = 0x4,

    /// <summary>Synchronous updates.</summary>
    Synchronous = 0x8,

    /// <summary>Immutable.</summary>
    Immutable = 0x10,

    /// <summary>Append only.</summary>
    AppendOnly = 0x20,

    /// <summary>Not dumped.</summary>
    NoDump = 0x40,

    /// <summary>No access time updates.</summary>
    NoAccessTime = 0x80,

    /// <summary>Encrypted by fscrypt.</summary>
    Encrypted = 0x800,

    /// <summary>The directory has an htree.</summary>
    Index = 0x1000,

    /// <summary>imagic.</summary>
    Imagic = 0x2000,

    /// <summary>Data is journaled.</summary>
    JournalData = 0x4000,

    /// <summary>Tail not merged.</summary>
    NoTail = 0x8000,

    /// <summary>Directory changes are synchronous.</summary>
    DirectorySynchronous = 0x1_0000,

    /// <summary>Top of a directory hierarchy.</summary>
    TopDirectory = 0x2_0000,

    /// <summary>Block count is in file system blocks.</summary>
    HugeFile = 0x4_0000,

    /// <summary>The map is an extent tree.</summary>
    Extents = 0x8_0000,

    /// <summary>Protected by fs-verity.</summary>
    Verity = 0x10_0000,

    /// <summary>Holds an attribute's value.</summary>
    AttributeInode = 0x20_0000,

    /// <summary>Direct access.</summary>
    DirectAccess = 0x200_0000,

    /// <summary>Data is inside the inode.</summary>
    InlineData = 0x1000_0000,

    /// <summary>New files inherit the project.</summary>
    ProjectInherit = 0x2000_0000,

    /// <summary>Names are compared without case.</summary>
    CaseFold = 0x4000_0000,
}
