using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.UnitTests.Volumes;
using TestSupport;

namespace Ext4Core.UnitTests.Allocation;

public sealed class GroupTableTests
{
    private static readonly VolumeShape Flexible =
        VolumeShape.Ext4 with { Blocks = 4096, BlocksPerGroup = 1024, InodesPerGroup = 16 };
    private static readonly VolumeShape Rigid = Flexible.Without(IncompatibleFeatures.FlexibleBlockGroups);

    [Theory]
    [InlineData("ext4, 1 KiB blocks")]
    [InlineData("ext4 with gdt_csum")]
    [InlineData("ext4 without 64bit")]
    [Provokes(CorruptionCode.GroupDescriptorChecksum)]
    public void A_descriptor_with_a_flipped_bit_is_damage_to_whoever_asks_for_its_checksum(string shape)
    {
        ImageBuilder image = new(VolumeShapes.Named(shape));
        Assert.Equal(image.InodeTableOf(0), Read(image).InodeTable.First.Value);
        image.Descriptor(0)[GroupDescriptorView.BgFreeBlocksCountLo] ^= 1;
        var damage = Assert.Throws<CorruptionException>(() => Read(image));
        Assert.Equal(
            (CorruptionCode.GroupDescriptorChecksum, In(image, 0, GroupDescriptorView.BgChecksum)),
            (damage.Code, damage.Where));
        image.Mount().Dispose();
    }

    [Fact]
    [Provokes(CorruptionCode.BlockBitmapOutOfRange)]
    public void With_flex_bg_a_block_bitmap_lies_anywhere_on_the_volume() => Edge(
        Flexible, CorruptionCode.BlockBitmapOutOfRange, GroupDescriptorView.BgBlockBitmapLo, 4095, 4096);

    [Fact]
    [Provokes(CorruptionCode.BlockBitmapOutOfRange)]
    public void Without_flex_bg_a_block_bitmap_lies_in_its_group() => Edge(
        Rigid, CorruptionCode.BlockBitmapOutOfRange, GroupDescriptorView.BgBlockBitmapLo, 2048, 2049);

    [Fact]
    [Provokes(CorruptionCode.BlockBitmapOutOfRange)]
    public void The_boot_block_is_nobodys_bitmap()
    {
        CorruptionException damage = Damaged.Mount(Moved(Flexible, GroupDescriptorView.BgBlockBitmapLo, 0));
        Assert.Equal(CorruptionCode.BlockBitmapOutOfRange, damage.Code);
    }

    [Fact]
    [Provokes(CorruptionCode.InodeBitmapOutOfRange)]
    public void With_flex_bg_an_inode_bitmap_lies_anywhere_on_the_volume() => Edge(
        Flexible, CorruptionCode.InodeBitmapOutOfRange, GroupDescriptorView.BgInodeBitmapLo, 4095, 4096);

    [Fact]
    [Provokes(CorruptionCode.InodeBitmapOutOfRange)]
    public void Without_flex_bg_an_inode_bitmap_does_not_lie_before_its_group() => Edge(
        Rigid, CorruptionCode.InodeBitmapOutOfRange, GroupDescriptorView.BgInodeBitmapLo, 2048, 1024);

    [Fact]
    [Provokes(CorruptionCode.InodeTableOutOfRange)]
    public void An_inode_table_ends_on_the_volume() => Edge(
        Flexible, CorruptionCode.InodeTableOutOfRange, GroupDescriptorView.BgInodeTableLo, 4096 - 4, 4096 - 3);

    [Fact]
    [Provokes(CorruptionCode.InodeTableOutOfRange)]
    public void Without_flex_bg_an_inode_table_ends_in_its_group() => Edge(
        Rigid, CorruptionCode.InodeTableOutOfRange, GroupDescriptorView.BgInodeTableLo, 2049 - 4, 2049 - 3);

    [Fact]
    [Provokes(CorruptionCode.SystemZonesOverlap)]
    public void Two_bitmaps_in_one_block_are_damage()
    {
        ImageBuilder image = new(Flexible);
        uint bitmap = Le.U32(image.Descriptor(0), GroupDescriptorView.BgBlockBitmapLo);
        Moved(Flexible, GroupDescriptorView.BgBlockBitmapLo, bitmap + 1).Mount().Dispose();
        CorruptionException damage = Damaged.Mount(Moved(Flexible, GroupDescriptorView.BgBlockBitmapLo, bitmap));
        Assert.Equal(
            (CorruptionCode.SystemZonesOverlap, (ulong)bitmap), (damage.Code, damage.Where.Block));
    }

    [Fact]
    public void Large_descriptors_use_the_high_halves()
    {
        ImageBuilder image = new(Flexible);
        Le.PutU32(image.Descriptor(1), GroupDescriptorView.BgInodeTableHi, 1);
        image.SealDescriptor(1);
        CorruptionException damage = Damaged.Mount(image);
        Assert.Equal(CorruptionCode.InodeTableOutOfRange, damage.Code);
        Assert.True(damage.Found > uint.MaxValue);
    }

    [Fact]
    public void Reports_of_groups_read_well()
    {
        ImageBuilder flipped = new();
        flipped.Descriptor(0)[GroupDescriptorView.BgFlags] ^= 1;
        Snapshot.Verify(string.Join('\n', new[]
        {
            Damaged.Mount(Moved(Flexible, GroupDescriptorView.BgBlockBitmapLo, 4096)).Message,
            Damaged.Mount(Moved(Rigid, GroupDescriptorView.BgInodeBitmapLo, 5)).Message,
            Damaged.Mount(Moved(Rigid, GroupDescriptorView.BgInodeTableLo, 2048)).Message,
            Assert.Throws<CorruptionException>(() => Read(flipped)).Message,
        }));
    }

    private static void Edge(VolumeShape shape, CorruptionCode code, int field, uint inside, uint outside)
    {
        Moved(shape, field, inside).Mount().Dispose();
        ImageBuilder image = Moved(shape, field, outside);
        CorruptionException damage = Damaged.Mount(image);
        Assert.Equal((code, In(image, 1, field), (ulong)outside), (damage.Code, damage.Where, damage.Found));
    }

    private static ImageBuilder Moved(VolumeShape shape, int field, uint block)
    {
        ImageBuilder image = new(shape);
        Le.PutU32(image.Descriptor(1), field, block);
        image.SealDescriptor(1);
        return image;
    }

    private static GroupPlaces Read(ImageBuilder image)
    {
        VolumeGeometry geometry = new(
            new SuperblockView(image.Superblock), new(SuperblockView.VolumeOffset), image.Disk.Length,
            new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
        VolumeStack stack = new(image.Disk, geometry, 0, new VolumeLimits());
        Workspace workspace = stack.CreateWorkspace();
        workspace.Begin();
        return stack.Groups.Read(workspace, geometry.Group(0));
    }

    private static DiskLocation In(ImageBuilder image, uint group, int field)
    {
        int size = image.Descriptor(group).Length;
        return new(StructureKind.GroupDescriptor, image.DescriptorBlockOf(group), (int)group * size + field);
    }
}
