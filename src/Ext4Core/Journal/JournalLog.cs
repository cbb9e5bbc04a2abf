using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>A journal whose superblock was proven: how long the log is, where it starts, how its blocks are written.</summary>
internal sealed class JournalLog
{
    /// <summary>Blocks that a log has at least.</summary>
    public const uint MinimumBlocks = 1024;

    private const byte Crc32CType = 4;

    private const JournalIncompatibleFeatures Spoken =
        JournalIncompatibleFeatures.Revoke | JournalIncompatibleFeatures.SixtyFourBit
        | JournalIncompatibleFeatures.AsyncCommit | JournalIncompatibleFeatures.ChecksumV2
        | JournalIncompatibleFeatures.ChecksumV3 | JournalIncompatibleFeatures.FastCommit;

    private JournalLog(JournalBlocks blocks, JournalSuperblockView superblock, in DiskLocation where)
    {
        Blocks = blocks;
        SuperblockLocation = where;
        Format = new(blocks.BlockSize, superblock.Compatible, superblock.Incompatible);
        Length = superblock.Length;
        First = superblock.First;
        Last = Length - (Format.Has(JournalIncompatibleFeatures.FastCommit) ? superblock.FastCommitBlocks : 0);
        Start = superblock.Start;
        Sequence = superblock.Sequence;
        Error = superblock.Error;
        UserCount = superblock.UserCount;
        Seed = Crc32C.Append(Crc32C.Initial, superblock.Uuid);
    }

    public JournalBlocks Blocks { get; }

    /// <summary>Where the superblock lies.</summary>
    public DiskLocation SuperblockLocation { get; }

    public JournalFormat Format { get; }

    /// <summary>Blocks of the journal that may be read.</summary>
    public uint Length { get; }

    /// <summary>The log's first block.</summary>
    public uint First { get; }

    /// <summary>The block behind the log's last one: from there it goes on at <see cref="First"/>.</summary>
    public uint Last { get; }

    /// <summary>First block of the fast-commit area. The block before it belongs to nobody.</summary>
    public uint FastCommitFirst => Last + 1;

    /// <summary>Where the oldest transaction starts.</summary>
    public uint Start { get; }

    /// <summary>The oldest transaction's number.</summary>
    public uint Sequence { get; }

    /// <summary>The error that stopped the journal in an earlier mount; 0 for none.</summary>
    public int Error { get; }

    /// <summary>Volumes that share the journal.</summary>
    public uint UserCount { get; }

    /// <summary>Seed of every crc32c in the journal.</summary>
    public uint Seed { get; }

    /// <summary>Nothing waits in the log.</summary>
    public bool IsClean => Start == 0;

    /// <summary>Reads and proves the superblock.</summary>
    /// <param name="blocks">The journal's blocks.</param>
    /// <param name="superblockIndex">The block that holds the superblock: the first, but on a device of its own.</param>
    /// <exception cref="CorruptionException">The superblock cannot be right.</exception>
    /// <exception cref="UnsupportedFeatureException">The journal uses a feature that is not spoken here.</exception>
    public static JournalLog Open(JournalBlocks blocks, uint superblockIndex = 0)
    {
        DiskLocation where = blocks.Where(StructureKind.JournalSuperblock, superblockIndex);
        byte[] block = new byte[blocks.BlockSize];
        blocks.Read(superblockIndex, block);
        JournalSuperblockView superblock = new(block);
        CheckShape(superblock, blocks, where);
        if (superblock.HasFeatures)
        {
            RefuseUnspokenFeatures(superblock);
            CheckFeatures(superblock, where);
        }

        Refuse(superblock.Length < MinimumBlocks || superblock.First > superblock.Length + 1 - MinimumBlocks,
            CorruptionCode.JournalLengthOutOfRange, where.At(JournalSuperblockView.SMaxlen), superblock.Length, MinimumBlocks);
        JournalLog log = new(blocks, superblock, where);
        Refuse(log.First >= log.Last, CorruptionCode.JournalFirstOutOfRange,
            where.At(JournalSuperblockView.SFirst), log.First, log.Last);
        return log;
    }

