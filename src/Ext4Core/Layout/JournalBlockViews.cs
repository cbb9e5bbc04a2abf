using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>What every block starts with that the journal wrote for itself.</summary>
/// <remarks><c>journal_header_t</c>, 12 bytes, big-endian. Source: Linux,
/// Documentation/filesystems/ext4/journal.rst, "Block Header".</remarks>
internal readonly ref struct JournalHeaderView
{
    public const int Size = 12;
    public const uint ExpectedMagic = 0xC03B_3998;
    [DiskFields(Size, IsBigEndian = true)]
    public const int HMagic = 0x0, HBlocktype = 0x4, HSequence = 0x8;

    private readonly ReadOnlySpan<byte> _bytes;

    public JournalHeaderView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public uint Magic => Be.U32(_bytes, HMagic);

    public JournalBlockType Type => (JournalBlockType)Be.U32(_bytes, HBlocktype);

    /// <summary>The transaction that the block belongs to: <c>h_sequence</c>.</summary>
    public uint Sequence => Be.U32(_bytes, HSequence);
}

/// <summary><c>h_blocktype</c>.</summary>
internal enum JournalBlockType : uint
{
    /// <summary>Names the homes of the blocks that follow it.</summary>
    Descriptor = 1,

    /// <summary>Ends a transaction.</summary>
    Commit = 2,

    /// <summary>A superblock without features.</summary>
    SuperblockV1 = 3,

    /// <summary>A superblock with features.</summary>
    SuperblockV2 = 4,

    /// <summary>Names blocks whose older copies must not be replayed.</summary>
    Revoke = 5,
}

/// <summary>Flags of a descriptor's tag.</summary>
[Flags]
internal enum JournalTagFlags : ushort
{
    /// <summary>The block's first four bytes were the journal's magic and were zeroed.</summary>
    Escaped = 1,

    /// <summary>No UUID follows this tag.</summary>
    SameUuid = 2,

    /// <summary>The block was deleted by this transaction; nothing sets or reads it.</summary>
    Deleted = 4,

    /// <summary>The descriptor's last tag.</summary>
    Last = 8,
}

/// <summary>The sizes that follow from a journal's features.</summary>
/// <param name="BlockSize">Bytes in a block.</param>
/// <param name="Compatible">The compatible features.</param>
/// <param name="Incompatible">The incompatible features.</param>
internal readonly record struct JournalFormat(
    int BlockSize, JournalCompatibleFeatures Compatible, JournalIncompatibleFeatures Incompatible)
{
    private const int WideTagSize = 16, FullTagSize = 12, ChecksumV2Growth = 2, TagHighHalf = 4, ChecksumTailSize = 4;

    /// <summary>Every block of the journal carries a crc32c: version 2 or 3.</summary>
    public bool HasBlockChecksums => Has(JournalIncompatibleFeatures.ChecksumV2) || HasWideTags;

    /// <summary>Version 3: tags are wide and carry 32 bits of checksum.</summary>
    public bool HasWideTags => Has(JournalIncompatibleFeatures.ChecksumV3);

    /// <summary>Version 1: commit blocks carry a checksum of their transaction.</summary>
    public bool HasTransactionChecksum => (Compatible & JournalCompatibleFeatures.Checksum) == JournalCompatibleFeatures.Checksum;

    public bool HasHighHalves => Has(JournalIncompatibleFeatures.SixtyFourBit);

    /// <summary>Bytes in a tag, without the UUID that may follow it.</summary>
    /// <remarks>Version 2 makes a tag two bytes longer than its fields: the format keeps what the first writer did.</remarks>
    public int TagSize => HasWideTags
        ? WideTagSize
        : FullTagSize + (Has(JournalIncompatibleFeatures.ChecksumV2) ? ChecksumV2Growth : 0) - (HasHighHalves ? 0 : TagHighHalf);

    /// <summary>Bytes at the end of descriptor and revoke blocks that hold their checksum.</summary>
    public int TailSize => HasBlockChecksums ? ChecksumTailSize : 0;

    /// <summary>Bytes in an entry of a revoke block.</summary>
    public int RevokeEntrySize => HasHighHalves ? 8 : 4;

    public bool Has(JournalIncompatibleFeatures feature) => (Incompatible & feature) == feature;
}

