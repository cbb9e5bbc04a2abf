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
    [DiskFields(HeaderSize)]
    public const int EhMagic = 0x0, EhEntries = 0x2, EhMax = 0x4, EhDepth = 0x6, EhGeneration = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    private ExtentNodeView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Admits a header: its magic, room and depth; entries are checked by the walk.</summary>
    /// <param name="bytes">The 60 bytes in the inode, or a whole block.</param>
    /// <param name="where">The node's location.</param>
    public static ExtentNodeView Parse(ReadOnlySpan<byte> bytes, scoped in DiskLocation where)
    {
        if (!TryParse(bytes, where, out ExtentNodeView node, out Damage damage))
        {
            damage.ThrowIfAny();
        }

        return node;
    }

    /// <summary>The same without a throw.</summary>
    /// <returns>False for a header that is damaged: <paramref name="damage"/> says how.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, scoped in DiskLocation where, out ExtentNodeView node, out Damage damage)
    {
        node = new(bytes);
        ushort magic = Le.U16(bytes, EhMagic);
        ushort entries = Le.U16(bytes, EhEntries);
        ushort maximum = Le.U16(bytes, EhMax);
        ushort depth = Le.U16(bytes, EhDepth);
        int room = (bytes.Length - HeaderSize) / EntrySize;
        if (magic != ExpectedMagic)
        {
            damage = new(CorruptionCode.ExtentMagic, where.At(EhMagic), magic, ExpectedMagic);
        }
        else if (maximum == 0 || maximum > room)
        {
            damage = new(CorruptionCode.ExtentMaximumEntries, where.At(EhMax), maximum, (ulong)room);
        }
        else if (entries > maximum)
        {
            damage = new(CorruptionCode.ExtentEntriesOverflow, where.At(EhEntries), entries, maximum);
        }
        else if (depth > MaximumDepth)
        {
            damage = new(CorruptionCode.ExtentDepth, where.At(EhDepth), depth, MaximumDepth);
        }
        else if (depth > 0 && entries == 0)
        {
            damage = new(CorruptionCode.ExtentNodeEmpty, where.At(EhEntries), entries, 1);
        }
        else
        {
            damage = default;
            return true;
        }

        return false;
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
    [DiskFields(Size)]
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
    [DiskFields(Size)]
    public const int EiBlock = 0x0, EiLeafLo = 0x4, EiLeafHi = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    public ExtentIndexView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>First file block below: <c>ei_block</c>.</summary>
    public FileBlock First => new(Le.U32(_bytes, EiBlock));

    /// <summary>The child node's block, 48 bits: <c>ei_leaf_hi</c>, <c>ei_leaf_lo</c>.</summary>
    public ClaimedBlock Child => new(Le.Join(Le.U16(_bytes, EiLeafHi), Le.U32(_bytes, EiLeafLo)));
}

/// <summary>Writes nodes of an extent tree: the 60 bytes in the inode, or a whole block.</summary>
internal static class ExtentNodeWriter
{
    /// <summary>Longest run that one extent covers with data.</summary>
    public const uint MaximumWritten = ExtentView.MaximumInitialised;

    /// <summary>Longest run that one extent covers without data.</summary>
    public const uint MaximumUnwritten = ExtentView.MaximumInitialised - 1;

    /// <summary>Starts an empty node that has room for as many entries as its bytes hold.</summary>
    public static void Initialise(Span<byte> node, int depth)
    {
        node.Clear();
        Le.PutU16(node, ExtentNodeView.EhMagic, ExtentNodeView.ExpectedMagic);
        Le.PutU16(node, ExtentNodeView.EhMax, (ushort)((node.Length - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize));
        Le.PutU16(node, ExtentNodeView.EhDepth, (ushort)depth);
    }

    /// <summary>Adds an extent behind the last entry of a leaf.</summary>
    public static void AppendExtent(Span<byte> leaf, uint first, uint length, ulong start, bool isUnwritten)
    {
        Span<byte> entry = Append(leaf);
        Le.PutU32(entry, ExtentView.EeBlock, first);
        Le.PutU16(entry, ExtentView.EeLen, (ushort)(isUnwritten ? length + ExtentView.MaximumInitialised : length));
        Le.PutU16(entry, ExtentView.EeStartHi, (ushort)(start >> 32));
        Le.PutU32(entry, ExtentView.EeStartLo, unchecked((uint)start));
    }

    /// <summary>Adds a pointer to a child behind the last entry of an interior node.</summary>
    public static void AppendIndex(Span<byte> node, uint first, ulong child)
    {
        Span<byte> entry = Append(node);
        Le.PutU32(entry, ExtentIndexView.EiBlock, first);
        Le.PutU32(entry, ExtentIndexView.EiLeafLo, unchecked((uint)child));
        Le.PutU16(entry, ExtentIndexView.EiLeafHi, (ushort)(child >> 32));
    }

    /// <summary>Puts the checksum of a node in a block right; a node whose claimed room leaves no place for it stays as it is.</summary>
    public static void Seal(Span<byte> block, uint inodeSeed)
    {
        int tail = ExtentNodeView.Admitted(block).TailOffset;
        if (tail <= block.Length - ExtentNodeView.TailSize)
        {
            Le.PutU32(block, tail, Crc32C.Append(inodeSeed, block[..tail]));
        }
    }

    private static Span<byte> Append(Span<byte> node)
    {
        ushort entries = Le.U16(node, ExtentNodeView.EhEntries);
        Le.PutU16(node, ExtentNodeView.EhEntries, (ushort)(entries + 1));
        return node.Slice(ExtentNodeView.HeaderSize + (entries * ExtentNodeView.EntrySize), ExtentNodeView.EntrySize);
    }
}
