using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Geometry;

/// <summary>The volume's proven dimensions, and the place where claims are admitted.</summary>
/// <remarks>Built once, at mount, from a superblock whose every number was checked against the others and against the
/// device. Source of the checks: what the Linux 6.18 driver refuses to mount.</remarks>
public sealed class VolumeGeometry
{
    private readonly uint[] _hashSeed = new uint[4];
    private readonly uint[] _backupGroups = new uint[2];
    private readonly ulong _superblockBlock;
    private readonly byte[] _uuid;
    private readonly byte[] _label;

    /// <param name="superblock">The copy that the volume is mounted by.</param>
    /// <param name="offset">Where that copy lies: its descriptors follow it.</param>
    /// <param name="deviceLength">Bytes on the device.</param>
    /// <param name="where">The copy's location, for reports.</param>
    internal VolumeGeometry(SuperblockView superblock, DeviceOffset offset, long deviceLength, in DiskLocation where)
        : this(SuperblockChecks.Check(superblock, deviceLength, where), offset)
    {
    }

    private VolumeGeometry(SuperblockView superblock, DeviceOffset offset)
    {
        _superblockBlock = (ulong)offset.Value >> (10 + (int)superblock.LogBlockSize);
        Compatible = superblock.Compatible;
        Incompatible = superblock.Incompatible;
        ReadOnlyCompatible = superblock.ReadOnlyCompatible;
        BlockBits = 10 + (int)superblock.LogBlockSize;
        BlockSize = 1 << BlockBits;
        ClusterBits = Has(ReadOnlyCompatibleFeatures.BigAllocation)
            ? (int)superblock.LogClusterSize - (int)superblock.LogBlockSize
            : 0;
        BlocksCount = superblock.BlocksCount;
        FirstDataBlock = superblock.FirstDataBlock;
        BlocksPerGroup = superblock.BlocksPerGroup;
        ClustersPerGroup = BlocksPerGroup >> ClusterBits;
        InodesPerGroup = superblock.InodesPerGroup;
        InodesCount = superblock.InodesCount;
        InodeSize = superblock.InodeSize;
        FirstInode = superblock.FirstInode;
        GroupCount = SuperblockChecks.GroupCountOf(superblock);
        DescriptorSize = Has(IncompatibleFeatures.SixtyFourBit) ? superblock.DescriptorSize : GroupDescriptorView.SmallSize;
        ReservedDescriptorBlocks = superblock.ReservedDescriptorBlocks;
        FirstMetaBlockGroup = superblock.FirstMetaBlockGroup;
        FlexGroupBits = FlexGroupBitsOf(superblock);
        HasMetadataChecksum = Has(ReadOnlyCompatibleFeatures.MetadataChecksum);
        HasDescriptorCrc16 = !HasMetadataChecksum && Has(ReadOnlyCompatibleFeatures.DescriptorChecksum);
        HasInodeChecksum = HasMetadataChecksum && superblock.CreatorOs == 0;
        _uuid = superblock.Uuid.ToArray();
        _label = superblock.VolumeName.ToArray();
        ChecksumSeed = Has(IncompatibleFeatures.ChecksumSeed)
            ? superblock.ChecksumSeed
            : Crc32C.Append(Crc32C.Initial, _uuid);
        DefaultHashVersion = superblock.DefaultHashVersion;
        HashesUnsigned = superblock.Flags.HasFlag(VolumeFlags.UnsignedHash) || !superblock.Flags.HasFlag(VolumeFlags.SignedHash);
        EncodingIsStrict = (superblock.EncodingFlags & 1) != 0;
        EncodingHasNoFallback = (superblock.EncodingFlags & 2) != 0;
        for (int index = 0; index < _hashSeed.Length; index++)
        {
            _hashSeed[index] = superblock.HashSeed(index);
        }

        for (int index = 0; index < _backupGroups.Length; index++)
        {
            _backupGroups[index] = superblock.BackupGroup(index);
        }
    }

    /// <summary>The same as the constructor without a throw: nothing comes of a superblock that <see cref="SuperblockChecks"/> refuses.</summary>
    internal static VolumeGeometry? TryCreate(
        SuperblockView superblock, DeviceOffset offset, long deviceLength, in DiskLocation where,
        out Damage damage, out UnsupportedFeatureException? unspoken) =>
        SuperblockChecks.TryCheck(superblock, deviceLength, where, out damage, out unspoken) ? new(superblock, offset) : null;

    /// <summary><c>s_feature_compat</c>.</summary>
    public CompatibleFeatures Compatible { get; }

    /// <summary><c>s_feature_incompat</c>.</summary>
    public IncompatibleFeatures Incompatible { get; }

    /// <summary><c>s_feature_ro_compat</c>.</summary>
    public ReadOnlyCompatibleFeatures ReadOnlyCompatible { get; }

    /// <summary>Logarithm of the block size.</summary>
    public int BlockBits { get; }

