using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>The journal's superblock: its length, where the log starts and which features it uses.</summary>
/// <remarks><c>journal_superblock_t</c>, 1024 bytes, big-endian. Source: Linux,
/// Documentation/filesystems/ext4/journal.rst, "Super Block".</remarks>
internal readonly ref struct JournalSuperblockView
{
    public const int Size = 1024;
    public const uint DefaultFastCommitBlocks = 256;
    [DiskFields(SUsers + 16, IsBigEndian = true)]
    public const int SBlocksize = 0xC, SMaxlen = 0x10, SFirst = 0x14, SSequence = 0x18, SStart = 0x1C, SErrno = 0x20,
        SFeatureCompat = 0x24, SFeatureIncompat = 0x28, SFeatureRoCompat = 0x2C, SUuid = 0x30, SNrUsers = 0x40,
        SChecksumType = 0x50, SNumFcBlks = 0x54, SHead = 0x58, SChecksum = 0xFC, SUsers = 0x100;

    private readonly ReadOnlySpan<byte> _bytes;

    public JournalSuperblockView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public JournalHeaderView Header => new(_bytes);

    /// <summary>Bytes in a journal block: <c>s_blocksize</c>.</summary>
    public uint BlockSize => Be.U32(_bytes, SBlocksize);

    /// <summary>Blocks in the journal, this one and the fast-commit area included: <c>s_maxlen</c>.</summary>
    public uint Length => Be.U32(_bytes, SMaxlen);

    /// <summary>First block of the log: <c>s_first</c>.</summary>
    public uint First => Be.U32(_bytes, SFirst);

    /// <summary>Number of the first transaction in the log: <c>s_sequence</c>.</summary>
    public uint Sequence => Be.U32(_bytes, SSequence);

    /// <summary>Where the first transaction starts; 0 when the log is empty: <c>s_start</c>.</summary>
    public uint Start => Be.U32(_bytes, SStart);

    /// <summary>The error that the journal was stopped by; 0 for none: <c>s_errno</c>.</summary>
    public int Error => unchecked((int)Be.U32(_bytes, SErrno));

    /// <summary>Only the second version of this structure has features.</summary>
    public bool HasFeatures => Header.Type == JournalBlockType.SuperblockV2;

    public JournalCompatibleFeatures Compatible =>
        HasFeatures ? (JournalCompatibleFeatures)Be.U32(_bytes, SFeatureCompat) : default;

    public JournalIncompatibleFeatures Incompatible =>
        HasFeatures ? (JournalIncompatibleFeatures)Be.U32(_bytes, SFeatureIncompat) : default;

    /// <summary>No bit of this word has a meaning yet.</summary>
    public uint ReadOnlyCompatible => HasFeatures ? Be.U32(_bytes, SFeatureRoCompat) : 0;

    public ReadOnlySpan<byte> Uuid => _bytes.Slice(SUuid, 16);

    /// <summary>Volumes that share the journal: <c>s_nr_users</c>.</summary>
    public uint UserCount => Be.U32(_bytes, SNrUsers);

    public byte ChecksumType => _bytes[SChecksumType];

    /// <summary>Blocks kept for fast commits at the journal's end: <c>s_num_fc_blks</c>, 0 for the default.</summary>
    public uint FastCommitBlocks
    {
        get
        {
            uint blocks = Be.U32(_bytes, SNumFcBlks);
            return blocks != 0 ? blocks : DefaultFastCommitBlocks;
        }
    }

    public uint Checksum => Be.U32(_bytes, SChecksum);

    /// <summary>The checksum that the bytes should carry.</summary>
    public uint ComputeChecksum()
    {
        uint crc = Crc32C.Append(Crc32C.Initial, _bytes[..SChecksum]);
        crc = Crc32C.AppendZeros(crc, 4);
        return Crc32C.Append(crc, _bytes[(SChecksum + 4)..]);
    }
}

/// <summary>Writes the journal's superblock.</summary>
internal static class JournalSuperblockWriter
{
    /// <summary>Puts the checksum right over 1024 bytes.</summary>
    public static void Seal(Span<byte> superblock) => Be.PutU32(
        superblock, JournalSuperblockView.SChecksum, new JournalSuperblockView(superblock).ComputeChecksum());
}

/// <summary><c>s_feature_compat</c> of the journal.</summary>
[Flags]
public enum JournalCompatibleFeatures : uint
{
    /// <summary>checksum: a commit block carries a CRC-32 of its whole transaction (version 1).</summary>
    Checksum = 1,
}

/// <summary><c>s_feature_incompat</c> of the journal.</summary>
[Flags]
public enum JournalIncompatibleFeatures : uint
{
    /// <summary>revoke.</summary>
    Revoke = 1,

    /// <summary>64bit: block numbers have a high half.</summary>
    SixtyFourBit = 2,

    /// <summary>async_commit: a commit block may reach the disk before its transaction.</summary>
    AsyncCommit = 4,

    /// <summary>csum_v2.</summary>
    ChecksumV2 = 8,

    /// <summary>csum_v3.</summary>
    ChecksumV3 = 0x10,

    /// <summary>fast_commit: the end of the journal is kept for fast commits.</summary>
    FastCommit = 0x20,
}