    /// <summary>The block <paramref name="count"/> blocks further on in the log, which is a ring.</summary>
    public uint Advance(uint index, uint count)
    {
        uint next = index + count;
        return next >= Last ? next - (Last - First) : next;
    }

    private static void CheckShape(JournalSuperblockView superblock, JournalBlocks blocks, in DiskLocation where)
    {
        Refuse(superblock.Header.Magic != JournalHeaderView.ExpectedMagic, CorruptionCode.JournalSuperblockMagic,
            where.At(JournalHeaderView.HMagic), superblock.Header.Magic, JournalHeaderView.ExpectedMagic);
        Refuse(superblock.BlockSize != blocks.BlockSize, CorruptionCode.JournalBlockSizeMismatch,
            where.At(JournalSuperblockView.SBlocksize), superblock.BlockSize, (ulong)blocks.BlockSize);
        Refuse(superblock.Header.Type is not (JournalBlockType.SuperblockV1 or JournalBlockType.SuperblockV2),
            CorruptionCode.JournalSuperblockTypeUnknown, where.At(JournalHeaderView.HBlocktype),
            (ulong)superblock.Header.Type, (ulong)JournalBlockType.SuperblockV2);
        Refuse(superblock.Length > blocks.Length, CorruptionCode.JournalLengthOutOfRange,
            where.At(JournalSuperblockView.SMaxlen), superblock.Length, blocks.Length);
        Refuse(superblock.First == 0 || superblock.First >= blocks.Length, CorruptionCode.JournalFirstOutOfRange,
            where.At(JournalSuperblockView.SFirst), superblock.First, blocks.Length);
    }

    private static void RefuseUnspokenFeatures(JournalSuperblockView superblock)
    {
        uint unknown = (uint)(superblock.Incompatible & ~Spoken);
        string word = "incompat";
        if (unknown == 0)
        {
            unknown = superblock.ReadOnlyCompatible;
            word = "ro_compat";
        }

        if (unknown != 0)
        {
            throw new UnsupportedFeatureException(
                $"journal {word} 0x{unknown:x}",
                "the journal cannot be understood; norecovery reads the volume as it was before the journal");
        }
    }

    private static void CheckFeatures(JournalSuperblockView superblock, in DiskLocation where)
    {
        JournalFormat format = new(0, superblock.Compatible, superblock.Incompatible);
        uint fastCommitBlocks = format.Has(JournalIncompatibleFeatures.FastCommit) ? superblock.FastCommitBlocks : 0;
        Refuse(superblock.Length < MinimumBlocks || superblock.Length - MinimumBlocks < fastCommitBlocks,
            CorruptionCode.JournalLengthOutOfRange, where.At(JournalSuperblockView.SMaxlen),
            superblock.Length, (ulong)MinimumBlocks + fastCommitBlocks);
        Refuse(format.HasWideTags && format.Has(JournalIncompatibleFeatures.ChecksumV2),
            CorruptionCode.JournalFeaturesContradict, where.At(JournalSuperblockView.SFeatureIncompat),
            (ulong)superblock.Incompatible, (ulong)(superblock.Incompatible & ~JournalIncompatibleFeatures.ChecksumV2));
        Refuse(format.HasBlockChecksums && format.HasTransactionChecksum,
            CorruptionCode.JournalFeaturesContradict, where.At(JournalSuperblockView.SFeatureCompat),
            (ulong)superblock.Compatible, (ulong)(superblock.Compatible & ~JournalCompatibleFeatures.Checksum));
        if (format.HasBlockChecksums)
        {
            Refuse(superblock.ChecksumType != Crc32CType, CorruptionCode.JournalChecksumTypeUnknown,
                where.At(JournalSuperblockView.SChecksumType), superblock.ChecksumType, Crc32CType);
            uint due = superblock.ComputeChecksum();
            Refuse(superblock.Checksum != due, CorruptionCode.JournalSuperblockChecksum,
                where.At(JournalSuperblockView.SChecksum), superblock.Checksum, due);
        }
    }

    private static void Refuse(bool isWrong, CorruptionCode code, in DiskLocation where, ulong found, ulong expected)
    {
        if (isWrong)
        {
            Corrupt.Throw(code, where, found, expected);
        }
    }
}