    /// <summary>Bytes in a block: 1 KiB to 64 KiB.</summary>
    public int BlockSize { get; }

    /// <summary>Logarithm of the blocks in a cluster; 0 without bigalloc.</summary>
    public int ClusterBits { get; }

    /// <summary>Blocks on the volume.</summary>
    public ulong BlocksCount { get; }

    /// <summary>The block that group 0 starts in: 1 with 1 KiB blocks, else 0.</summary>
    public uint FirstDataBlock { get; }

    /// <summary>Blocks in each group but perhaps the last.</summary>
    public uint BlocksPerGroup { get; }

    /// <summary>Clusters in each group but perhaps the last.</summary>
    public uint ClustersPerGroup { get; }

    /// <summary>Inodes in each group.</summary>
    public uint InodesPerGroup { get; }

    /// <summary>Inodes on the volume.</summary>
    public uint InodesCount { get; }

    /// <summary>Bytes in an inode, 128 to the block size.</summary>
    public int InodeSize { get; }

    /// <summary>First inode that is not reserved.</summary>
    public uint FirstInode { get; }

    /// <summary>Block groups on the volume.</summary>
    public uint GroupCount { get; }

    /// <summary>Bytes in a group descriptor: 32, or 64 and more.</summary>
    public int DescriptorSize { get; }

    /// <summary>Descriptor blocks kept free for growth, per superblock copy.</summary>
    public int ReservedDescriptorBlocks { get; }

    /// <summary>First descriptor block that lies in its own meta group.</summary>
    public uint FirstMetaBlockGroup { get; }

    /// <summary>Logarithm of the groups in a flexible group; 0 without flex_bg.</summary>
    public int FlexGroupBits { get; }

    /// <summary>metadata_csum is on: everything carries crc32c.</summary>
    public bool HasMetadataChecksum { get; }

    /// <summary>gdt_csum is on: descriptors carry crc16.</summary>
    public bool HasDescriptorCrc16 { get; }

    /// <summary>Inodes carry crc32c: metadata_csum, on a volume that Linux made.</summary>
    public bool HasInodeChecksum { get; }

    /// <summary>Seed of every crc32c on the volume.</summary>
    public uint ChecksumSeed { get; }

    /// <summary>Hash of directories whose root does not say otherwise.</summary>
    public byte DefaultHashVersion { get; }

    /// <summary>Directory hashes treat bytes as unsigned; as in Linux 6.18 also where the volume does not say.</summary>
    public bool HashesUnsigned { get; }

    /// <summary>Casefolded directories refuse names that are not valid UTF-8.</summary>
    public bool EncodingIsStrict { get; }

    /// <summary>A casefolded name that its htree does not find is not searched for linearly.</summary>
    public bool EncodingHasNoFallback { get; }

    /// <summary>The volume's identity: 16 bytes.</summary>
    public ReadOnlySpan<byte> Uuid => _uuid;

    /// <summary>The volume's label: up to 16 bytes.</summary>
    public ReadOnlySpan<byte> Label => _label;

    /// <summary>The four words that seed directory hashes.</summary>
    public ReadOnlySpan<uint> HashSeed => _hashSeed;

    /// <summary>Blocks in each group's inode table.</summary>
    public uint InodeTableBlocks => (uint)((((ulong)InodesPerGroup * (ulong)InodeSize) + (ulong)BlockSize - 1) >> BlockBits);

    /// <summary>Inodes in a block of a table.</summary>
    public uint InodesPerBlock => (uint)(BlockSize / InodeSize);

    /// <summary>Descriptors in a block.</summary>
    public uint DescriptorsPerBlock => (uint)(BlockSize / DescriptorSize);

    /// <summary>Blocks of descriptors in all.</summary>
    public uint DescriptorBlockCount => (GroupCount + DescriptorsPerBlock - 1) / DescriptorsPerBlock;

    /// <summary>Whether the volume has a feature.</summary>
    public bool Has(CompatibleFeatures feature) => (Compatible & feature) == feature;

    /// <summary>Whether the volume has a feature.</summary>
    public bool Has(IncompatibleFeatures feature) => (Incompatible & feature) == feature;

    /// <summary>Whether the volume has a feature.</summary>
    public bool Has(ReadOnlyCompatibleFeatures feature) => (ReadOnlyCompatible & feature) == feature;