/// <summary>A descriptor block, read tag by tag.</summary>
/// <remarks>After the header come tags in one of five forms. <c>journal_block_tag_t</c>: block 32 bits, checksum 16, flags
/// 16, and block high 32 with 64bit. <c>journal_block_tag3_t</c>: block 32, flags 32, block high 32, checksum 32. Source:
/// Linux, Documentation/filesystems/ext4/journal.rst, "Descriptor Block".</remarks>
internal ref struct JournalTagReader
{
    public const int UuidSize = 16;
    [DiskFields(T3Checksum + sizeof(uint), IsBigEndian = true)]
    public const int TBlocknr = 0x0, TChecksum = 0x4, TFlags = 0x6, TBlocknrHigh = 0x8, T3Checksum = 0xC;

    private readonly ReadOnlySpan<byte> _block;
    private readonly JournalFormat _format;
    private int _next = JournalHeaderView.Size;
    private bool _isAtEnd;

    public JournalTagReader(ReadOnlySpan<byte> block, in JournalFormat format)
    {
        _block = block;
        _format = format;
    }

    /// <summary>Where the tag lies in its block, once <see cref="MoveNext"/> said that there is one.</summary>
    public int Offset { get; private set; }

    /// <summary>The home of the block that the tag stands for.</summary>
    public readonly ClaimedBlock Home => new(_format.HasHighHalves
        ? Le.Join(Be.U32(_block, Offset + TBlocknrHigh), Be.U32(_block, Offset + TBlocknr))
        : Be.U32(_block, Offset + TBlocknr));

    public readonly JournalTagFlags Flags => (JournalTagFlags)Be.U16(_block, Offset + TFlags);

    /// <summary>The checksum as the tag holds it: 16 or 32 bits.</summary>
    public readonly uint Checksum => _format.HasWideTags
        ? Be.U32(_block, Offset + T3Checksum)
        : Be.U16(_block, Offset + TChecksum);

    /// <summary>Steps to the next tag; false after the last one, or where no further one fits.</summary>
    public bool MoveNext()
    {
        if (_isAtEnd || _next + _format.TagSize > _format.BlockSize - _format.TailSize)
        {
            return false;
        }

        Offset = _next;
        _isAtEnd = (Flags & JournalTagFlags.Last) == JournalTagFlags.Last;
        _next += _format.TagSize + ((Flags & JournalTagFlags.SameUuid) == JournalTagFlags.SameUuid ? 0 : UuidSize);
        return true;
    }
}

/// <summary>A revoke block: blocks whose copies in this and earlier transactions are void.</summary>
/// <remarks><c>jbd2_journal_revoke_header_t</c>, 16 bytes, then block numbers of 32 or 64 bits. Source: Linux,
/// Documentation/filesystems/ext4/journal.rst, "Revocation Block".</remarks>
internal readonly ref struct JournalRevokeView
{
    public const int HeaderSize = 16;
    [DiskFields(HeaderSize, IsBigEndian = true)]
    public const int RCount = 0xC;

    private readonly ReadOnlySpan<byte> _block;
    private readonly JournalFormat _format;

    private JournalRevokeView(ReadOnlySpan<byte> block, in JournalFormat format)
    {
        _block = block;
        _format = format;
    }

    /// <summary>Admits a block: its entries end in front of its checksum.</summary>
    /// <param name="block">The whole block.</param>
    /// <param name="format">What the journal's blocks look like.</param>
    /// <param name="where">The block's location.</param>
    public static JournalRevokeView Parse(ReadOnlySpan<byte> block, in JournalFormat format, scoped in DiskLocation where)
    {
        JournalRevokeView revokes = new(block, format);
        uint room = (uint)(format.BlockSize - format.TailSize);
        if (revokes.ByteCount > room)
        {
            Corrupt.Throw(CorruptionCode.JournalRevokeCountOutOfRange, where.At(RCount), revokes.ByteCount, room);
        }

        return revokes;
    }

    /// <summary>Bytes in use, the header included: <c>r_count</c>.</summary>
    public uint ByteCount => Be.U32(_block, RCount);

    /// <summary>Entries in use.</summary>
    public int EntryCount => ByteCount < HeaderSize ? 0 : ((int)ByteCount - HeaderSize) / _format.RevokeEntrySize;

    public ClaimedBlock this[int entryIndex] => new(_format.HasHighHalves
        ? Be.U64(_block, HeaderSize + (entryIndex * 8))
        : Be.U32(_block, HeaderSize + (entryIndex * 4)));
}

