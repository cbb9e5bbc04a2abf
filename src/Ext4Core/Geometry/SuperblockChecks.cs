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

    /// <summary>Throws at the first number that cannot be; gives back the superblock when its numbers hold together.</summary>
    /// <exception cref="UnsupportedFeatureException">The volume has a feature that is not spoken here.</exception>
    public static SuperblockView Check(SuperblockView superblock, long deviceLength, in DiskLocation where)
    {
        if (!TryCheck(superblock, deviceLength, where, out Damage damage, out UnsupportedFeatureException? unspoken))
        {
            damage.ThrowIfAny();
            throw unspoken!;
        }

        return superblock;
    }

    /// <summary>The same without a throw.</summary>
    /// <returns>False for a superblock that is damaged (<paramref name="damage"/> says how) or has a feature that is not spoken here
    /// (<paramref name="unspoken"/> says which).</returns>
    public static bool TryCheck(
        SuperblockView superblock, long deviceLength, in DiskLocation where, out Damage damage, out UnsupportedFeatureException? unspoken)
    {
        unspoken = null;
        if (IsWrong(superblock.Magic != SuperblockView.ExpectedMagic, CorruptionCode.SuperblockMagic,
            where.At(SuperblockView.SMagic), superblock.Magic, SuperblockView.ExpectedMagic, out damage))
        {
            return false;
        }

        unspoken = FindUnspokenFeature(superblock);
        return unspoken is null
            && !IsChecksumWrong(superblock, where, out damage)
            && !AreSizesWrong(superblock, where, out damage)
            && !AreGroupsWrong(superblock, where, out damage)
            && !AreCountsWrong(superblock, deviceLength, where, out damage)
            && !AreNamesWrong(superblock, where, out damage);
    }

    /// <summary>Feature bits that no reader knows: reading is fine, writing never is.</summary>
    public static ReadOnlyCompatibleFeatures UnknownReadOnlyCompatible(ReadOnlyCompatibleFeatures features) =>
        features & ~SpokenReadOnlyCompatible;

    /// <summary>Groups that the blocks of a superblock fill that <see cref="Check"/> let pass.</summary>
    public static uint GroupCountOf(SuperblockView superblock) =>
        (uint)((superblock.BlocksCount - superblock.FirstDataBlock - 1) / superblock.BlocksPerGroup) + 1;

    private static UnsupportedFeatureException? FindUnspokenFeature(SuperblockView superblock)
    {
        IncompatibleFeatures unknown = superblock.Incompatible & ~SpokenIncompatible;
        return superblock.Incompatible.HasFlag(IncompatibleFeatures.JournalDevice)
            ? new UnsupportedFeatureException("journal_dev", "this is an external journal, not a volume to mount")
            : unknown != default
            ? new UnsupportedFeatureException(NameOf(unknown), "no reader of this volume can do without it; nothing was read beyond the superblock")
            : null;
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

    private static bool IsChecksumWrong(SuperblockView superblock, in DiskLocation where, out Damage damage)
    {
        damage = default;
        if (!superblock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum))
        {
            return false;
        }

        if (IsWrong(superblock.ChecksumType != Crc32CType, CorruptionCode.ChecksumTypeUnknown,
            where.At(SuperblockView.SChecksumType), superblock.ChecksumType, Crc32CType, out damage))
        {
            return true;
        }

        uint due = superblock.ComputeChecksum();
        return IsWrong(superblock.Checksum != due, CorruptionCode.SuperblockChecksum,
            where.At(SuperblockView.SChecksum), superblock.Checksum, due, out damage);
    }

    private static bool AreSizesWrong(SuperblockView superblock, in DiskLocation where, out Damage damage)
    {
        if (IsWrong(superblock.LogBlockSize > MaximumLogBlockSize, CorruptionCode.BlockSizeOutOfRange,
            where.At(SuperblockView.SLogBlockSize), superblock.LogBlockSize, MaximumLogBlockSize, out damage))
        {
            return true;
        }

        int blockSize = 1024 << (int)superblock.LogBlockSize;
        int size = superblock.Incompatible.HasFlag(IncompatibleFeatures.SixtyFourBit) ? superblock.DescriptorSize : GroupDescriptorView.LargeSize;
        return IsWrong(
                superblock.InodeSize < 128 || superblock.InodeSize > blockSize || !BitOperations.IsPow2(superblock.InodeSize),
                CorruptionCode.InodeSizeOutOfRange, where.At(SuperblockView.SInodeSize), superblock.InodeSize, (ulong)blockSize, out damage)
            || IsWrong(
                superblock.FirstInode < MinimumFirstInode, CorruptionCode.FirstInodeOutOfRange,
                where.At(SuperblockView.SFirstIno), superblock.FirstInode, MinimumFirstInode, out damage)
            || IsWrong(
                size < GroupDescriptorView.LargeSize || size > 1024 || !BitOperations.IsPow2(size),
                CorruptionCode.DescriptorSizeOutOfRange, where.At(SuperblockView.SDescSize), (ulong)size, 1024, out damage)
            || IsWrong(
                superblock.ReservedDescriptorBlocks > blockSize / 4, CorruptionCode.SpareDescriptorBlocksOutOfRange,
                where.At(SuperblockView.SReservedGdtBlocks), superblock.ReservedDescriptorBlocks, (ulong)(blockSize / 4), out damage);
    }

    private static bool AreGroupsWrong(SuperblockView superblock, in DiskLocation where, out Damage damage)
    {
        ulong bitsPerBlock = 8ul * (1024ul << (int)superblock.LogBlockSize);
        ulong blocks = superblock.BlocksPerGroup;
        ulong clusters = superblock.ClustersPerGroup;
        bool hasClusters = superblock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.BigAllocation);
        bool isWrong = hasClusters
            ? IsWrong(
                superblock.LogClusterSize < superblock.LogBlockSize || superblock.LogClusterSize > MaximumLogClusterSize,
                CorruptionCode.ClusterSizeOutOfRange, where.At(SuperblockView.SLogClusterSize),
                superblock.LogClusterSize, MaximumLogClusterSize, out damage)
            || IsWrong(
                clusters == 0 || clusters > bitsPerBlock, CorruptionCode.BlocksPerGroupOutOfRange,
                where.At(SuperblockView.SClustersPerGroup), clusters, bitsPerBlock, out damage)
            : IsWrong(
                superblock.LogClusterSize != superblock.LogBlockSize, CorruptionCode.ClusterSizeOutOfRange,
                where.At(SuperblockView.SLogClusterSize), superblock.LogClusterSize, superblock.LogBlockSize, out damage)
            || IsWrong(
                blocks == 0 || blocks > bitsPerBlock, CorruptionCode.BlocksPerGroupOutOfRange,
                where.At(SuperblockView.SBlocksPerGroup), blocks, bitsPerBlock, out damage);
        if (isWrong)
        {
            return true;
        }

        int ratioBits = (int)(superblock.LogClusterSize - superblock.LogBlockSize);
        ulong inodesPerBlock = (1024ul << (int)superblock.LogBlockSize) / superblock.InodeSize;
        return IsWrong(
                blocks != clusters << ratioBits, CorruptionCode.ClustersPerGroupMismatch,
                where.At(SuperblockView.SBlocksPerGroup), blocks, clusters << ratioBits, out damage)
            || IsWrong(
                superblock.InodesPerGroup < inodesPerBlock || superblock.InodesPerGroup > bitsPerBlock,
                CorruptionCode.InodesPerGroupOutOfRange, where.At(SuperblockView.SInodesPerGroup),
                superblock.InodesPerGroup, bitsPerBlock, out damage);
    }

    private static bool AreCountsWrong(SuperblockView superblock, long deviceLength, in DiskLocation where, out Damage damage)
    {
        int blockBits = 10 + (int)superblock.LogBlockSize;
        ulong deviceBlocks = (ulong)deviceLength >> blockBits;
        bool isSmallWithoutClusters = superblock.LogBlockSize == 0 && superblock.LogClusterSize == 0;
        if (IsWrong(
                superblock.BlocksCount > deviceBlocks, CorruptionCode.BlocksCountOutOfRange,
                where.At(SuperblockView.SBlocksCountLo), superblock.BlocksCount, deviceBlocks, out damage)
            || IsWrong(
                superblock.FirstDataBlock >= superblock.BlocksCount, CorruptionCode.FirstDataBlockOutOfRange,
                where.At(SuperblockView.SFirstDataBlock), superblock.FirstDataBlock, superblock.BlocksCount, out damage)
            || IsWrong(
                superblock.FirstDataBlock == 0 && isSmallWithoutClusters, CorruptionCode.FirstDataBlockOutOfRange,
                where.At(SuperblockView.SFirstDataBlock), 0, 1, out damage))
        {
            return true;
        }

        int descriptorSize = superblock.Incompatible.HasFlag(IncompatibleFeatures.SixtyFourBit)
            ? superblock.DescriptorSize
            : GroupDescriptorView.SmallSize;
        ulong perBlock = (ulong)(1 << blockBits) / (ulong)descriptorSize;
        ulong groups = (superblock.BlocksCount - superblock.FirstDataBlock + superblock.BlocksPerGroup - 1) / superblock.BlocksPerGroup;
        ulong mostGroups = (1ul << 32) - perBlock;
        if (IsWrong(
            groups > mostGroups, CorruptionCode.BlocksCountOutOfRange,
            where.At(SuperblockView.SBlocksCountLo), superblock.BlocksCount, mostGroups * superblock.BlocksPerGroup, out damage))
        {
            return true;
        }

        ulong inodes = groups * superblock.InodesPerGroup;
        ulong descriptorBlocks = (groups + perBlock - 1) / perBlock;
        return IsWrong(
                superblock.InodesCount != inodes, CorruptionCode.InodesCountMismatch,
                where.At(SuperblockView.SInodesCount), superblock.InodesCount, inodes, out damage)
            || IsWrong(
                superblock.Incompatible.HasFlag(IncompatibleFeatures.MetaBlockGroups) && superblock.FirstMetaBlockGroup > descriptorBlocks,
                CorruptionCode.FirstMetaGroupOutOfRange, where.At(SuperblockView.SFirstMetaBg),
                superblock.FirstMetaBlockGroup, descriptorBlocks, out damage);
    }

    private static bool AreNamesWrong(SuperblockView superblock, in DiskLocation where, out Damage damage) =>
        IsWrong(
            superblock.DefaultHashVersion > LastHashVersion, CorruptionCode.HashVersionUnknown,
            where.At(SuperblockView.SDefHashVersion), superblock.DefaultHashVersion, LastHashVersion, out damage)
        || IsWrong(
            superblock.Incompatible.HasFlag(IncompatibleFeatures.CaseFolding) && superblock.Encoding != Utf8Encoding,
            CorruptionCode.EncodingUnknown, where.At(SuperblockView.SEncoding), superblock.Encoding, Utf8Encoding, out damage);

    private static bool IsWrong(bool isWrong, CorruptionCode code, in DiskLocation where, ulong found, ulong expected, out Damage damage)
    {
        damage = isWrong ? new(code, where, found, expected) : default;
        return isWrong;
    }
}