    /// <summary>Admits a group index.</summary>
    internal GroupNumber Group(uint index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, GroupCount);
        return new(index);
    }

    /// <summary>The group that an inode lives in.</summary>
    internal GroupNumber GroupOf(InodeNumber inode) => new((inode.Value - 1) / InodesPerGroup);

    /// <summary>The group that a block lies in; blocks before the first group count to it.</summary>
    internal GroupNumber GroupOf(BlockNumber block) =>
        new(block.Value < FirstDataBlock ? 0 : (uint)((block.Value - FirstDataBlock) / BlocksPerGroup));

    /// <summary>The first block of a group.</summary>
    internal BlockNumber FirstBlockOf(GroupNumber group) => new(FirstDataBlock + ((ulong)group.Value * BlocksPerGroup));

    /// <summary>Blocks in a group: fewer in the last.</summary>
    internal uint BlocksIn(GroupNumber group) =>
        (uint)Math.Min(BlocksPerGroup, BlocksCount - FirstBlockOf(group).Value);

    /// <summary>Where a block starts on the device.</summary>
    internal DeviceOffset OffsetOf(BlockNumber block) => new((long)(block.Value << BlockBits));

    /// <summary>Whether a group holds a superblock copy: all, the powers of 3, 5 and 7, or the two that are named.</summary>
    internal bool HasSuperblock(GroupNumber group)
    {
        uint index = group.Value;
        if (index == 0)
        {
            return true;
        }

        if (Has(CompatibleFeatures.SparseSuper2))
        {
            return index == _backupGroups[0] || index == _backupGroups[1];
        }

        return index == 1
            || !Has(ReadOnlyCompatibleFeatures.SparseSuper)
            || IsPowerOf(3, index) || IsPowerOf(5, index) || IsPowerOf(7, index);
    }

    /// <summary>Descriptor blocks that lie in a group, without the reserved ones.</summary>
    internal uint DescriptorBlocksIn(GroupNumber group)
    {
        uint metaGroup = group.Value / DescriptorsPerBlock;
        if (!Has(IncompatibleFeatures.MetaBlockGroups) || metaGroup < FirstMetaBlockGroup)
        {
            if (!HasSuperblock(group))
            {
                return 0;
            }

            return Has(IncompatibleFeatures.MetaBlockGroups) ? FirstMetaBlockGroup : DescriptorBlockCount;
        }

        uint within = group.Value % DescriptorsPerBlock;
        return within == 0 || within == 1 || within == DescriptorsPerBlock - 1 ? 1u : 0u;
    }

    /// <summary>Blocks at a group's start that hold a superblock copy, descriptors and room for more of them.</summary>
    internal uint BaseMetadataBlocksIn(GroupNumber group)
    {
        uint metaGroup = group.Value / DescriptorsPerBlock;
        uint blocks = (HasSuperblock(group) ? 1u : 0u) + DescriptorBlocksIn(group);
        bool isBeforeMetaGroups = !Has(IncompatibleFeatures.MetaBlockGroups) || metaGroup < FirstMetaBlockGroup;
        if (isBeforeMetaGroups && HasSuperblock(group))
        {
            blocks += (uint)ReservedDescriptorBlocks;
        }

        return Math.Min(blocks, BlocksIn(group));
    }

    /// <summary>Where a descriptor block lies: behind the superblock that the volume is mounted by, or in its meta group.</summary>
    internal BlockNumber DescriptorBlock(uint index, in DiskLocation where)
    {
        ulong block;
        if (!Has(IncompatibleFeatures.MetaBlockGroups) || index < FirstMetaBlockGroup)
        {
            block = _superblockBlock + 1 + index;
        }
        else
        {
            GroupNumber group = Group(index * DescriptorsPerBlock);
            ulong skip = HasSuperblock(group) ? 1u : 0u;
            if (BlockSize == 1024 && index == 0 && FirstDataBlock == 0)
            {
                skip++;
            }

            block = FirstBlockOf(group).Value + skip;
        }

        return AdmitMetadata(new(block), 1, where).First;
    }

    /// <summary>Admits an inode number that a structure refers to: any but 0 and those beyond the last.</summary>
    internal InodeNumber AdmitInode(ClaimedInode claim, in DiskLocation where)
    {
        if (claim.Value == 0 || claim.Value > InodesCount)
        {
            Corrupt.Throw(CorruptionCode.InodeOutOfRange, where, claim.Value, InodesCount);
        }

        return new((uint)claim.Value);
    }

    /// <summary>Admits a run of blocks that holds the volume's own metadata: anywhere on the volume but before it.</summary>
    internal BlockRange AdmitMetadata(ClaimedBlock start, uint count, in DiskLocation where)
    {
        if (count == 0 || start.Value < FirstDataBlock || start.Value >= BlocksCount || count > BlocksCount - start.Value)
        {
            Corrupt.Throw(CorruptionCode.BlockOutOfRange, where, start.Value, BlocksCount);
        }

        return new(new BlockNumber(start.Value), count);
    }

    private static bool IsPowerOf(uint root, uint value)
    {
        ulong power = root;
        while (power < value)
        {
            power *= root;
        }

        return power == value;
    }

    private static int FlexGroupBitsOf(SuperblockView superblock) =>
        superblock.Incompatible.HasFlag(IncompatibleFeatures.FlexibleBlockGroups) && superblock.LogGroupsPerFlex is >= 1 and <= 31
            ? superblock.LogGroupsPerFlex
            : 0;
}