/// <summary>A commit block: the transaction before it is complete.</summary>
/// <remarks><c>struct commit_header</c>, 60 bytes, big-endian. Source: Linux,
/// Documentation/filesystems/ext4/journal.rst, "Commit Block".</remarks>
internal readonly ref struct JournalCommitView
{
    public const int Size = 60;
    public const byte Crc32Type = 1, Crc32Size = 4;
    [DiskFields(Size, IsBigEndian = true)]
    public const int HChksumType = 0xC, HChksumSize = 0xD, HChksum = 0x10, HCommitSec = 0x30, HCommitNsec = 0x38;

    private readonly ReadOnlySpan<byte> _bytes;

    public JournalCommitView(ReadOnlySpan<byte> block) => _bytes = block[..Size];

    public byte ChecksumType => _bytes[HChksumType];

    public byte ChecksumSize => _bytes[HChksumSize];

    /// <summary>The first word of <c>h_chksum</c>; the other seven have no use.</summary>
    public uint Checksum => Be.U32(_bytes, HChksum);

    /// <summary>Seconds since 1970.</summary>
    public ulong CommitTime => Be.U64(_bytes, HCommitSec);
}

/// <summary>Checksums of the journal's blocks, versions 2 and 3: crc32c, seeded with the journal's UUID.</summary>
internal static class JournalChecksums
{
    /// <summary>Of a descriptor or revoke block: everything but the tail.</summary>
    public static uint OfBlock(uint seed, ReadOnlySpan<byte> block) =>
        Crc32C.AppendZeros(Crc32C.Append(seed, block[..^4]), 4);

    /// <summary>The checksum that a descriptor or revoke block carries.</summary>
    public static uint TailOf(ReadOnlySpan<byte> block) => Be.U32(block, block.Length - 4);

    /// <summary>Of a commit block: everything but the checksum itself.</summary>
    public static uint OfCommit(uint seed, ReadOnlySpan<byte> block)
    {
        uint crc = Crc32C.Append(seed, block[..JournalCommitView.HChksum]);
        crc = Crc32C.AppendZeros(crc, 4);
        return Crc32C.Append(crc, block[(JournalCommitView.HChksum + 4)..]);
    }

    /// <summary>Of a commit block of which only the header reached the disk, the rest being zeros.</summary>
    public static uint OfCommitHeader(uint seed, ReadOnlySpan<byte> block)
    {
        uint crc = Crc32C.Append(seed, block[..JournalCommitView.HChksum]);
        crc = Crc32C.AppendZeros(crc, 4);
        crc = Crc32C.Append(crc, block[(JournalCommitView.HChksum + 4)..JournalCommitView.Size]);
        return Crc32C.AppendZeros(crc, block.Length - JournalCommitView.Size);
    }

    /// <summary>Of a logged block, as its tag carries it; version 2 keeps the low 16 bits.</summary>
    public static uint OfData(uint seed, uint sequence, ReadOnlySpan<byte> block, in JournalFormat format)
    {
        Span<byte> number = stackalloc byte[4];
        Be.PutU32(number, 0, sequence);
        uint crc = Crc32C.Append(Crc32C.Append(seed, number), block);
        return format.HasWideTags ? crc : crc & 0xFFFF;
    }
}

/// <summary>Writes the journal's own blocks; each starts from a zeroed block.</summary>
internal static class JournalBlockWriter
{
    public static void Header(Span<byte> block, JournalBlockType type, uint sequence)
    {
        Be.PutU32(block, JournalHeaderView.HMagic, JournalHeaderView.ExpectedMagic);
        Be.PutU32(block, JournalHeaderView.HBlocktype, (uint)type);
        Be.PutU32(block, JournalHeaderView.HSequence, sequence);
    }

