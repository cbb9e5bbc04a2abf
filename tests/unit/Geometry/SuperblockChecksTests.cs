using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Geometry;

public sealed class SuperblockChecksTests
{
    private static readonly DiskLocation Here = new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset);
    private static readonly VolumeShape Plain =
        VolumeShape.Ext4.Without(ReadOnlyCompatibleFeatures.MetadataChecksum);

    private delegate void Change(Span<byte> superblock);

    [Fact]
    [Provokes(CorruptionCode.SuperblockMagic)]
    public void Anything_but_the_magic_is_no_superblock() => Edge(
        CorruptionCode.SuperblockMagic, SuperblockView.SMagic, VolumeShape.Ext4,
        superblock => Le.PutU16(superblock, SuperblockView.SMagic, 0xEF53),
        superblock => Le.PutU16(superblock, SuperblockView.SMagic, 0xEF52));

    [Fact]
    [Provokes(CorruptionCode.SuperblockChecksum)]
    public void One_flipped_bit_under_a_checksum_is_damage()
    {
        byte[] superblock = new ImageBuilder().Superblock.ToArray();
        _ = Admit(superblock);
        superblock[SuperblockView.SMtime] ^= 1;
        CorruptionException damage = Refused(superblock);
        Assert.Equal(
            (CorruptionCode.SuperblockChecksum, Here.At(SuperblockView.SChecksum)), (damage.Code, damage.Where));
    }

    [Fact]
    [Provokes(CorruptionCode.ChecksumTypeUnknown)]
    public void A_checksum_type_other_than_crc32c_is_unknown() => Edge(
        CorruptionCode.ChecksumTypeUnknown, SuperblockView.SChecksumType, VolumeShape.Ext4,
        superblock => superblock[SuperblockView.SChecksumType] = 1,
        superblock => superblock[SuperblockView.SChecksumType] = 2);

    [Fact]
    public void A_checksum_type_means_nothing_without_checksums() =>
        _ = Admit(Changed(Plain, superblock => superblock[SuperblockView.SChecksumType] = 2));

    [Fact]
    [Provokes(CorruptionCode.BlockSizeOutOfRange)]
    public void Blocks_above_64_KiB_are_none_that_ext4_knows() => Edge(
        CorruptionCode.BlockSizeOutOfRange, SuperblockView.SLogBlockSize,
        VolumeShape.Ext4 with { BlockSize = 65536, Blocks = 256 },
        superblock => Le.PutU32(superblock, SuperblockView.SLogBlockSize, 6),
        superblock => Le.PutU32(superblock, SuperblockView.SLogBlockSize, 7));

    [Fact]
    [Provokes(CorruptionCode.ClusterSizeOutOfRange)]
    public void Without_bigalloc_a_cluster_is_a_block() => Edge(
        CorruptionCode.ClusterSizeOutOfRange, SuperblockView.SLogClusterSize, VolumeShape.Ext4,
        superblock => Le.PutU32(superblock, SuperblockView.SLogClusterSize, 0),
        superblock => Le.PutU32(superblock, SuperblockView.SLogClusterSize, 1));

    [Fact]
    [Provokes(CorruptionCode.ClusterSizeOutOfRange)]
    public void With_bigalloc_a_cluster_is_a_block_at_least() => Edge(
        CorruptionCode.ClusterSizeOutOfRange, SuperblockView.SLogClusterSize,
        VolumeShape.BigAllocation with { ClusterBits = 0, Blocks = 4096 },
        superblock => Le.PutU32(superblock, SuperblockView.SLogClusterSize, 2),
        superblock => Le.PutU32(superblock, SuperblockView.SLogClusterSize, 1));

    [Fact]
    [Provokes(CorruptionCode.ClusterSizeOutOfRange)]
    public void A_cluster_is_one_GiB_at_most() => Edge(
        CorruptionCode.ClusterSizeOutOfRange, SuperblockView.SLogClusterSize,
        VolumeShape.BigAllocation with { ClusterBits = 18, Blocks = 1 << 22, BlocksPerGroup = 16 << 18 },
        superblock => Le.PutU32(superblock, SuperblockView.SLogClusterSize, 20),
        superblock => Le.PutU32(superblock, SuperblockView.SLogClusterSize, 21));

    [Theory]
    [InlineData(1024, 2048)]
    [InlineData(128, 64)]
    [InlineData(256, 255)]
    [Provokes(CorruptionCode.InodeSizeOutOfRange)]
    public void An_inode_is_a_power_of_two_from_128_to_the_block_size(ushort inside, ushort outside) => Edge(
        CorruptionCode.InodeSizeOutOfRange, SuperblockView.SInodeSize, VolumeShape.Ext4 with { InodeSize = inside },
        superblock => Le.PutU16(superblock, SuperblockView.SInodeSize, inside),
        superblock => Le.PutU16(superblock, SuperblockView.SInodeSize, outside));

    [Theory]
    [InlineData(64, 32)]
    [InlineData(1024, 2048)]
    [InlineData(128, 96)]
    [Provokes(CorruptionCode.DescriptorSizeOutOfRange)]
    public void With_64bit_a_descriptor_is_a_power_of_two_from_64_to_1024(ushort inside, ushort outside) => Edge(
        CorruptionCode.DescriptorSizeOutOfRange, SuperblockView.SDescSize, VolumeShape.Ext4 with { DescriptorSize = inside },
        superblock => Le.PutU16(superblock, SuperblockView.SDescSize, inside),
        superblock => Le.PutU16(superblock, SuperblockView.SDescSize, outside));

    [Fact]
    public void Without_64bit_the_descriptor_size_means_nothing()
    {
        VolumeGeometry geometry = Admit(Changed(
            VolumeShape.Ext2, superblock => Le.PutU16(superblock, SuperblockView.SDescSize, 7)));
        Assert.Equal(GroupDescriptorView.SmallSize, geometry.DescriptorSize);
    }

    [Theory]
    [InlineData(8193u)]
    [InlineData(0u)]
    [Provokes(CorruptionCode.BlocksPerGroupOutOfRange)]
    public void One_bitmap_block_tells_of_every_block_in_a_group(uint outside) => Edge(
        CorruptionCode.BlocksPerGroupOutOfRange, SuperblockView.SBlocksPerGroup, VolumeShape.Ext4,
        superblock => Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, 8192),
        superblock => Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, outside));

    [Theory]
    [InlineData(32769u)]
    [InlineData(0u)]
    [Provokes(CorruptionCode.BlocksPerGroupOutOfRange)]
    public void One_bitmap_block_tells_of_every_cluster_in_a_group(uint outside) => Edge(
        CorruptionCode.BlocksPerGroupOutOfRange, SuperblockView.SClustersPerGroup, VolumeShape.BigAllocation,
        superblock => Le.PutU32(superblock, SuperblockView.SClustersPerGroup, 32768),
        superblock => Le.PutU32(superblock, SuperblockView.SClustersPerGroup, outside));

    [Fact]
    [Provokes(CorruptionCode.ClustersPerGroupMismatch)]
    public void A_groups_clusters_hold_its_blocks() => Edge(
        CorruptionCode.ClustersPerGroupMismatch, SuperblockView.SBlocksPerGroup, VolumeShape.BigAllocation,
        superblock => Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, 32768 << 4),
        superblock => Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, (32768 << 4) - 16));

    [Fact]
    [Provokes(CorruptionCode.ClustersPerGroupMismatch)]
    public void A_groups_clusters_are_its_blocks_without_bigalloc() => Edge(
        CorruptionCode.ClustersPerGroupMismatch, SuperblockView.SBlocksPerGroup, VolumeShape.Ext2,
        superblock => Le.PutU32(superblock, SuperblockView.SClustersPerGroup, 8192),
        superblock => Le.PutU32(superblock, SuperblockView.SClustersPerGroup, 0));

    [Theory]
    [InlineData(8192u, 8193u)]
    [InlineData(8u, 3u)]
    [Provokes(CorruptionCode.InodesPerGroupOutOfRange)]
    public void A_groups_inodes_fill_a_block_and_fit_one_bitmap(uint inside, uint outside) => Edge(
        CorruptionCode.InodesPerGroupOutOfRange, SuperblockView.SInodesPerGroup,
        VolumeShape.Ext4 with { InodesPerGroup = inside, Blocks = 8192 * 2 },
        superblock => Le.PutU32(superblock, SuperblockView.SInodesPerGroup, inside),
        superblock => Le.PutU32(superblock, SuperblockView.SInodesPerGroup, outside));

    [Fact]
    [Provokes(CorruptionCode.FirstDataBlockOutOfRange)]
    public void The_first_data_block_is_on_the_volume() => Edge(
        CorruptionCode.FirstDataBlockOutOfRange, SuperblockView.SFirstDataBlock, VolumeShape.Ext4,
        superblock => Le.PutU32(superblock, SuperblockView.SFirstDataBlock, 4095),
        superblock => Le.PutU32(superblock, SuperblockView.SFirstDataBlock, 4096));

    [Fact]
    [Provokes(CorruptionCode.FirstDataBlockOutOfRange)]
    public void With_1_KiB_blocks_the_boot_block_is_not_data() => Edge(
        CorruptionCode.FirstDataBlockOutOfRange, SuperblockView.SFirstDataBlock, VolumeShape.Ext4,
        superblock => Le.PutU32(superblock, SuperblockView.SFirstDataBlock, 1),
        superblock => Le.PutU32(superblock, SuperblockView.SFirstDataBlock, 0));

    [Fact]
    [Provokes(CorruptionCode.BlocksCountOutOfRange)]
    public void The_volume_ends_where_its_device_ends_or_before() => Edge(
        CorruptionCode.BlocksCountOutOfRange, SuperblockView.SBlocksCountLo, VolumeShape.Ext4,
        superblock => SuperblockWriter.PutBlocksCount(superblock, 4096),
        superblock => SuperblockWriter.PutBlocksCount(superblock, 4097));

    [Fact]
    [Provokes(CorruptionCode.BlocksCountOutOfRange)]
    public void Descriptor_blocks_of_all_groups_can_be_counted_in_32_bits()
    {
        const uint BlocksPerGroup = 8;
        const ulong PerBlock = 1024 / 64;
        VolumeShape shape = VolumeShape.Ext4 with { InodeSize = 1024 };
        byte[] superblock = Changed(shape, bytes =>
        {
            Le.PutU32(bytes, SuperblockView.SBlocksPerGroup, BlocksPerGroup);
            Le.PutU32(bytes, SuperblockView.SClustersPerGroup, BlocksPerGroup);
            Le.PutU32(bytes, SuperblockView.SInodesPerGroup, 1);
        });

        PutGroups(superblock, (1ul << 32) - PerBlock, BlocksPerGroup);
        Assert.Equal((uint)((1ul << 32) - PerBlock), Admit(superblock, long.MaxValue).GroupCount);
        PutGroups(superblock, (1ul << 32) - PerBlock + 1, BlocksPerGroup);
        CorruptionException damage = Refused(superblock, long.MaxValue);
        Assert.Equal(
            (CorruptionCode.BlocksCountOutOfRange, Here.At(SuperblockView.SBlocksCountLo)), (damage.Code, damage.Where));
    }

    [Theory]
    [InlineData(63u)]
    [InlineData(65u)]
    [Provokes(CorruptionCode.InodesCountMismatch)]
    public void The_groups_inodes_are_the_volumes_inodes(uint outside) => Edge(
        CorruptionCode.InodesCountMismatch, SuperblockView.SInodesCount, VolumeShape.Ext4,
        superblock => Le.PutU32(superblock, SuperblockView.SInodesCount, 64),
        superblock => Le.PutU32(superblock, SuperblockView.SInodesCount, outside));

    [Fact]
    [Provokes(CorruptionCode.FirstMetaGroupOutOfRange)]
    public void The_first_meta_group_is_at_most_one_beyond_the_last() => Edge(
        CorruptionCode.FirstMetaGroupOutOfRange, SuperblockView.SFirstMetaBg,
        VolumeShape.Ext4.With(IncompatibleFeatures.MetaBlockGroups),
        superblock => Le.PutU32(superblock, SuperblockView.SFirstMetaBg, 1),
        superblock => Le.PutU32(superblock, SuperblockView.SFirstMetaBg, 2));

    [Theory]
    [InlineData(6)]
    [InlineData(255)]
    [Provokes(CorruptionCode.HashVersionUnknown)]
    public void The_default_hash_is_one_that_needs_no_key(byte outside) => Edge(
        CorruptionCode.HashVersionUnknown, SuperblockView.SDefHashVersion, VolumeShape.Ext4,
        superblock => superblock[SuperblockView.SDefHashVersion] = 5,
        superblock => superblock[SuperblockView.SDefHashVersion] = outside);

    [Fact]
    [Provokes(CorruptionCode.SpareDescriptorBlocksOutOfRange)]
    public void Spare_descriptor_blocks_fit_one_block_of_pointers() => Edge(
        CorruptionCode.SpareDescriptorBlocksOutOfRange, SuperblockView.SReservedGdtBlocks, VolumeShape.Ext4,
        superblock => Le.PutU16(superblock, SuperblockView.SReservedGdtBlocks, 256),
        superblock => Le.PutU16(superblock, SuperblockView.SReservedGdtBlocks, 257));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [Provokes(CorruptionCode.EncodingUnknown)]
    public void Casefolded_names_are_Unicode_12_1(ushort outside) => Edge(
        CorruptionCode.EncodingUnknown, SuperblockView.SEncoding, VolumeShape.Ext4.With(IncompatibleFeatures.CaseFolding),
        superblock => Le.PutU16(superblock, SuperblockView.SEncoding, 1),
        superblock => Le.PutU16(superblock, SuperblockView.SEncoding, outside));

    [Fact]
    [Provokes(CorruptionCode.FirstInodeOutOfRange)]
    public void Ten_inodes_are_reserved_at_least() => Edge(
        CorruptionCode.FirstInodeOutOfRange, SuperblockView.SFirstIno, VolumeShape.Ext4,
        superblock => Le.PutU32(superblock, SuperblockView.SFirstIno, 11),
        superblock => Le.PutU32(superblock, SuperblockView.SFirstIno, 10));

    [Fact]
    public void All_inodes_may_be_reserved() => Assert.Equal(9999u, Admit(Changed(
        VolumeShape.Ext4, superblock => Le.PutU32(superblock, SuperblockView.SFirstIno, 9999))).FirstInode);

    [Theory]
    [InlineData(0x1u, "compression")]
    [InlineData(0x8u, "journal_dev")]
    [InlineData(0x1000u, "dirdata")]
    [InlineData(0x20u, "incompat bit 5")]
    [InlineData(0x8000_0000u, "incompat bit 31")]
    [InlineData(0x1021u, "compression, incompat bit 5, dirdata")]
    public void A_feature_that_no_reader_can_do_without_is_refused_by_name(uint bits, string name)
    {
        byte[] superblock = Changed(VolumeShape.Ext4.With((IncompatibleFeatures)bits), _ => { });
        var refusal = Assert.Throws<UnsupportedFeatureException>(() => Admit(superblock));
        Assert.Equal(name, refusal.Feature);
        Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Revision_0_has_no_say_in_inode_sizes_and_reserved_inodes()
    {
        VolumeGeometry geometry = Admit(Changed(VolumeShape.Revision0, superblock =>
        {
            Le.PutU16(superblock, SuperblockView.SInodeSize, 0xFFFF);
            Le.PutU32(superblock, SuperblockView.SFirstIno, 0);
        }));
        Assert.Equal((128, 11u), (geometry.InodeSize, geometry.FirstInode));
    }

    [Fact]
    public void Reports_of_a_superblock_read_well() => Snapshot.Verify(string.Join('\n', new[]
    {
        Report(VolumeShape.Ext4, superblock => Le.PutU16(superblock, SuperblockView.SMagic, 0)),
        Report(VolumeShape.Ext4, superblock => superblock[SuperblockView.SChecksumType] = 9),
        Report(VolumeShape.Ext4, superblock => Le.PutU32(superblock, SuperblockView.SLogBlockSize, 7)),
        Report(VolumeShape.Ext4, superblock => Le.PutU16(superblock, SuperblockView.SInodeSize, 100)),
        Report(VolumeShape.Ext4, superblock => Le.PutU16(superblock, SuperblockView.SDescSize, 32)),
        Report(VolumeShape.Ext4, superblock => SuperblockWriter.PutBlocksCount(superblock, 1ul << 40)),
        Report(VolumeShape.Ext4, superblock => Le.PutU32(superblock, SuperblockView.SInodesCount, 1)),
        Report(VolumeShape.BigAllocation, superblock => Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, 16)),
        Report(VolumeShape.Ext4, superblock => Le.PutU16(superblock, SuperblockView.SReservedGdtBlocks, 9999)),
    }));

    private static string Report(VolumeShape shape, Change change) => Refused(Changed(shape, change)).Message;

    private static void PutGroups(Span<byte> superblock, ulong groups, uint blocksPerGroup)
    {
        Le.PutU32(superblock, SuperblockView.SInodesCount, (uint)groups);
        SuperblockWriter.PutBlocksCount(superblock, 1 + (groups * blocksPerGroup));
        SuperblockWriter.Seal(superblock);
    }

    private static void Edge(CorruptionCode code, int field, VolumeShape shape, Change inside, Change outside)
    {
        _ = Admit(Changed(shape, inside), (long)shape.Blocks * shape.BlockSize);
        CorruptionException damage = Refused(Changed(shape, outside), (long)shape.Blocks * shape.BlockSize);
        Assert.Equal((code, Here.At(field)), (damage.Code, damage.Where));
    }

    private static byte[] Changed(VolumeShape shape, Change change)
    {
        byte[] superblock = new ImageBuilder(shape with { OmitsBackups = true }).Superblock.ToArray();
        change(superblock);
        SuperblockWriter.Seal(superblock);
        return superblock;
    }

    private static CorruptionException Refused(byte[] superblock, long deviceLength = 4 << 20) =>
        Assert.Throws<CorruptionException>(() => Admit(superblock, deviceLength));

    private static VolumeGeometry Admit(byte[] superblock, long deviceLength = 4 << 20) =>
        new(new SuperblockView(superblock), new(SuperblockView.VolumeOffset), deviceLength, Here);
}
