using System.Numerics;
using Ext4Core.Layout;

namespace TestSupport;

/// <summary>Where a volume of some shape keeps its metadata: computed here from the format, not taken from the code under test.</summary>
public sealed class ImageLayout
{
    /// <summary>Free clusters of a group are counted in 16 bits on small descriptors; the tools keep below that everywhere.</summary>
    private const uint MostClustersPerGroup = (1 << 16) - 8;

    public ImageLayout(VolumeShape shape)
    {
        Shape = shape;
        BlockBits = BitOperations.Log2((uint)shape.BlockSize);
        bool hasClusters = shape.Has(ReadOnlyCompatibleFeatures.BigAllocation);
        ClusterBits = hasClusters ? shape.ClusterBits : 0;
        FirstDataBlock = shape.BlockSize == 1024 && ClusterBits == 0 ? 1u : 0u;
        BlocksPerGroup = shape.BlocksPerGroup != 0 ? shape.BlocksPerGroup : Math.Min((uint)shape.BlockSize * 8, MostClustersPerGroup) << ClusterBits;
        uint inodesPerBlock = (uint)(shape.BlockSize / shape.InodeSize);
        InodesPerGroup = Math.Max(shape.InodesPerGroup, Math.Max(8, inodesPerBlock));
        TableBlocks = (uint)(((ulong)InodesPerGroup * (uint)shape.InodeSize) >> BlockBits);
        GroupCount = (uint)((shape.Blocks - FirstDataBlock + BlocksPerGroup - 1) / BlocksPerGroup);
        DescriptorSize = shape.Has(IncompatibleFeatures.SixtyFourBit) ? shape.DescriptorSize : GroupDescriptorView.SmallSize;
        DescriptorsPerBlock = (uint)(shape.BlockSize / DescriptorSize);
        DescriptorBlocks = (GroupCount + DescriptorsPerBlock - 1) / DescriptorsPerBlock;
        HasFlexGroups = shape.Has(IncompatibleFeatures.FlexibleBlockGroups);
        GroupsPerFlex = HasFlexGroups ? 1u << shape.LogGroupsPerFlex : 1;
    }

    public VolumeShape Shape { get; }

    public int BlockBits { get; }

    public int ClusterBits { get; }

    public uint FirstDataBlock { get; }

    public uint BlocksPerGroup { get; }

    public uint ClustersPerGroup => BlocksPerGroup >> ClusterBits;

    public uint InodesPerGroup { get; }

    public uint TableBlocks { get; }

    public uint GroupCount { get; }

    public int DescriptorSize { get; }

    public uint DescriptorsPerBlock { get; }

    public uint DescriptorBlocks { get; }

    public bool HasFlexGroups { get; }

    public uint GroupsPerFlex { get; }

    /// <summary>The block that holds the primary superblock.</summary>
    public ulong SuperblockBlock => (ulong)(SuperblockView.VolumeOffset >> BlockBits);

    public ulong FirstBlockOf(uint group) => FirstDataBlock + ((ulong)group * BlocksPerGroup);

    public uint BlocksIn(uint group) => (uint)Math.Min(BlocksPerGroup, Shape.Blocks - FirstBlockOf(group));

    public uint ClustersIn(uint group) => (uint)(((ulong)BlocksIn(group) + (1u << ClusterBits) - 1) >> ClusterBits);

    public bool HasSuperblock(uint group)
    {
        if (group == 0)
        {
            return true;
        }

        if (Shape.Has(CompatibleFeatures.SparseSuper2))
        {
            return group == Shape.BackupGroups.First || group == Shape.BackupGroups.Second;
        }

        return !Shape.Has(ReadOnlyCompatibleFeatures.SparseSuper) || group == 1
            || IsPower(group, 3) || IsPower(group, 5) || IsPower(group, 7);
    }

    /// <summary>Where the copy of one descriptor block lies in the group of the superblock at <paramref name="home"/>, or in its
    /// meta group's <paramref name="copy"/>.</summary>
    public ulong DescriptorBlock(uint index, uint home, uint copy)
    {
        if (!IsMeta(index))
        {
            ulong start = home == 0 ? SuperblockBlock : FirstBlockOf(home);
            return start + 1 + index;
        }

        uint first = index * DescriptorsPerBlock;
        uint group = copy switch { 0 => first, 1 => first + 1, _ => first + DescriptorsPerBlock - 1 };
        return FirstBlockOf(group) + (HasSuperblock(group) ? 1u : 0u);
    }

    /// <summary>Every group that holds a copy of a descriptor block in a meta group, as its index among the copies.</summary>
    public IEnumerable<uint> MetaCopiesOf(uint index)
    {
        uint first = index * DescriptorsPerBlock;
        yield return 0;
        if (first + 1 < GroupCount)
        {
            yield return 1;
        }

        if (first + DescriptorsPerBlock - 1 < GroupCount)
        {
            yield return 2;
        }
    }

    public bool IsMeta(uint index) =>
        Shape.Has(IncompatibleFeatures.MetaBlockGroups) && index >= Shape.FirstMetaBlockGroup;

    /// <summary>Blocks at a group's start that are in use before its bitmaps: boot block, superblock, descriptors.</summary>
    public uint BaseBlocksIn(uint group)
    {
        uint blocks = HasSuperblock(group) ? 1u : 0u;
        if (group == 0 && FirstDataBlock == 0)
        {
            blocks = (uint)SuperblockBlock + 1;
        }

        uint metaGroup = group / DescriptorsPerBlock;
        if (IsMeta(metaGroup))
        {
            uint within = group % DescriptorsPerBlock;
            return blocks + (within == 0 || within == 1 || within == DescriptorsPerBlock - 1 ? 1u : 0u);
        }

        if (!HasSuperblock(group))
        {
            return blocks;
        }

        return blocks + (Shape.Has(IncompatibleFeatures.MetaBlockGroups) ? Shape.FirstMetaBlockGroup : DescriptorBlocks);
    }

    public ulong BlockBitmap(uint group) => PackedStart(group) + Within(group);

    public ulong InodeBitmap(uint group) => PackedStart(group) + Packed(group) + Within(group);

    public ulong InodeTable(uint group) =>
        PackedStart(group) + (2 * Packed(group)) + ((ulong)Within(group) * TableBlocks);

    /// <summary>What is in use in a group before anything is stored: its base and the bitmaps and tables that lie in it.</summary>
    public IEnumerable<(ulong Start, uint Count)> MetadataIn(uint group)
    {
        uint blocks = BaseBlocksIn(group);
        if (blocks > 0)
        {
            yield return (FirstBlockOf(group), blocks);
        }

        if (Within(group) == 0)
        {
            yield return (PackedStart(group), Packed(group) * (2 + TableBlocks));
        }
    }

    /// <summary>Groups whose bitmaps and tables lie together.</summary>
    private uint Packed(uint group) => Math.Min(GroupsPerFlex, GroupCount - FlexStart(group));

    private uint Within(uint group) => group - FlexStart(group);

    private uint FlexStart(uint group) => group / GroupsPerFlex * GroupsPerFlex;

    private ulong PackedStart(uint group)
    {
        uint home = FlexStart(group);
        return FirstBlockOf(home) + BaseBlocksIn(home);
    }

    private static bool IsPower(uint value, uint root)
    {
        while (value % root == 0)
        {
            value /= root;
        }

        return value == 1;
    }
}
