using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>One attribute: the end of its name, and where its value is.</summary>
/// <remarks><c>ext4_xattr_entry</c>, 16 bytes and the name, padded to four. Source: Linux,
/// Documentation/filesystems/ext4/attributes.rst.</remarks>
internal readonly ref struct AttributeEntryView
{
    public const int FixedSize = 16;
    public const int Alignment = 4;
    [DiskFields(FixedSize + Alignment)]
    public const int ENameLen = 0x0, ENameIndex = 0x1, EValueOffs = 0x2, EValueInum = 0x4, EValueSize = 0x8, EHash = 0xC,
        EName = 0x10;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>A view of the entry at the start of <paramref name="bytes"/>, whose name was proven to fit.</summary>
    public AttributeEntryView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..(FixedSize + bytes[ENameLen])];

    /// <summary>The entry's own bytes, name included.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The namespace: <c>e_name_index</c>.</summary>
    public AttributeNamespace Namespace => (AttributeNamespace)_bytes[ENameIndex];

    /// <summary>The name without its namespace; it holds no zero byte.</summary>
    public ReadOnlySpan<byte> Name => _bytes[EName..];

    /// <summary>Where the value starts, from the first entry (in an inode) or from the block's start.</summary>
    public int ValueOffset => Le.U16(_bytes, EValueOffs);

    /// <summary>The inode that holds the value; 0 when it lies beside the entries.</summary>
    public ClaimedInode ValueInode => new(Le.U32(_bytes, EValueInum));

    /// <summary>Bytes in the value: at most <see cref="AttributeListView.MaximumValueSize"/> once admitted.</summary>
    public uint ValueSize => Le.U32(_bytes, EValueSize);

    /// <summary>Hash of name and value; 0 on entries in an inode whose value lies beside them.</summary>
    public uint Hash => Le.U32(_bytes, EHash);

    /// <summary>Bytes that an entry with a name of <paramref name="nameLength"/> bytes takes.</summary>
    public static int StrideOf(int nameLength) => Padded(FixedSize + nameLength);

    /// <summary>A length padded to the format's alignment.</summary>
    public static int Padded(int length) => (length + (Alignment - 1)) & ~(Alignment - 1);
}

/// <summary><c>e_name_index</c>: what the name's invisible beginning is.</summary>
internal enum AttributeNamespace : byte
{
    /// <summary>"user."</summary>
    User = 1,

    /// <summary>"system.posix_acl_access", which is the whole name.</summary>
    AccessList = 2,

    /// <summary>"system.posix_acl_default", which is the whole name.</summary>
    DefaultAccessList = 3,

    /// <summary>"trusted."</summary>
    Trusted = 4,

    /// <summary>"lustre.": Linux has no handler for it.</summary>
    Lustre = 5,

    /// <summary>"security."</summary>
    Security = 6,

    /// <summary>"system.": its one name is "data", the rest of inline data; never shown.</summary>
    System = 7,

    /// <summary>"system.richacl": in no kernel.</summary>
    RichAccessList = 8,

    /// <summary>The fscrypt context, under the name "c"; never shown.</summary>
    Encryption = 9,

    /// <summary>"gnu.", for the Hurd.</summary>
    Hurd = 10,
}

