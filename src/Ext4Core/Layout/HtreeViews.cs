using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>How names are hashed: <c>hash_version</c> of a tree, <c>s_def_hash_version</c> of a volume.</summary>
internal enum HashVersion : byte
{
    Legacy = 0,
    HalfMd4 = 1,
    Tea = 2,
    LegacyUnsigned = 3,
    HalfMd4Unsigned = 4,
    TeaUnsigned = 5,

    /// <summary>Keyed, and stored beside each name: in directories that are casefolded and encrypted.</summary>
    SipHash = 6,
}

/// <summary>What every index block of one directory has in common.</summary>
/// <param name="BlockSize">Bytes in a block.</param>
/// <param name="HasChecksums">metadata_csum: an index block ends with a tail behind the room for its entries.</param>
/// <param name="HasHashes">Casefolded and encrypted at once: interior nodes have room for one entry less.</param>
internal readonly record struct HtreeShape(int BlockSize, bool HasChecksums, bool HasHashes)
{
    /// <summary>Entries that an index block has room for.</summary>
    /// <param name="start">Where its entries start.</param>
    public int LimitFrom(int start) =>
        (BlockSize - start - (HasChecksums ? HtreeTailView.Size : 0)) / HtreeEntriesView.EntrySize;

    /// <summary>Entries that an interior node has room for.</summary>
    public int NodeLimit => LimitFrom(HtreeEntriesView.NodeStart + (HasHashes ? DirectoryEntryView.HashSize : 0));
}

/// <summary>The first block of an indexed directory: '.', '..' and what the tree says of itself.</summary>
/// <remarks><c>dx_root</c>, little-endian. Source: Linux, Documentation/filesystems/ext4/directory.rst.</remarks>
internal readonly ref struct HtreeRootView
{
    [DiskFields(InfoReservedZero + InfoSize)]
    public const int InfoReservedZero = 0x18, InfoHashVersion = 0x1C,
        InfoInfoLength = 0x1D, InfoIndirectLevels = 0x1E, InfoUnusedFlags = 0x1F;
    public const int InfoSize = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>A view of a whole block.</summary>
    public HtreeRootView(ReadOnlySpan<byte> block) => _bytes = block;

    public HashVersion HashVersion => (HashVersion)_bytes[InfoHashVersion];

    /// <summary>Bytes of the tree's own fields; entries start behind them.</summary>
    public int InfoLength => _bytes[InfoInfoLength];

    /// <summary>Levels of interior nodes below the root.</summary>
    public int IndirectLevels => _bytes[InfoIndirectLevels];

    public byte UnusedFlags => _bytes[InfoUnusedFlags];

    public HtreeEntriesView Entries => new(_bytes, InfoReservedZero + InfoLength);

    /// <summary>Whether '.', '..' and the tree's fields have the lengths that every root with a checksum has.</summary>
    public bool IsRegular => DirectoryEntryView.SizeAt(_bytes, 0, _bytes.Length) == DirectoryEntryView.MinimumSize
        && DirectoryEntryView.SizeAt(_bytes, DirectoryEntryView.MinimumSize, _bytes.Length)
            == _bytes.Length - DirectoryEntryView.MinimumSize
        && Le.U32(_bytes, InfoReservedZero) == 0 && InfoLength == InfoSize;

    /// <summary>Looks for damage that makes the tree unusable, while a linear search still answers.</summary>
    public Damage Examine(in HtreeShape shape, int levelLimit, in DiskLocation where)
    {
        bool isHashKnown = shape.HasHashes ? HashVersion == HashVersion.SipHash : HashVersion <= HashVersion.Tea;
        if (!isHashKnown)
        {
            ulong limit = (ulong)(shape.HasHashes ? HashVersion.SipHash : HashVersion.Tea);
            return new(CorruptionCode.HtreeHashVersionUnknown, where.At(InfoHashVersion), (ulong)HashVersion, limit);
        }

        if ((UnusedFlags & 1) != 0)
        {
            return new(CorruptionCode.HtreeFlagsUnknown, where.At(InfoUnusedFlags), UnusedFlags, 0);
        }

        if (IndirectLevels >= levelLimit)
        {
            return new(
                CorruptionCode.HtreeTooDeep, where.At(InfoIndirectLevels), (ulong)IndirectLevels, (ulong)levelLimit - 1);
        }

        return Entries.Examine(shape.LimitFrom(InfoReservedZero + InfoLength), where);
    }
}

