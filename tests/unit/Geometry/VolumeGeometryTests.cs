using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Geometry;

public sealed class VolumeGeometryTests
{
    private static readonly DiskLocation Here = new(StructureKind.Inode, 70, 0x80, 12);

    public static IEnumerable<object[]> Shapes => VolumeShapes.Names;

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Groups_and_descriptors_lie_where_the_format_puts_them(string name)
    {
        VolumeShape shape = VolumeShapes.Named(name);
        ImageLayout layout = new(shape);
        VolumeGeometry geometry = GeometryOf(new ImageBuilder(shape));
        Assert.Equal(layout.GroupCount, geometry.GroupCount);
        Assert.Equal(layout.DescriptorBlocks, geometry.DescriptorBlockCount);
        for (uint index = 0; index < layout.DescriptorBlocks; index++)
        {
            Assert.Equal(layout.DescriptorBlock(index, 0, 0), geometry.DescriptorBlock(index, Here).Value);
        }

        ulong blocks = geometry.FirstDataBlock;
        for (uint index = 0; index < layout.GroupCount; index++)
        {
            GroupNumber group = geometry.Group(index);
            Assert.Equal(layout.FirstBlockOf(index), geometry.FirstBlockOf(group).Value);
            Assert.Equal(layout.HasSuperblock(index), geometry.HasSuperblock(group));
            uint bootBlocks = index == 0 && layout.FirstDataBlock == 0 ? (uint)layout.SuperblockBlock : 0;
            Assert.Equal(layout.BaseBlocksIn(index) - bootBlocks, geometry.BaseMetadataBlocksIn(group));
            blocks += geometry.BlocksIn(group);
        }

        Assert.Equal(geometry.BlocksCount, blocks);
    }

    [Fact]
    public void Superblock_copies_lie_in_powers_of_3_5_and_7()
    {
        VolumeGeometry geometry = GeometryOf(new ImageBuilder(
            VolumeShape.Ext4 with { Blocks = 400 * 256, BlocksPerGroup = 256, InodesPerGroup = 16 }));
        Assert.Equal(
            [0u, 1u, 3u, 5u, 7u, 9u, 25u, 27u, 49u, 81u, 125u, 243u, 343u],
            Enumerable.Range(0, (int)geometry.GroupCount).Select(index => (uint)index)
                .Where(index => geometry.HasSuperblock(geometry.Group(index))));
    }

    [Fact]
    [Provokes(CorruptionCode.BlockOutOfRange)]
    public void Metadata_lies_between_the_first_data_block_and_the_end()
    {
        VolumeGeometry geometry = GeometryOf(new ImageBuilder());
        Assert.Equal(1ul, geometry.AdmitMetadata(new(1), 1, Here).First.Value);
        Assert.Equal(4095ul, geometry.AdmitMetadata(new(4095), 1, Here).First.Value);
        Assert.Equal(4095u, geometry.AdmitMetadata(new(1), 4095, Here).Count);
        foreach ((ulong start, uint count) in new[] { (0ul, 1u), (4096ul, 1u), (4095ul, 2u), (1ul, 4096u), (1ul, 0u), (ulong.MaxValue, 1u) })
        {
            var damage = Assert.Throws<CorruptionException>(() => geometry.AdmitMetadata(new(start), count, Here));
            Assert.Equal((CorruptionCode.BlockOutOfRange, Here, start), (damage.Code, damage.Where, damage.Found));
        }
    }

    [Fact]
    [Provokes(CorruptionCode.InodeOutOfRange)]
    public void Inodes_are_numbered_from_1_to_their_count()
    {
        VolumeGeometry geometry = GeometryOf(new ImageBuilder());
        Assert.Equal(1u, geometry.AdmitInode(new(1), Here).Value);
        Assert.Equal(64u, geometry.AdmitInode(new(64), Here).Value);
        foreach (ulong outside in new[] { 0ul, 65ul, 1ul << 32, ulong.MaxValue })
        {
            var damage = Assert.Throws<CorruptionException>(() => geometry.AdmitInode(new(outside), Here));
            Assert.Equal((CorruptionCode.InodeOutOfRange, Here, outside), (damage.Code, damage.Where, damage.Found));
        }
    }

    [Theory]
    [InlineData("ext4, checksum seed", 0x5EED_5EEDu)]
    [InlineData("ext4, 1 KiB blocks", null)]
    public void Checksums_start_from_the_stored_seed_or_from_the_identity(string shape, uint? expected)
    {
        VolumeGeometry geometry = GeometryOf(new ImageBuilder(VolumeShapes.Named(shape)));
        Assert.Equal(expected ?? Crc32C.Append(Crc32C.Initial, geometry.Uuid), geometry.ChecksumSeed);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(31, 31)]
    [InlineData(32, 0)]
    [InlineData(255, 0)]
    public void A_flexible_group_that_no_volume_can_have_is_no_flexible_group(byte stored, int bits)
    {
        ImageBuilder image = new();
        image.Superblock[SuperblockView.SLogGroupsPerFlex] = stored;
        image.SealSuperblock();
        Assert.Equal(bits, GeometryOf(image).FlexGroupBits);
    }

    private static VolumeGeometry GeometryOf(ImageBuilder image) => new(
        new SuperblockView(image.Superblock), new(SuperblockView.VolumeOffset), image.Disk.Length,
        new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
}