/// <summary>A list of attributes: entries grow from the front, values from the back.</summary>
/// <remarks>Ends at the first entry whose first four bytes are zero, or is damaged.</remarks>
internal readonly ref struct AttributeListView
{
    /// <summary>What ext4 allows a value to claim; the kernel hands out 65,536 bytes at most.</summary>
    public const int MaximumValueSize = 1 << 24;
    public const int TerminatorSize = 4;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _first;

    private AttributeListView(ReadOnlySpan<byte> bytes, int first)
    {
        _bytes = bytes;
        _first = first;
    }

    /// <summary>Where a walk starts: give it to <see cref="TryRead"/>.</summary>
    public int Start => _first;

    /// <summary>Admits a list: every name and every value beside the entries lies inside and apart from the others'
    /// names. Inode numbers remain claims.</summary>
    /// <param name="bytes">What value offsets count from, up to the end of the room.</param>
    /// <param name="first">Offset of the first entry: a multiple of four, at least four bytes before the end.</param>
    /// <param name="where">The location of <paramref name="bytes"/>.</param>
    public static AttributeListView Parse(ReadOnlySpan<byte> bytes, int first, scoped in DiskLocation where)
    {
        if (!TryParse(bytes, first, where, out AttributeListView list, out Damage damage))
        {
            damage.ThrowIfAny();
        }

        return list;
    }

    /// <summary>The same without a throw.</summary>
    /// <returns>False for a list that is damaged: <paramref name="damage"/> says how.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, int first, scoped in DiskLocation where, out AttributeListView list, out Damage damage)
    {
        list = new(bytes, first);
        damage = ExamineNames(bytes, first, where, out int end);
        for (int at = first; damage.IsNone && at != end; at += AttributeEntryView.StrideOf(bytes[at]))
        {
            damage = ExamineValue(bytes, at, end, where);
        }

        return damage.IsNone;
    }

    /// <summary>A list that was admitted before, in this stay of its block.</summary>
    public static AttributeListView Admitted(ReadOnlySpan<byte> bytes, int first) => new(bytes, first);

    /// <summary>Reads the entry at <paramref name="position"/> and moves on; false at the end of the list.</summary>
    public bool TryRead(scoped ref int position, out AttributeEntryView entry)
    {
        if (IsTerminator(_bytes, position))
        {
            entry = default;
            return false;
        }

        entry = new(_bytes[position..]);
        position += AttributeEntryView.StrideOf(entry.Name.Length);
        return true;
    }

    /// <summary>Finds an attribute in a list without order: the one in an inode.</summary>
    public bool TryFind(AttributeNamespace space, ReadOnlySpan<byte> name, out AttributeEntryView entry)
    {
        int position = _first;
        while (TryRead(ref position, out entry))
        {
            if (entry.Namespace == space && entry.Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Finds an attribute in a block, whose entries are in the order of <see cref="Compare"/>; in a block out
    /// of order, names behind a greater one are not found, as in the kernel.</summary>
    public bool TryFindOrdered(AttributeNamespace space, ReadOnlySpan<byte> name, out AttributeEntryView entry)
    {
        int position = _first;
        while (TryRead(ref position, out entry))
        {
            int order = Compare(space, name, entry);
            if (order <= 0)
            {
                return order == 0;
            }
        }

        return false;
    }

    /// <summary>The value of an entry of this list that has no value inode.</summary>
    public ReadOnlySpan<byte> ValueOf(scoped in AttributeEntryView entry) =>
        entry.ValueSize == 0 ? default : _bytes.Slice(entry.ValueOffset, (int)entry.ValueSize);

    /// <summary>The same with the bytes that fill its last word, which its hash covers too.</summary>
    public ReadOnlySpan<byte> PaddedValueOf(scoped in AttributeEntryView entry) =>
        entry.ValueSize == 0 ? default : _bytes.Slice(entry.ValueOffset, AttributeEntryView.Padded((int)entry.ValueSize));

    /// <summary>Where an entry of this list lies in the bytes that the list was made from: for damage reports.</summary>
    public int OffsetOf(scoped in AttributeEntryView entry) => _bytes.Overlaps(entry.Bytes, out int offset) ? offset : _first;

    /// <summary>The order in a block: namespace, then name length, then name.</summary>
    private static int Compare(AttributeNamespace space, ReadOnlySpan<byte> name, in AttributeEntryView entry)
    {
        int order = (int)space - (int)entry.Namespace;
        if (order == 0)
        {
            order = name.Length - entry.Name.Length;
        }

        return order != 0 ? order : name.SequenceCompareTo(entry.Name);
    }

    private static Damage ExamineNames(ReadOnlySpan<byte> bytes, int first, in DiskLocation where, out int end)
    {
        end = first;
        while (!IsTerminator(bytes, end))
        {
            int nameLength = bytes[end + AttributeEntryView.ENameLen];
            int next = end + AttributeEntryView.StrideOf(nameLength);
            if (next > bytes.Length - TerminatorSize)
            {
                return new(
                    CorruptionCode.AttributeEntryOverflow, where.At(end), (ulong)next, (ulong)(bytes.Length - TerminatorSize));
            }

            int zero = bytes.Slice(end + AttributeEntryView.EName, nameLength).IndexOf((byte)0);
            if (zero >= 0)
            {
                return new(
                    CorruptionCode.AttributeNameLengthMismatch,
                    where.At(end + AttributeEntryView.ENameLen),
                    (ulong)nameLength,
                    (ulong)zero);
            }

            end = next;
        }

        return default;
    }

    private static Damage ExamineValue(ReadOnlySpan<byte> bytes, int at, int end, in DiskLocation where)
    {
        AttributeEntryView entry = new(bytes[at..]);
        uint size = entry.ValueSize;
        if (size > MaximumValueSize)
        {
            return new(
                CorruptionCode.AttributeValueTooLarge, where.At(at + AttributeEntryView.EValueSize), size, MaximumValueSize);
        }

        if (size == 0 || entry.ValueInode.Value != 0)
        {
            return default;
        }

        int offset = entry.ValueOffset;
        if (offset > bytes.Length || AttributeEntryView.Padded((int)size) > bytes.Length - offset)
        {
            return new(
                CorruptionCode.AttributeValueOutOfRange,
                where.At(at + AttributeEntryView.EValueOffs),
                (ulong)offset + size,
                (ulong)bytes.Length);
        }

        if (offset < end + TerminatorSize)
        {
            return new(
                CorruptionCode.AttributeValueOverlapsNames,
                where.At(at + AttributeEntryView.EValueOffs),
                (ulong)offset,
                (ulong)(end + TerminatorSize));
        }

        return default;
    }

    private static bool IsTerminator(ReadOnlySpan<byte> bytes, int at) => Le.U32(bytes, at) == 0;
}

/// <summary>The header of an attribute block.</summary>
/// <remarks><c>ext4_xattr_header</c>, 32 bytes. Source: Linux,
/// Documentation/filesystems/ext4/attributes.rst.</remarks>
internal readonly ref struct AttributeBlockView
{
    public const int HeaderSize = 32;
    public const uint ExpectedMagic = 0xEA02_0000;
    [DiskFields(HeaderSize)]
    public const int HMagic = 0x0, HRefcount = 0x4, HBlocks = 0x8, HHash = 0xC, HChecksum = 0x10;

    private readonly ReadOnlySpan<byte> _bytes;

    private AttributeBlockView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Admits a header; the list behind it is <see cref="AttributeListView"/>'s business.</summary>
    /// <param name="bytes">The whole block.</param>
    /// <param name="where">The block's location.</param>
    public static AttributeBlockView Parse(ReadOnlySpan<byte> bytes, scoped in DiskLocation where)
    {
        if (!TryParse(bytes, where, out AttributeBlockView block, out Damage damage))
        {
            damage.ThrowIfAny();
        }

        return block;
    }

    /// <summary>The same without a throw.</summary>
    /// <returns>False for a header that is damaged: <paramref name="damage"/> says how.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, scoped in DiskLocation where, out AttributeBlockView block, out Damage damage)
    {
        block = new(bytes);
        uint magic = Le.U32(bytes, HMagic);
        uint blocks = Le.U32(bytes, HBlocks);
        damage = default;
        if (magic != ExpectedMagic)
        {
            damage = new(CorruptionCode.AttributeMagic, where.At(HMagic), magic, ExpectedMagic);
        }
        else if (blocks != 1)
        {
            damage = new(CorruptionCode.AttributeBlockCountMismatch, where.At(HBlocks), blocks, 1);
        }

        return damage.IsNone;
    }

    /// <summary>Inodes that share the block.</summary>
    public uint ReferenceCount => Le.U32(_bytes, HRefcount);

    /// <summary>Hash over the entries' hashes; 0 when an entry has none.</summary>
    public uint Hash => Le.U32(_bytes, HHash);

    public uint Checksum => Le.U32(_bytes, HChecksum);

    /// <summary>The checksum that the block should carry: over its own number and its bytes without the field.</summary>
    public uint ComputeChecksum(uint seed, BlockNumber block) => ComputeChecksum(_bytes, seed, block.Value);

    internal static uint ComputeChecksum(ReadOnlySpan<byte> bytes, uint seed, ulong block)
    {
        uint crc = Crc32C.Append(Crc32C.Append(seed, (uint)(block & uint.MaxValue)), (uint)(block >> 32));
        crc = Crc32C.AppendZeros(Crc32C.Append(crc, bytes[..HChecksum]), 4);
        return Crc32C.Append(crc, bytes[(HChecksum + 4)..]);
    }
}

/// <summary>Where attributes lie in an inode: behind its fields, announced by a magic number.</summary>
/// <remarks><c>ext4_xattr_ibody_header</c>, 4 bytes.</remarks>
internal static class InodeAttributesView
{
    public const int HeaderSize = 4;

    /// <summary>Where the first entry is, from the inode's start; 0 when the inode has no attributes in it.</summary>
    /// <param name="inode">The whole inode, whose stored extra size was proven to lie inside. An inode that stores none
    /// has no attributes either.</param>
    public static int FirstEntryOf(ReadOnlySpan<byte> inode)
    {
        int extraSize = inode.Length > InodeView.Size ? Le.U16(inode, InodeExtraView.IExtraIsize) : 0;
        int first = InodeView.Size + extraSize + HeaderSize;
        return extraSize != 0
            && first + AttributeListView.TerminatorSize <= inode.Length
            && Le.U32(inode, first - HeaderSize) == AttributeBlockView.ExpectedMagic
                ? first
                : 0;
    }
}

/// <summary>The hashes that ext4 keeps beside attributes. They say <c>unchecked</c> by being shifts alone.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/attributes.rst, and the entries that kernels write.</remarks>
internal static class AttributeHash
{
    private const int NameShift = 5, ValueShift = 16;

    /// <summary>Hash of a name and of a value beside the entries.</summary>
    public static uint OfEntry(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => AppendValue(OfName(name), value);

    /// <summary>Hash of a name and of the checksum of a value in its own inode.</summary>
    public static uint OfEntry(ReadOnlySpan<byte> name, uint valueChecksum) => AppendWord(OfName(name), valueChecksum);

    /// <summary>The same as kernels with signed characters once wrote it; names beyond ASCII differ.</summary>
    public static uint OfEntrySigned(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => AppendValue(OfNameSigned(name), value);

    /// <summary>The same for a value in its own inode.</summary>
    public static uint OfEntrySigned(ReadOnlySpan<byte> name, uint valueChecksum) =>
        AppendWord(OfNameSigned(name), valueChecksum);

    /// <summary>Continues a block's hash with one entry's hash.</summary>
    public static uint AppendWord(uint hash, uint word) => (hash << ValueShift) ^ (hash >> (32 - ValueShift)) ^ word;

    private static uint OfName(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        foreach (byte character in name)
        {
            hash = (hash << NameShift) ^ (hash >> (32 - NameShift)) ^ character;
        }

        return hash;
    }

    private static uint OfNameSigned(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        foreach (byte character in name)
        {
            hash = (hash << NameShift) ^ (hash >> (32 - NameShift)) ^ unchecked((uint)(sbyte)character);
        }

        return hash;
    }

    private static uint AppendValue(uint hash, ReadOnlySpan<byte> value)
    {
        Span<byte> word = stackalloc byte[AttributeEntryView.Alignment];
        while (!value.IsEmpty)
        {
            int count = Math.Min(value.Length, word.Length);
            word.Clear();
            value[..count].CopyTo(word);
            hash = AppendWord(hash, Le.U32(word, 0));
            value = value[count..];
        }

        return hash;
    }
}

/// <summary>Builds a list of attributes in a zeroed room: entries from the front, values from the back.</summary>
internal ref struct AttributeListWriter
{
    private readonly Span<byte> _bytes;
    private int _next;
    private int _values;

    /// <summary>An empty list.</summary>
    /// <param name="bytes">What value offsets count from, up to the end of the room.</param>
    /// <param name="first">Offset of the first entry.</param>
    public AttributeListWriter(Span<byte> bytes, int first)
    {
        _bytes = bytes;
        _next = first;
        _values = bytes.Length;
    }

    /// <summary>Adds an attribute with its value; false when it does not fit.</summary>
    public bool TryAdd(AttributeNamespace space, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, uint hash)
    {
        int start = _values - AttributeEntryView.Padded(value.Length);
        if (start < _next + AttributeEntryView.StrideOf(name.Length) + AttributeListView.TerminatorSize)
        {
            return false;
        }

        if (!value.IsEmpty)
        {
            value.CopyTo(_bytes[start..]);
            _values = start;
        }

        Put(space, name, value.IsEmpty ? 0 : start, 0, (uint)value.Length, hash);
        return true;
    }

    /// <summary>Adds an attribute whose value is an inode's contents; false when it does not fit.</summary>
    public bool TryAddReference(AttributeNamespace space, ReadOnlySpan<byte> name, uint inode, uint size, uint hash)
    {
        if (_values < _next + AttributeEntryView.StrideOf(name.Length) + AttributeListView.TerminatorSize)
        {
            return false;
        }

        Put(space, name, 0, inode, size, hash);
        return true;
    }

    private void Put(AttributeNamespace space, ReadOnlySpan<byte> name, int offset, uint inode, uint size, uint hash)
    {
        Span<byte> entry = _bytes[_next..];
        entry[AttributeEntryView.ENameLen] = (byte)name.Length;
        entry[AttributeEntryView.ENameIndex] = (byte)space;
        Le.PutU16(entry, AttributeEntryView.EValueOffs, (ushort)offset);
        Le.PutU32(entry, AttributeEntryView.EValueInum, inode);
        Le.PutU32(entry, AttributeEntryView.EValueSize, size);
        Le.PutU32(entry, AttributeEntryView.EHash, hash);
        name.CopyTo(entry[AttributeEntryView.EName..]);
        _next += AttributeEntryView.StrideOf(name.Length);
    }
}

/// <summary>Writes the header of an attribute block.</summary>
internal static class AttributeBlockWriter
{
    /// <summary>Makes an empty block: header alone, held by one inode.</summary>
    public static void Initialise(Span<byte> block)
    {
        block.Clear();
        Le.PutU32(block, AttributeBlockView.HMagic, AttributeBlockView.ExpectedMagic);
        Le.PutU32(block, AttributeBlockView.HRefcount, 1);
        Le.PutU32(block, AttributeBlockView.HBlocks, 1);
    }

    /// <summary>Puts hash and checksum right over a whole block.</summary>
    public static void Seal(Span<byte> block, uint seed, ulong number, bool hasChecksums)
    {
        Le.PutU32(block, AttributeBlockView.HHash, HashOf(block));
        if (hasChecksums)
        {
            Le.PutU32(block, AttributeBlockView.HChecksum, AttributeBlockView.ComputeChecksum(block, seed, number));
        }
    }

    private static uint HashOf(ReadOnlySpan<byte> block)
    {
        AttributeListView list = AttributeListView.Admitted(block, AttributeBlockView.HeaderSize);
        uint hash = 0;
        int position = list.Start;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            if (entry.Hash == 0)
            {
                return 0;
            }

            hash = AttributeHash.AppendWord(hash, entry.Hash);
        }

        return hash;
    }
}