    /// <summary>Writes one tag and returns the offset of the next; the UUID that may follow stays zero.</summary>
    public static int Tag(
        Span<byte> block, int offset, ulong home, JournalTagFlags flags, uint checksum, in JournalFormat format)
    {
        Be.PutU32(block, offset + JournalTagReader.TBlocknr, (uint)(home & uint.MaxValue));
        PutTagChecksum(block, offset, checksum, format);
        Be.PutU16(block, offset + JournalTagReader.TFlags, (ushort)flags);
        if (format.HasHighHalves)
        {
            Be.PutU32(block, offset + JournalTagReader.TBlocknrHigh, (uint)(home >> 32));
        }

        return offset + format.TagSize + (flags.HasFlag(JournalTagFlags.SameUuid) ? 0 : JournalTagReader.UuidSize);
    }

    /// <summary>Writes the checksum of the block that a tag stands for.</summary>
    public static void PutTagChecksum(Span<byte> block, int offset, uint checksum, in JournalFormat format)
    {
        if (format.HasWideTags)
        {
            Be.PutU32(block, offset + JournalTagReader.T3Checksum, checksum);
        }
        else
        {
            Be.PutU16(block, offset + JournalTagReader.TChecksum, (ushort)(checksum & 0xFFFF));
        }
    }

    /// <summary>Writes the blocks that a revoke block names; the caller sees to it that they fit.</summary>
    public static void Revoked(Span<byte> block, ReadOnlySpan<ulong> homes, in JournalFormat format)
    {
        int offset = JournalRevokeView.HeaderSize;
        foreach (ulong home in homes)
        {
            if (format.HasHighHalves)
            {
                Be.PutU64(block, offset, home);
            }
            else
            {
                Be.PutU32(block, offset, (uint)home);
            }

            offset += format.RevokeEntrySize;
        }

        Be.PutU32(block, JournalRevokeView.RCount, (uint)offset);
    }

    /// <summary>Writes a whole revoke block, its checksum included.</summary>
    public static void Revoke(Span<byte> block, uint sequence, ReadOnlySpan<ulong> homes, in JournalFormat format, uint seed)
    {
        Header(block, JournalBlockType.Revoke, sequence);
        Revoked(block, homes, format);
        if (format.HasBlockChecksums)
        {
            SealBlock(block, seed);
        }
    }

    /// <summary>Writes a whole commit block, its checksum included.</summary>
    /// <param name="block">The block; all zeros.</param>
    /// <param name="sequence">The transaction that it ends.</param>
    /// <param name="seconds">When it ends, in seconds since 1970.</param>
    /// <param name="format">The journal's.</param>
    /// <param name="seed">Seed of the journal's checksums, versions 2 and 3.</param>
    /// <param name="transactionCrc">The CRC-32 of the transaction's blocks, version 1.</param>
    public static void Commit(Span<byte> block, uint sequence, ulong seconds, in JournalFormat format, uint seed, uint transactionCrc)
    {
        Header(block, JournalBlockType.Commit, sequence);
        Be.PutU64(block, JournalCommitView.HCommitSec, seconds);
        SealCommit(block, format, seed, transactionCrc);
    }

    /// <summary>Puts the checksum of a descriptor or revoke block right.</summary>
    public static void SealBlock(Span<byte> block, uint seed) =>
        Be.PutU32(block, block.Length - 4, JournalChecksums.OfBlock(seed, block));

    /// <summary>Puts the checksum of a commit block right, whichever version the journal has.</summary>
    public static void SealCommit(Span<byte> block, in JournalFormat format, uint seed, uint transactionCrc)
    {
        if (format.HasTransactionChecksum)
        {
            block[JournalCommitView.HChksumType] = JournalCommitView.Crc32Type;
            block[JournalCommitView.HChksumSize] = JournalCommitView.Crc32Size;
            Be.PutU32(block, JournalCommitView.HChksum, transactionCrc);
        }
        else if (format.HasBlockChecksums)
        {
            SealCommit(block, seed);
        }
    }

    /// <summary>Puts the checksum of a commit block right, versions 2 and 3.</summary>
    public static void SealCommit(Span<byte> block, uint seed) =>
        Be.PutU32(block, JournalCommitView.HChksum, JournalChecksums.OfCommit(seed, block));
}