/// <summary>The entries of an index block: hash from which on, and the block that leads there.</summary>
/// <remarks><c>dx_entry</c>, 8 bytes each; in the first one <c>dx_countlimit</c> takes the hash's place, for its hash is 0.
/// An interior node (<c>dx_node</c>) starts with a free directory entry that covers the block.</remarks>
internal readonly ref struct HtreeEntriesView
{
    public const int EntrySize = 8;
    public const int NodeStart = 8;
    [DiskFields(EntrySize)]
    public const int DxLimit = 0x0, DxCount = 0x2, DxHash = 0x0, DxBlock = 0x4;
    private const uint BlockMask = 0x0FFF_FFFF;

    private readonly ReadOnlySpan<byte> _block;

    public HtreeEntriesView(ReadOnlySpan<byte> block, int start)
    {
        _block = block;
        Start = start;
    }

    /// <summary>Bytes from the start of the block to the first entry.</summary>
    public int Start { get; }

    public int Limit => Le.U16(_block, Start + DxLimit);

    public int Count => Le.U16(_block, Start + DxCount);

    /// <summary>The lowest hash that an entry leads to; an odd one says that the block before holds some of the same.</summary>
    public uint HashOf(int entryIndex) => entryIndex == 0 ? 0 : Le.U32(_block, OffsetOf(entryIndex) + DxHash);

    /// <summary>The block of the directory that an entry leads to.</summary>
    public FileBlock BlockOf(int entryIndex) => new(Le.U32(_block, OffsetOf(entryIndex) + DxBlock) & BlockMask);

    /// <summary>Bytes from the start of the block to an entry.</summary>
    public int OffsetOf(int entryIndex) => Start + (entryIndex * EntrySize);

    /// <summary>The last entry whose hash is not above <paramref name="hash"/>.</summary>
    public int Find(uint hash)
    {
        int low = 1;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (HashOf(middle) > hash)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low - 1;
    }

    /// <summary>Looks for damage in the two counts.</summary>
    /// <param name="limit">Entries that the block has room for.</param>
    /// <param name="where">The block.</param>
    public Damage Examine(int limit, in DiskLocation where)
    {
        if (limit <= 0 || Limit != limit)
        {
            return new(CorruptionCode.HtreeLimitMismatch, where.At(Start + DxLimit), (uint)Limit, (ulong)Math.Max(limit, 0));
        }

        return Count == 0 || Count > limit
            ? new(CorruptionCode.HtreeCountOutOfRange, where.At(Start + DxCount), (uint)Count, (uint)limit)
            : default;
    }
}

/// <summary>The checksum behind the room for an index block's entries.</summary>
/// <remarks><c>dx_tail</c>, 8 bytes, little-endian.</remarks>
internal static class HtreeTailView
{
    public const int Size = 8;
    [DiskFields(Size)]
    public const int DtReserved = 0x0, DtChecksum = 0x4;

    /// <summary>The checksum due: over everything up to the last used entry, then the tail with a checksum of zero.</summary>
    /// <param name="block">The whole block.</param>
    /// <param name="entries">Its entries; their counts fit.</param>
    /// <param name="seed">The directory's.</param>
    public static uint Compute(ReadOnlySpan<byte> block, HtreeEntriesView entries, uint seed)
    {
        uint crc = Crc32C.Append(seed, block[..entries.OffsetOf(entries.Count)]);
        crc = Crc32C.Append(crc, block.Slice(entries.OffsetOf(entries.Limit), DtChecksum));
        return Crc32C.AppendZeros(crc, Size - DtChecksum);
    }

