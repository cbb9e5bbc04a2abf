using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>What every block of one directory has in common.</summary>
/// <param name="BlockSize">Bytes in a block: decides how lengths are stored.</param>
/// <param name="InodesCount">The volume's last inode number.</param>
/// <param name="HasChecksums">metadata_csum: the last twelve bytes of a block are its checksum tail.</param>
/// <param name="HasHashes">Casefolded and encrypted at once: each entry carries its hash behind the name.</param>
internal readonly record struct DirectoryShape(int BlockSize, uint InodesCount, bool HasChecksums, bool HasHashes)
{
    /// <summary>Bytes that an entry with a name of this length needs.</summary>
    public int EntrySizeFor(int nameLength, bool isMarker) =>
        DirectoryEntryView.SizeFor(nameLength) + (HasHashes && !isMarker ? DirectoryEntryView.HashSize : 0);
}

/// <summary>A name and the inode that it stands for.</summary>
/// <remarks><c>ext4_dir_entry_2</c>, 8 bytes and the name, padded to four bytes; little-endian. The name's length is one
/// byte with or without the filetype feature. Source: Linux, Documentation/filesystems/ext4/directory.rst.</remarks>
internal readonly ref struct DirectoryEntryView
{
    public const int HeaderSize = 8;
    public const int MaximumNameLength = 255;
    public const int MinimumSize = 12;
    public const int HashSize = 8;
    public const byte ChecksumMarker = 0xDE;
    [DiskFields(MinimumSize)]
    public const int DeInode = 0x0, DeRecLen = 0x4, DeNameLen = 0x6, DeFileType = 0x7, DeName = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>An entry of a block in which <see cref="Examine"/> found no damage up to here.</summary>
    public DirectoryEntryView(ReadOnlySpan<byte> block, int offset) => _bytes = block[offset..];

    /// <summary>The inode: <c>inode</c>; 0 where the entry is free space.</summary>
    public ClaimedInode Inode => new(Le.U32(_bytes, DeInode));

    public bool IsUsed => Le.U32(_bytes, DeInode) != 0;

    /// <summary>The name as stored: <c>name</c>, <c>name_len</c>.</summary>
    public ReadOnlySpan<byte> Name => _bytes.Slice(DeName, _bytes[DeNameLen]);

    /// <summary><c>file_type</c>; means nothing without the filetype feature.</summary>
    public DirectoryEntryType Type => (DirectoryEntryType)_bytes[DeFileType];

    /// <summary>The name's hash, behind the name; only in directories that are casefolded and encrypted.</summary>
    public uint Hash => WordBehindName(0);

    /// <summary>The second word of the hash.</summary>
    public uint MinorHash => WordBehindName(4);

    /// <summary>Bytes from this entry to the next.</summary>
    public int SizeIn(int blockSize) => DecodeSize(Le.U16(_bytes, DeRecLen), blockSize);

    /// <summary>A word that is missing, as it may be in '.' and in what poses as a checksum tail, is 0.</summary>
    private uint WordBehindName(int offset)
    {
        offset += SizeFor(_bytes[DeNameLen]);
        return offset + 4 <= _bytes.Length ? Le.U32(_bytes, offset) : 0;
    }

    /// <summary>Bytes of header and name, padded.</summary>
    public static int SizeFor(int nameLength) => (HeaderSize + nameLength + 3) & ~3;

    /// <summary>The size of the entry at <paramref name="offset"/>.</summary>
    public static int SizeAt(ReadOnlySpan<byte> block, int offset, int blockSize) =>
        DecodeSize(Le.U16(block, offset + DeRecLen), blockSize);

    /// <summary><c>rec_len</c> in bytes. In blocks of 64 KiB the two low bits hold bits 16 and 17, and the two values
    /// that no entry could have mean the whole block.</summary>
    public static int DecodeSize(ushort stored, int blockSize)
    {
        if (blockSize < 1 << 16)
        {
            return stored;
        }

        return stored is 0 or ushort.MaxValue ? blockSize : (stored & 0xFFFC) | ((stored & 3) << 16);
    }

    /// <summary>The stored form of an entry's size, a multiple of four.</summary>
    public static ushort EncodeSize(int size, int blockSize)
    {
        if (size < 1 << 16)
        {
            return (ushort)size;
        }

        return size == blockSize ? ushort.MaxValue : (ushort)((size & 0xFFFC) | ((size >> 16) & 3));
    }

    /// <summary>Looks for damage in the entry at <paramref name="offset"/> of a block or an inline area: what the bytes
    /// show, and the inode's range.</summary>
    public static Damage Examine(ReadOnlySpan<byte> block, int offset, in DirectoryShape shape, in DiskLocation where)
    {
        ReadOnlySpan<byte> entry = block[offset..];
        if (entry.Length < MinimumSize)
        {
            return new(CorruptionCode.DirectoryEntryNearEnd, where.At(offset), (uint)entry.Length, MinimumSize);
        }

        int size = DecodeSize(Le.U16(entry, DeRecLen), shape.BlockSize);
        int nameLength = entry[DeNameLen];
        bool isMarker = IsMarker(entry);
        int least = shape.EntrySizeFor(1, isMarker);
        if (size < least)
        {
            return new(CorruptionCode.DirectoryEntryTooShort, where.At(offset + DeRecLen), (uint)size, (uint)least);
        }

        if (size % 4 != 0)
        {
            return new(CorruptionCode.DirectoryEntryUnaligned, where.At(offset + DeRecLen), (uint)size, (uint)(size & ~3));
        }

        int due = shape.EntrySizeFor(nameLength, isMarker);
        if (size < due)
        {
            return new(CorruptionCode.DirectoryNameOverflow, where.At(offset + DeNameLen), (uint)due, (uint)size);
        }

        int left = entry.Length - size;
        if (left < 0)
        {
            return new(
                CorruptionCode.DirectoryEntryCrossesBlock, where.At(offset + DeRecLen), (uint)size, (uint)entry.Length);
        }

        int leastBehind = SizeFor(1) + (shape.HasHashes && !shape.HasChecksums ? HashSize : 0);
        if (left != 0 && left < leastBehind)
        {
            return new(
                CorruptionCode.DirectoryEntryNearEnd, where.At(offset + DeRecLen), (uint)size, (uint)(entry.Length - leastBehind));
        }

        uint inode = Le.U32(entry, DeInode);
        if (inode > shape.InodesCount)
        {
            return new(CorruptionCode.InodeOutOfRange, where.At(offset + DeInode), inode, shape.InodesCount);
        }

        if (left == 0 && nameLength == 1 && entry[DeName] == '.')
        {
            return new(
                CorruptionCode.DirectoryDotLast, where.At(offset + DeRecLen), (uint)size, (uint)(entry.Length - leastBehind));
        }

        return default;
    }

    /// <summary>'.', '..' and checksum tails carry no hash in any directory.</summary>
    private static bool IsMarker(ReadOnlySpan<byte> entry)
    {
        int nameLength = entry[DeNameLen];
        return (nameLength is 1 or 2 && entry[DeName] == '.' && (entry[DeName + 1] == '.' || entry[DeName + 1] == 0))
            || entry[DeFileType] == ChecksumMarker;
    }
}

