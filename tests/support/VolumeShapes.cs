using Ext4Core.Layout;

namespace TestSupport;

/// <summary>Shapes by name, for tests that hold for all of them.</summary>
public static class VolumeShapes
{
    private static readonly Dictionary<string, VolumeShape> ByName = new(StringComparer.Ordinal)
    {
        ["ext4, 1 KiB blocks"] = VolumeShape.Ext4,
        ["ext4, 2 KiB blocks"] = VolumeShape.Ext4 with { BlockSize = 2048 },
        ["ext4, 4 KiB blocks"] = VolumeShape.Ext4 with { BlockSize = 4096 },
        ["ext4, 16 KiB blocks"] = VolumeShape.Ext4 with { BlockSize = 16384 },
        ["ext4, 64 KiB blocks"] = VolumeShape.Ext4 with { BlockSize = 65536, Blocks = 1024 },
        ["ext4, several groups"] = VolumeShape.Ext4 with { Blocks = 20_000, BlocksPerGroup = 1024 },
        ["ext4, a short last group"] = VolumeShape.Ext4 with { Blocks = 9000 },
        ["ext4, 1 KiB inodes"] = VolumeShape.Ext4 with { InodeSize = 1024 },
        ["ext4, checksum seed"] = VolumeShape.Ext4.With(IncompatibleFeatures.ChecksumSeed),
        ["ext4 without flex_bg"] = Several(VolumeShape.Ext4).Without(IncompatibleFeatures.FlexibleBlockGroups),
        ["ext4 without 64bit"] = VolumeShape.Ext4.Without(IncompatibleFeatures.SixtyFourBit),
        ["ext4 with gdt_csum"] = Several(VolumeShape.Ext4).Without(ReadOnlyCompatibleFeatures.MetadataChecksum)
            .With(ReadOnlyCompatibleFeatures.DescriptorChecksum),
        ["ext4, large descriptors"] = VolumeShape.Ext4 with { DescriptorSize = 128 },
        ["ext4, meta_bg from the start"] = Many(VolumeShape.Ext4).With(IncompatibleFeatures.MetaBlockGroups),
        ["ext4, meta_bg from the second block on"] =
            (Many(VolumeShape.Ext4) with { FirstMetaBlockGroup = 1 }).With(IncompatibleFeatures.MetaBlockGroups),
        ["ext4, sparse_super2"] =
            (Several(VolumeShape.Ext4) with { BackupGroups = (1, 18) }).With(CompatibleFeatures.SparseSuper2),
        ["bigalloc, 64 KiB clusters"] = VolumeShape.BigAllocation,
        ["bigalloc, 2 KiB clusters of 1 KiB blocks"] =
            VolumeShape.BigAllocation with { BlockSize = 1024, ClusterBits = 1, Blocks = 8192 },
        ["ext2"] = VolumeShape.Ext2,
        ["ext2, 4 KiB blocks, a superblock in every group"] =
            (Several(VolumeShape.Ext2) with { BlockSize = 4096 }).Without(ReadOnlyCompatibleFeatures.SparseSuper),
        ["revision 0"] = VolumeShape.Revision0,
    };

    /// <summary>The names, as a theory wants them.</summary>
    public static IEnumerable<object[]> Names => ByName.Keys.Select(name => new object[] { name });

    /// <summary>One shape.</summary>
    public static VolumeShape Named(string name) => ByName[name];

    /// <summary>Every shape.</summary>
    public static IReadOnlyCollection<VolumeShape> All => ByName.Values;

    private static VolumeShape Several(VolumeShape shape) => shape with { Blocks = 20_000, BlocksPerGroup = 1024 };

    private static VolumeShape Many(VolumeShape shape) => shape with { Blocks = 20_000, BlocksPerGroup = 512, InodesPerGroup = 16 };
}