    public static uint ChecksumOf(ReadOnlySpan<byte> block, HtreeEntriesView entries) =>
        Le.U32(block, entries.OffsetOf(entries.Limit) + DtChecksum);
}

/// <summary>Writes index blocks.</summary>
internal static class HtreeWriter
{
    /// <summary>Makes the first block of an indexed directory, without entries of its index.</summary>
    /// <param name="block">The whole block.</param>
    /// <param name="self">The directory; its parent is the root.</param>
    /// <param name="version">How names are hashed.</param>
    /// <param name="levels">Levels of interior nodes below.</param>
    /// <param name="shape">What the directory's index blocks have in common.</param>
    public static void PutRoot(Span<byte> block, uint self, HashVersion version, int levels, in HtreeShape shape)
    {
        const int DotSize = DirectoryEntryView.MinimumSize;
        block.Clear();
        DirectoryBlockWriter.Put(block, 0, DotSize, self, "."u8, DirectoryEntryType.Directory);
        DirectoryBlockWriter.Put(block, DotSize, block.Length - DotSize, InodeNumber.Root.Value, ".."u8, DirectoryEntryType.Directory);
        block[HtreeRootView.InfoHashVersion] = (byte)version;
        block[HtreeRootView.InfoInfoLength] = HtreeRootView.InfoSize;
        block[HtreeRootView.InfoIndirectLevels] = (byte)levels;
        int start = new HtreeRootView(block).Entries.Start;
        Le.PutU16(block, start + HtreeEntriesView.DxLimit, (ushort)shape.LimitFrom(start));
    }

    /// <summary>Makes an interior node without entries.</summary>
    public static void PutNode(Span<byte> block, in HtreeShape shape)
    {
        block.Clear();
        DirectoryBlockWriter.Put(block, 0, block.Length, 0, default, default);
        Le.PutU16(block, HtreeEntriesView.NodeStart + HtreeEntriesView.DxLimit, (ushort)shape.NodeLimit);
    }

    /// <summary>Adds an entry behind the last one; the first one's hash is not stored.</summary>
    public static void Append(Span<byte> block, int start, uint hash, uint target)
    {
        int count = new HtreeEntriesView(block, start).Count;
        int offset = start + (count * HtreeEntriesView.EntrySize);
        Le.PutU16(block, start + HtreeEntriesView.DxCount, (ushort)(count + 1));
        if (count > 0)
        {
            Le.PutU32(block, offset + HtreeEntriesView.DxHash, hash);
        }

        Le.PutU32(block, offset + HtreeEntriesView.DxBlock, target);
    }

    /// <summary>Puts the checksum right; a block whose claimed counts leave no place for it stays as it is.</summary>
    public static void Seal(Span<byte> block, int start, uint seed)
    {
        if (start > block.Length - HtreeEntriesView.EntrySize)
        {
            return;
        }

        HtreeEntriesView entries = new(block, start);
        int tail = entries.OffsetOf(entries.Limit);
        if (entries.Count <= entries.Limit && tail <= block.Length - HtreeTailView.Size)
        {
            Le.PutU32(block, tail + HtreeTailView.DtChecksum, HtreeTailView.Compute(block, entries, seed));
        }
    }
}

/// <summary>Writes index blocks.</summary>
internal static class HtreeBlockWriter
{
    /// <summary>Puts the checksum of an index block right; one whose counts leave no place for it stays as it is.</summary>
    public static void Seal(Span<byte> block, int start, uint seed)
    {
        HtreeEntriesView entries = new(block, start);
        bool hasRoom = start <= block.Length - HtreeEntriesView.EntrySize
            && entries.Count <= entries.Limit && entries.OffsetOf(entries.Limit) <= block.Length - HtreeTailView.Size;
        if (hasRoom)
        {
            Le.PutU32(block, entries.OffsetOf(entries.Limit) + HtreeTailView.DtChecksum, HtreeTailView.Compute(block, entries, seed));
        }
    }
}
