using Ext4Core.Layout;

namespace TestSupport;

/// <summary>What kind of volume <see cref="ImageBuilder"/> makes.</summary>
public sealed record VolumeShape
{
    private const CompatibleFeatures Ext4Compatible = CompatibleFeatures.ExtendedAttributes | CompatibleFeatures.DirectoryIndex;

    private const IncompatibleFeatures Ext4Incompatible = IncompatibleFeatures.FileType | IncompatibleFeatures.Extents
        | IncompatibleFeatures.SixtyFourBit | IncompatibleFeatures.FlexibleBlockGroups;

    private const ReadOnlyCompatibleFeatures Ext4ReadOnlyCompatible = ReadOnlyCompatibleFeatures.SparseSuper
        | ReadOnlyCompatibleFeatures.LargeFiles | ReadOnlyCompatibleFeatures.HugeFiles
        | ReadOnlyCompatibleFeatures.DirectoryLinkCount | ReadOnlyCompatibleFeatures.ExtraInodeSize
        | ReadOnlyCompatibleFeatures.MetadataChecksum;

    /// <summary>What mke2fs -t ext4 makes today, without journal and room for growth.</summary>
    public static VolumeShape Ext4 { get; } = new();

    /// <summary>What mke2fs -t ext2 makes: block pointers, no checksums.</summary>
    public static VolumeShape Ext2 { get; } = new()
    {
        InodeSize = 128,
        Incompatible = IncompatibleFeatures.FileType,
        ReadOnlyCompatible = ReadOnlyCompatibleFeatures.SparseSuper | ReadOnlyCompatibleFeatures.LargeFiles,
    };

    /// <summary>The first ext2: no feature words at all.</summary>
    public static VolumeShape Revision0 { get; } = new()
    {
        Revision = 0,
        InodeSize = 128,
        Compatible = default,
        Incompatible = default,
        ReadOnlyCompatible = default,
    };

    /// <summary>Blocks that share one bit of a bitmap: 64 KiB clusters of 4 KiB blocks.</summary>
    public static VolumeShape BigAllocation { get; } = new()
    {
        BlockSize = 4096,
        ClusterBits = 4,
        Blocks = 1 << 16,
        ReadOnlyCompatible = Ext4ReadOnlyCompatible | ReadOnlyCompatibleFeatures.BigAllocation,
    };

    public int BlockSize { get; init; } = 1024;

    public int InodeSize { get; init; } = 256;

    /// <summary>Logarithm of the blocks in a cluster; counts with bigalloc only.</summary>
    public int ClusterBits { get; init; }

    /// <summary>Blocks on the volume.</summary>
    public ulong Blocks { get; init; } = 4096;

    /// <summary>Blocks in a group; 0 for as many as one bitmap block tells.</summary>
    public uint BlocksPerGroup { get; init; }

    /// <summary>Inodes in a group, at least; they fill whole blocks.</summary>
    public uint InodesPerGroup { get; init; } = 64;

    public uint Revision { get; init; } = 1;

    public CompatibleFeatures Compatible { get; init; } = Ext4Compatible;

    public IncompatibleFeatures Incompatible { get; init; } = Ext4Incompatible;

    public ReadOnlyCompatibleFeatures ReadOnlyCompatible { get; init; } = Ext4ReadOnlyCompatible;

    /// <summary>Bytes in a descriptor; counts with 64bit only.</summary>
    public ushort DescriptorSize { get; init; } = 64;

    public byte LogGroupsPerFlex { get; init; } = 4;

    public uint FirstMetaBlockGroup { get; init; }

    public (uint First, uint Second) BackupGroups { get; init; }

    /// <summary>Used with metadata_csum_seed.</summary>
    public uint ChecksumSeed { get; init; } = 0x5EED_5EED;

    public uint CreatorOs { get; init; }

    /// <summary>Leave the backups of superblock and descriptors out, where their bytes would only cost memory.</summary>
    public bool OmitsBackups { get; init; }

    public VolumeShape With(IncompatibleFeatures features) => this with { Incompatible = Incompatible | features };

    public VolumeShape With(CompatibleFeatures features) => this with { Compatible = Compatible | features };

    public VolumeShape With(ReadOnlyCompatibleFeatures features) =>
        this with { ReadOnlyCompatible = ReadOnlyCompatible | features };

    public VolumeShape Without(IncompatibleFeatures features) => this with { Incompatible = Incompatible & ~features };

    public VolumeShape Without(ReadOnlyCompatibleFeatures features) =>
        this with { ReadOnlyCompatible = ReadOnlyCompatible & ~features };

    internal bool Has(CompatibleFeatures feature) => Compatible.HasFlag(feature);

    internal bool Has(IncompatibleFeatures feature) => Incompatible.HasFlag(feature);

    internal bool Has(ReadOnlyCompatibleFeatures feature) => ReadOnlyCompatible.HasFlag(feature);
}
