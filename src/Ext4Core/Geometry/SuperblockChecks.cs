using System.Numerics;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Geometry;

/// <summary>Holds the superblock's numbers against each other and against the device.</summary>
internal static class SuperblockChecks
{
    private const uint MaximumLogBlockSize = 6;
    private const uint MaximumLogClusterSize = 20;
    private const int MinimumFirstInode = 11;
    private const byte Crc32CType = 1;
    private const byte LastHashVersion = 5;
    private const ushort Utf8Encoding = 1;

    private const IncompatibleFeatures SpokenIncompatible =
        IncompatibleFeatures.FileType | IncompatibleFeatures.NeedsRecovery | IncompatibleFeatures.MetaBlockGroups
        | IncompatibleFeatures.Extents | IncompatibleFeatures.SixtyFourBit | IncompatibleFeatures.MultipleMountProtection
        | IncompatibleFeatures.FlexibleBlockGroups | IncompatibleFeatures.AttributeInodes
        | IncompatibleFeatures.ChecksumSeed | IncompatibleFeatures.LargeDirectories | IncompatibleFeatures.InlineData
        | IncompatibleFeatures.Encryption | IncompatibleFeatures.CaseFolding;

    private const ReadOnlyCompatibleFeatures SpokenReadOnlyCompatible =
        ReadOnlyCompatibleFeatures.SparseSuper | ReadOnlyCompatibleFeatures.LargeFiles | ReadOnlyCompatibleFeatures.HugeFiles
        | ReadOnlyCompatibleFeatures.DescriptorChecksum | ReadOnlyCompatibleFeatures.DirectoryLinkCount
        | ReadOnlyCompatibleFeatures.ExtraInodeSize | ReadOnlyCompatibleFeatures.Quota
        | ReadOnlyCompatibleFeatures.BigAllocation | ReadOnlyCompatibleFeatures.MetadataChecksum
        | ReadOnlyCompatibleFeatures.ReadOnly | ReadOnlyCompatibleFeatures.Project
        | ReadOnlyCompatibleFeatures.SharedBlocks | ReadOnlyCompatibleFeatures.Verity
        | ReadOnlyCompatibleFeatures.OrphanPresent;

    /// <summary>Throws at the first number that cannot be; returns when the geometry holds together.</summary>
    public static void Check(SuperblockView superblock, long deviceLength, in DiskLocation where)
    {
        Refuse(superblock.Magic != SuperblockView.ExpectedMagic, CorruptionCode.SuperblockMagic,
            where.At(SuperblockView.SMagic), superblock.Magic, SuperblockView.ExpectedMagic);
        RefuseUnspokenFeatures(superblock);
        CheckChecksum(superblock, where);
        CheckSizes(superblock, where);
        CheckGroups(superblock, where);
        CheckCounts(superblock, deviceLength, where);
        CheckNames(superblock, where);
    }

    /// <summary>Feature bits that no reader knows: reading is fine, writing never is.</summary>
    public static ReadOnlyCompatibleFeatures UnknownReadOnlyCompatible(ReadOnlyCompatibleFeatures features) =>
        features & ~SpokenReadOnlyCompatible;

    /// <summary>Groups that the blocks of a superblock fill that <see cref="Check"/> let pass.</summary>
    public static uint GroupCountOf(SuperblockView superblock) =>
        (uint)((superblock.BlocksCount - superblock.FirstDataBlock - 1) / superblock.BlocksPerGroup) + 1;

    private static void RefuseUnspokenFeatures(SuperblockView superblock)
    {
        if (superblock.Incompatible.HasFlag(IncompatibleFeatures.JournalDevice))
        {
            throw new UnsupportedFeatureException("journal_dev", "this is an external journal, not a volume to mount");
        }

        IncompatibleFeatures unknown = superblock.Incompatible & ~SpokenIncompatible;
        if (unknown != default)
        {
            throw new UnsupportedFeatureException(
                NameOf(unknown), "no reader of this volume can do without it; nothing was read beyond the superblock");
        }
    }