/// <summary><c>file_type</c> of a directory entry.</summary>
internal enum DirectoryEntryType : byte
{
    Unknown = 0,
    Regular = 1,
    Directory = 2,
    CharacterDevice = 3,
    BlockDevice = 4,
    Fifo = 5,
    Socket = 6,
    SymbolicLink = 7,
}

/// <summary>The checksum at the end of a block of entries, dressed as a free entry.</summary>
/// <remarks><c>ext4_dir_entry_tail</c>, 12 bytes, little-endian.</remarks>
internal readonly ref struct DirectoryTailView
{
    public const int Size = 12;
    [DiskFields(Size)]
    public const int DetReservedZero1 = 0x0, DetRecLen = 0x4, DetReservedZero2 = 0x6, DetReservedFt = 0x7, DetChecksum = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>The tail of a whole block.</summary>
    public DirectoryTailView(ReadOnlySpan<byte> block) => _bytes = block[^Size..];

    /// <summary>Whether these bytes are a tail at all.</summary>
    public bool IsPresent => Le.U32(_bytes, DetReservedZero1) == 0 && Le.U16(_bytes, DetRecLen) == Size
        && _bytes[DetReservedZero2] == 0 && _bytes[DetReservedFt] == DirectoryEntryView.ChecksumMarker;

    public uint Checksum => Le.U32(_bytes, DetChecksum);

    /// <summary>The checksum due: over everything in front of the tail.</summary>
    public static uint Compute(ReadOnlySpan<byte> block, uint seed) => Crc32C.Append(seed, block[..^Size]);
}

/// <summary>Writes blocks of directory entries.</summary>
internal static class DirectoryBlockWriter
{
    /// <summary>Writes one entry and gives the offset behind it.</summary>
    /// <param name="block">The whole block, or part of inline data.</param>
    /// <param name="offset">Where the entry starts.</param>
    /// <param name="size">Bytes up to the next entry.</param>
    /// <param name="inode">The inode; 0 for free space.</param>
    /// <param name="name">The name as stored.</param>
    /// <param name="type">What the inode is.</param>
    public static int Put(
        Span<byte> block, int offset, int size, uint inode, ReadOnlySpan<byte> name, DirectoryEntryType type)
    {
        Span<byte> entry = block.Slice(offset, size);
        entry.Clear();
        Le.PutU32(entry, DirectoryEntryView.DeInode, inode);
        Le.PutU16(entry, DirectoryEntryView.DeRecLen, DirectoryEntryView.EncodeSize(size, block.Length));
        entry[DirectoryEntryView.DeNameLen] = (byte)name.Length;
        entry[DirectoryEntryView.DeFileType] = (byte)type;
        name.CopyTo(entry[DirectoryEntryView.DeName..]);
        return offset + size;
    }

    /// <summary>Writes the tail with the checksum that is due; everything in front of it is in place.</summary>
    public static void Seal(Span<byte> block, uint seed)
    {
        Span<byte> tail = block[^DirectoryTailView.Size..];
        tail.Clear();
        Le.PutU16(tail, DirectoryTailView.DetRecLen, DirectoryTailView.Size);
        tail[DirectoryTailView.DetReservedFt] = DirectoryEntryView.ChecksumMarker;
        Le.PutU32(tail, DirectoryTailView.DetChecksum, DirectoryTailView.Compute(block, seed));
    }
}
