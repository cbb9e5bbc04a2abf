using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>A node of an extent tree: header, entries, and in blocks a checksum tail.</summary>
/// <remarks><c>ext4_extent_header</c>, 12 bytes, then entries of 12 bytes. Source: Linux,
/// Documentation/filesystems/ext4/ifork.rst, "Extent Tree".</remarks>
internal readonly ref struct ExtentNodeView
{
    public const int HeaderSize = 12;
    public const int EntrySize = 12;
    public const int TailSize = 4;
    public const ushort ExpectedMagic = 0xF30A;
    public const int MaximumDepth = 5;
    public const int EhMagic = 0x0, EhEntries = 0x2, EhMax = 0x4, EhDepth = 0x6, EhGeneration = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    private ExtentNodeView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Admits a header: its magic, room and depth; entries are checked by the walk.</summary>
    /// <param name="bytes">The 60 bytes in the inode, or a whole block.</param>
    /// <param name="where">The node's location.</param>
    public static ExtentNodeView Parse(ReadOnlySpan<byte> bytes, scoped in DiskLocation where)
    {
        ushort magic = Le.U16(bytes, EhMagic);
        if (magic != ExpectedMagic)
        {
            Corrupt.Throw(CorruptionCode.ExtentMagic, where.At(EhMagic), magic, ExpectedMagic);
        }

        int room = (bytes.Length - HeaderSize) / EntrySize;
        ushort maximum = Le.U16(bytes, EhMax);
        if (maximum == 0 || maximum > room)
        {
            Corrupt.Throw(CorruptionCode.ExtentMaximumEntries, where.At(EhMax), maximum, (ulong)room);
        }

        ushort entries = Le.U16(bytes, EhEntries);
        if (entries > maximum)
        {
            Corrupt.Throw(CorruptionCode.ExtentEntriesOverflow, where.At(EhEntries), entries, maximum);
        }

        ushort depth = Le.U16(bytes, EhDepth);
        if (depth > MaximumDepth)
        {
            Corrupt.Throw(CorruptionCode.ExtentDepth, where.At(EhDepth), depth, MaximumDepth);
        }

        if (depth > 0 && entries == 0)
        {
            Corrupt.Throw(CorruptionCode.ExtentNodeEmpty, where.At(EhEntries), entries, 1);
        }

        return new(bytes);
    }

    /// <summary>A node whose header was admitted before, in this stay of its block.</summary>
    public static ExtentNodeView Admitted(ReadOnlySpan<byte> bytes) => new(bytes);

    public int EntryCount => Le.U16(_bytes, EhEntries);

    public int MaximumEntries => Le.U16(_bytes, EhMax);

    /// <summary>Levels below this node; 0 for a leaf.</summary>
    public int Depth => Le.U16(_bytes, EhDepth);

    /// <summary>The first file block of an entry, leaf or index alike.</summary>
    public FileBlock FirstOf(int entryIndex) => new(Le.U32(_bytes, HeaderSize + (entryIndex * EntrySize)));

    public ExtentView Extent(int entryIndex) => new(_bytes[(HeaderSize + (entryIndex * EntrySize))..]);

    public ExtentIndexView Index(int entryIndex) => new(_bytes[(HeaderSize + (entryIndex * EntrySize))..]);

    /// <summary>Where the checksum of a node in a block lies.</summary>
    public int TailOffset => HeaderSize + (MaximumEntries * EntrySize);
}

/// <summary>A run of file blocks and where they live on the volume.</summary>
/// <remarks><c>ext4_extent</c>, 12 bytes, little-endian. Source: Linux,
/// Documentation/filesystems/ext4/ifork.rst, "Extent Tree".</remarks>
internal readonly ref struct ExtentView
{
    public const int Size = 12;
    public const ushort MaximumInitialised = 0x8000;
    public const int EeBlock = 0x0, EeLen = 0x4, EeStartHi = 0x6, EeStartLo = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>First file block covered: <c>ee_block</c>.</summary>
    public FileBlock First => new(Le.U32(_bytes, EeBlock));

    /// <summary>Allocated, but reads as zeros: <c>ee_len</c> above 0x8000.</summary>
    public bool IsUnwritten => Le.U16(_bytes, EeLen) > MaximumInitialised;

    /// <summary>Blocks covered: <c>ee_len</c> without the unwritten mark.</summary>
    public uint Length
    {
        get
        {
            ushort length = Le.U16(_bytes, EeLen);
            return length > MaximumInitialised ? (uint)(length - MaximumInitialised) : length;
        }
    }

    /// <summary>First physical block, 48 bits: <c>ee_start_hi</c>, <c>ee_start_lo</c>.</summary>
    public ClaimedBlock Start => new(Le.Join(Le.U16(_bytes, EeStartHi), Le.U32(_bytes, EeStartLo)));
}

/// <summary>A pointer to a node one level down.</summary>
/// <remarks><c>ext4_extent_idx</c>, 12 bytes, little-endian.</remarks>
internal readonly ref struct ExtentIndexView
{
    public const int Size = 12;
    public const int EiBlock = 0x0, EiLeafLo = 0x4, EiLeafHi = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentIndexView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>First file block below: <c>ei_block</c>.</summary>
    public FileBlock First => new(Le.U32(_bytes, EiBlock));

    /// <summary>The child node's block, 48 bits: <c>ei_leaf_hi</c>, <c>ei_leaf_lo</c>.</summary>
    public ClaimedBlock Child => new(Le.Join(Le.U16(_bytes, EiLeafHi), Le.U32(_bytes, EiLeafLo)));
}