    private static string NameOf(IncompatibleFeatures unknown)
    {
        List<string> names = [];
        for (int bit = 0; bit < 32; bit++)
        {
            var feature = (IncompatibleFeatures)(1u << bit);
            if (unknown.HasFlag(feature))
            {
                names.Add(feature switch
                {
                    IncompatibleFeatures.Compression => "compression",
                    IncompatibleFeatures.DirectoryData => "dirdata",
                    _ => $"incompat bit {bit}",
                });
            }
        }

        return string.Join(", ", names);
    }

    private static void CheckChecksum(SuperblockView superblock, in DiskLocation where)
    {
        if (!superblock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum))
        {
            return;
        }

        Refuse(superblock.ChecksumType != Crc32CType, CorruptionCode.ChecksumTypeUnknown,
            where.At(SuperblockView.SChecksumType), superblock.ChecksumType, Crc32CType);
        uint due = superblock.ComputeChecksum();
        Refuse(superblock.Checksum != due, CorruptionCode.SuperblockChecksum,
            where.At(SuperblockView.SChecksum), superblock.Checksum, due);
    }

    private static void CheckSizes(SuperblockView superblock, in DiskLocation where)
    {
        Refuse(superblock.LogBlockSize > MaximumLogBlockSize, CorruptionCode.BlockSizeOutOfRange,
            where.At(SuperblockView.SLogBlockSize), superblock.LogBlockSize, MaximumLogBlockSize);
        int blockSize = 1024 << (int)superblock.LogBlockSize;
        Refuse(superblock.InodeSize < 128 || superblock.InodeSize > blockSize || !BitOperations.IsPow2(superblock.InodeSize),
            CorruptionCode.InodeSizeOutOfRange, where.At(SuperblockView.SInodeSize), superblock.InodeSize, (ulong)blockSize);
        Refuse(superblock.FirstInode < MinimumFirstInode, CorruptionCode.FirstInodeOutOfRange,
            where.At(SuperblockView.SFirstIno), superblock.FirstInode, MinimumFirstInode);
        if (superblock.Incompatible.HasFlag(IncompatibleFeatures.SixtyFourBit))
        {
            int size = superblock.DescriptorSize;
            Refuse(size < GroupDescriptorView.LargeSize || size > 1024 || !BitOperations.IsPow2(size),
                CorruptionCode.DescriptorSizeOutOfRange, where.At(SuperblockView.SDescSize), (ulong)size, 1024);
        }

        Refuse(superblock.ReservedDescriptorBlocks > blockSize / 4, CorruptionCode.SpareDescriptorBlocksOutOfRange,
            where.At(SuperblockView.SReservedGdtBlocks), superblock.ReservedDescriptorBlocks, (ulong)(blockSize / 4));
    }

    private static void CheckGroups(SuperblockView superblock, in DiskLocation where)
    {
        ulong bitsPerBlock = 8ul * (1024ul << (int)superblock.LogBlockSize);
        ulong blocks = superblock.BlocksPerGroup;
        ulong clusters = superblock.ClustersPerGroup;
        int ratioBits = 0;
        if (superblock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.BigAllocation))
        {
            Refuse(
                superblock.LogClusterSize < superblock.LogBlockSize || superblock.LogClusterSize > MaximumLogClusterSize,
                CorruptionCode.ClusterSizeOutOfRange, where.At(SuperblockView.SLogClusterSize),
                superblock.LogClusterSize, MaximumLogClusterSize);
            ratioBits = (int)(superblock.LogClusterSize - superblock.LogBlockSize);
            Refuse(clusters == 0 || clusters > bitsPerBlock, CorruptionCode.BlocksPerGroupOutOfRange,
                where.At(SuperblockView.SClustersPerGroup), clusters, bitsPerBlock);
        }
        else
        {
            Refuse(superblock.LogClusterSize != superblock.LogBlockSize, CorruptionCode.ClusterSizeOutOfRange,
                where.At(SuperblockView.SLogClusterSize), superblock.LogClusterSize, superblock.LogBlockSize);
            Refuse(blocks == 0 || blocks > bitsPerBlock, CorruptionCode.BlocksPerGroupOutOfRange,
                where.At(SuperblockView.SBlocksPerGroup), blocks, bitsPerBlock);
        }

        Refuse(blocks != clusters << ratioBits, CorruptionCode.ClustersPerGroupMismatch,
            where.At(SuperblockView.SBlocksPerGroup), blocks, clusters << ratioBits);
        ulong inodesPerBlock = (1024ul << (int)superblock.LogBlockSize) / superblock.InodeSize;
        Refuse(superblock.InodesPerGroup < inodesPerBlock || superblock.InodesPerGroup > bitsPerBlock,
            CorruptionCode.InodesPerGroupOutOfRange, where.At(SuperblockView.SInodesPerGroup),
            superblock.InodesPerGroup, bitsPerBlock);
    }

    private static void CheckCounts(SuperblockView superblock, long deviceLength, in DiskLocation where)
    {
        int blockBits = 10 + (int)superblock.LogBlockSize;
        ulong deviceBlocks = (ulong)deviceLength >> blockBits;
        Refuse(superblock.BlocksCount > deviceBlocks, CorruptionCode.BlocksCountOutOfRange,
            where.At(SuperblockView.SBlocksCountLo), superblock.BlocksCount, deviceBlocks);
        Refuse(superblock.FirstDataBlock >= superblock.BlocksCount, CorruptionCode.FirstDataBlockOutOfRange,
            where.At(SuperblockView.SFirstDataBlock), superblock.FirstDataBlock, superblock.BlocksCount);
        bool isSmallWithoutClusters = superblock.LogBlockSize == 0 && superblock.LogClusterSize == 0;
        Refuse(superblock.FirstDataBlock == 0 && isSmallWithoutClusters, CorruptionCode.FirstDataBlockOutOfRange,
            where.At(SuperblockView.SFirstDataBlock), 0, 1);

        int descriptorSize = superblock.Incompatible.HasFlag(IncompatibleFeatures.SixtyFourBit)
            ? superblock.DescriptorSize
            : GroupDescriptorView.SmallSize;
        ulong perBlock = (ulong)(1 << blockBits) / (ulong)descriptorSize;
        ulong groups = (superblock.BlocksCount - superblock.FirstDataBlock + superblock.BlocksPerGroup - 1) / superblock.BlocksPerGroup;
        ulong mostGroups = (1ul << 32) - perBlock;
        Refuse(groups > mostGroups, CorruptionCode.BlocksCountOutOfRange,
            where.At(SuperblockView.SBlocksCountLo), superblock.BlocksCount, mostGroups * superblock.BlocksPerGroup);
        ulong inodes = groups * superblock.InodesPerGroup;
        Refuse(superblock.InodesCount != inodes, CorruptionCode.InodesCountMismatch,
            where.At(SuperblockView.SInodesCount), superblock.InodesCount, inodes);

        ulong descriptorBlocks = (groups + perBlock - 1) / perBlock;
        Refuse(
            superblock.Incompatible.HasFlag(IncompatibleFeatures.MetaBlockGroups) && superblock.FirstMetaBlockGroup > descriptorBlocks,
            CorruptionCode.FirstMetaGroupOutOfRange, where.At(SuperblockView.SFirstMetaBg),
            superblock.FirstMetaBlockGroup, descriptorBlocks);
    }

    private static void CheckNames(SuperblockView superblock, in DiskLocation where)
    {
        Refuse(superblock.DefaultHashVersion > LastHashVersion, CorruptionCode.HashVersionUnknown,
            where.At(SuperblockView.SDefHashVersion), superblock.DefaultHashVersion, LastHashVersion);
        if (superblock.Incompatible.HasFlag(IncompatibleFeatures.CaseFolding))
        {
            Refuse(superblock.Encoding != Utf8Encoding, CorruptionCode.EncodingUnknown,
                where.At(SuperblockView.SEncoding), superblock.Encoding, Utf8Encoding);
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
