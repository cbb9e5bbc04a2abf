using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>What a superblock says of its volume: claims, held against nothing, so that a damaged volume can be described too.</summary>
public sealed record VolumeInformation
{
    private VolumeInformation(SuperblockView view)
    {
        Label = view.VolumeName.ToArray();
        LastMountedOn = view.LastMounted.ToArray();
        Uuid = view.Uuid.ToArray();
        JournalUuid = view.JournalUuid.ToArray();
        Revision = view.Revision;
        State = view.State;
        Compatible = view.Compatible;
        Incompatible = view.Incompatible;
        ReadOnlyCompatible = view.ReadOnlyCompatible;
        BlockSizeBits = 10ul + view.LogBlockSize;
        ClusterSizeBits = 10ul + view.LogClusterSize;
        BlocksCount = view.BlocksCount;
        ReservedBlocksCount = view.ReservedBlocksCount;
        FreeBlocksCount = view.FreeBlocksCount;
        InodesCount = view.InodesCount;
        FreeInodesCount = view.FreeInodesCount;
        InodeSize = view.InodeSize;
        FirstInode = view.FirstInode;
        FirstDataBlock = view.FirstDataBlock;
        BlocksPerGroup = view.BlocksPerGroup;
        ClustersPerGroup = view.ClustersPerGroup;
        InodesPerGroup = view.InodesPerGroup;
        DescriptorSize = view.Incompatible.HasFlag(IncompatibleFeatures.SixtyFourBit)
            ? view.DescriptorSize
            : GroupDescriptorView.SmallSize;
        LogGroupsPerFlex = view.LogGroupsPerFlex;
        JournalInode = view.JournalInode.Value;
        LastOrphan = view.LastOrphan.Value;
        OrphanFileInode = view.OrphanFileInode.Value;
        MultipleMountBlock = view.MultipleMountBlock.Value;
        MultipleMountIntervalSeconds = view.MultipleMountInterval;
        DefaultHashVersion = view.DefaultHashVersion;
        CreationTime = view.CreationTime;
        MountTime = view.MountTime;
        WriteTime = view.WriteTime;
        LastCheckTime = view.LastCheckTime;
        MountCount = view.MountCount;
        MaximumMountCount = view.MaximumMountCount;
        KilobytesWritten = view.KilobytesWritten;
        ErrorCount = view.ErrorCount;
        FirstErrorTime = view.FirstErrorTime;
        FirstErrorFunction = view.FirstErrorFunction.ToArray();
        FirstErrorInode = view.FirstErrorInode;
        FirstErrorBlock = view.FirstErrorBlock;
        LastErrorTime = view.LastErrorTime;
        IsChecksumRight = !view.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum)
            || view.Checksum == view.ComputeChecksum();
    }

    /// <summary>The label: up to 16 bytes, not necessarily text.</summary>
    public ReadOnlyMemory<byte> Label { get; }

    /// <summary>Where it was mounted last: up to 64 bytes, not necessarily text.</summary>
    public ReadOnlyMemory<byte> LastMountedOn { get; }

    /// <summary>The volume's identity: 16 bytes.</summary>
    public ReadOnlyMemory<byte> Uuid { get; }

    /// <summary>An external journal's identity: 16 bytes, zeros for none.</summary>
    public ReadOnlyMemory<byte> JournalUuid { get; }

    /// <summary><c>s_rev_level</c>.</summary>
    public uint Revision { get; }

    /// <summary><c>s_state</c>.</summary>
    public VolumeStates State { get; }

    /// <summary><c>s_feature_compat</c>.</summary>
    public CompatibleFeatures Compatible { get; }

    /// <summary><c>s_feature_incompat</c>.</summary>
    public IncompatibleFeatures Incompatible { get; }

    /// <summary><c>s_feature_ro_compat</c>.</summary>
    public ReadOnlyCompatibleFeatures ReadOnlyCompatible { get; }

    /// <summary>Logarithm of the block size, as claimed.</summary>
    public ulong BlockSizeBits { get; }

    /// <summary>Logarithm of the cluster size, as claimed.</summary>
    public ulong ClusterSizeBits { get; }

    /// <summary>Blocks on the volume.</summary>
    public ulong BlocksCount { get; }

    /// <summary>Blocks kept for privileged users.</summary>
    public ulong ReservedBlocksCount { get; }

    /// <summary>Free blocks.</summary>
    public ulong FreeBlocksCount { get; }

    /// <summary>Inodes on the volume.</summary>
    public uint InodesCount { get; }

    /// <summary>Free inodes.</summary>
    public uint FreeInodesCount { get; }

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize { get; }

    /// <summary>The first inode that is not reserved.</summary>
    public uint FirstInode { get; }

    /// <summary>The block that group 0 starts in.</summary>
    public uint FirstDataBlock { get; }

    /// <summary>Blocks of a group.</summary>
    public uint BlocksPerGroup { get; }

    /// <summary>Clusters of a group.</summary>
    public uint ClustersPerGroup { get; }

    /// <summary>Inodes of a group.</summary>
    public uint InodesPerGroup { get; }

    /// <summary>Bytes of a group descriptor.</summary>
    public int DescriptorSize { get; }

    /// <summary>Logarithm of the groups in a flexible group.</summary>
    public int LogGroupsPerFlex { get; }

    /// <summary>The journal's inode; 0 for none.</summary>
    public ulong JournalInode { get; }

    /// <summary>The first inode on the list of orphans; 0 for none.</summary>
    public ulong LastOrphan { get; }

    /// <summary>The orphan file; 0 for none.</summary>
    public ulong OrphanFileInode { get; }

    /// <summary>The block of multiple-mount protection; 0 for none.</summary>
    public ulong MultipleMountBlock { get; }

    /// <summary>How often a mount marks that block.</summary>
    public int MultipleMountIntervalSeconds { get; }

    /// <summary>Hash of directories.</summary>
    public byte DefaultHashVersion { get; }

    /// <summary>When it was made. Unit: seconds since 1970, as of every time here.</summary>
    public long CreationTime { get; }

    /// <summary>Last mount.</summary>
    public long MountTime { get; }

    /// <summary>Last write.</summary>
    public long WriteTime { get; }

    /// <summary>Last check.</summary>
    public long LastCheckTime { get; }

    /// <summary>Mounts since the last check.</summary>
    public int MountCount { get; }

    /// <summary>Mounts that ask for a check; none when negative or 0.</summary>
    public int MaximumMountCount { get; }

    /// <summary>Written in all its life. Unit: 1 KiB.</summary>
    public ulong KilobytesWritten { get; }

    /// <summary>Errors that drivers recorded since the last check.</summary>
    public uint ErrorCount { get; }

    /// <summary>When the first was recorded.</summary>
    public long FirstErrorTime { get; }

    /// <summary>The driver's function that recorded it: up to 32 bytes, not necessarily text.</summary>
    public ReadOnlyMemory<byte> FirstErrorFunction { get; }

    /// <summary>The inode that it concerned.</summary>
    public uint FirstErrorInode { get; }

    /// <summary>The block that it concerned.</summary>
    public ulong FirstErrorBlock { get; }

    /// <summary>When the last was recorded.</summary>
    public long LastErrorTime { get; }

    /// <summary>Whether the superblock's checksum is right, or there is none.</summary>
    public bool IsChecksumRight { get; }

    /// <summary>Groups that the blocks fill; 0 where the numbers make no sense.</summary>
    public ulong GroupCount => BlocksPerGroup == 0 || BlocksCount <= FirstDataBlock
        ? 0
        : ((BlocksCount - FirstDataBlock - 1) / BlocksPerGroup) + 1;

    /// <summary>Reads a superblock.</summary>
    /// <param name="device">The device; it stays the caller's.</param>
    /// <param name="superblockLocation">Unit: 1 KiB blocks from the volume's start.</param>
    /// <exception cref="CorruptionException">There is no superblock.</exception>
    /// <exception cref="DeviceException">The device failed.</exception>
    public static VolumeInformation Read(IBlockDevice device, long superblockLocation)
    {
        const int UnitBytes = 1024;
        DiskLocation where = new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(superblockLocation);
        if (superblockLocation >= device.Length / UnitBytes)
        {
            Corrupt.Throw(CorruptionCode.SuperblockMagic, where.At(SuperblockView.SMagic), 0, SuperblockView.ExpectedMagic);
        }

        byte[] bytes = new byte[SuperblockView.Size];
        device.Read(new(superblockLocation * UnitBytes), bytes);
        SuperblockView view = new(bytes);
        if (view.Magic != SuperblockView.ExpectedMagic)
        {
            Corrupt.Throw(CorruptionCode.SuperblockMagic, where.At(SuperblockView.SMagic), view.Magic, SuperblockView.ExpectedMagic);
        }

        return new(view);
    }
}
