using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>Whose space a quota file counts.</summary>
internal enum QuotaKind
{
    User,
    Group,
    Project,
}

/// <summary>The start of a quota file.</summary>
/// <remarks><c>v2_disk_dqheader</c> and <c>v2_disk_dqinfo</c>, 32 bytes, little-endian; the file is a tree of blocks of 1 KiB,
/// whatever the volume's are. Source: Linux, fs/quota/quotaio_v2.h; quota tools, "vfsv1" format.</remarks>
internal static class QuotaFileView
{
    public const int BlockBits = 10, BlockSize = 1 << BlockBits;

    /// <summary>The block that holds the root of the tree, behind the header's.</summary>
    public const uint RootBlock = 1;

    /// <summary>Levels of references above the records: one for each byte of an id.</summary>
    public const int Levels = 4;

    [DiskFields(DqhVersion + sizeof(uint))]
    public const int DqhMagic = 0x0, DqhVersion = 0x4;

    /// <summary>Records of 64-bit counts.</summary>
    public const uint ExpectedVersion = 1;

    /// <summary>The magic of a kind's file.</summary>
    public static uint MagicOf(QuotaKind kind) => kind switch
    {
        QuotaKind.User => 0xD9C0_1F11,
        QuotaKind.Group => 0xD9C0_1927,
        _ => 0xD9C0_3F14,
    };

    /// <summary>Checks what the header alone shows.</summary>
    public static void Check(ReadOnlySpan<byte> bytes, QuotaKind kind, in DiskLocation where)
    {
        uint magic = Le.U32(bytes, DqhMagic);
        if (magic != MagicOf(kind))
        {
            Corrupt.Throw(CorruptionCode.QuotaFileMagic, where.At(DqhMagic), magic, MagicOf(kind));
        }

        uint version = Le.U32(bytes, DqhVersion);
        if (version != ExpectedVersion)
        {
            Corrupt.Throw(CorruptionCode.QuotaVersionMismatch, where.At(DqhVersion), version, ExpectedVersion);
        }
    }
}

/// <summary>What a quota file counts for one id.</summary>
/// <remarks><c>v2r1_disk_dqblk</c>, 72 bytes, little-endian; records follow the header of a block, <c>qt_disk_dqdbheader</c>.</remarks>
internal readonly ref struct QuotaRecordView
{
    public const int Size = 72;

    /// <summary>Bytes in front of a block's first record.</summary>
    public const int First = 16;

    /// <summary>Records in a block.</summary>
    public const int CountInBlock = (QuotaFileView.BlockSize - First) / Size;

    [DiskFields(Size)]
    public const int DqbId = 0x0, DqbCurinodes = 0x18, DqbCurspace = 0x30;

    private readonly ReadOnlySpan<byte> _bytes;

    public QuotaRecordView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>Nothing is recorded here.</summary>
    public bool IsFree => _bytes.IndexOfAnyExcept((byte)0) < 0;

    public uint Id => Le.U32(_bytes, DqbId);

    /// <summary>Inodes that count for the id.</summary>
    public ulong Inodes => Le.U64(_bytes, DqbCurinodes);

    /// <summary>Space that counts for the id. Unit: bytes.</summary>
    public ulong Space => Le.U64(_bytes, DqbCurspace);
}
