using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Volumes;

public sealed class MountTests
{
    private const ReadOnlyCompatibleFeatures UnknownReadOnlyCompatible = (ReadOnlyCompatibleFeatures)0x4000_0000;
    private const CompatibleFeatures UnknownCompatible = (CompatibleFeatures)0x4000_0000;

    public static IEnumerable<object[]> Shapes => VolumeShapes.Names;

    [Fact]
    public void A_descriptor_with_a_wrong_checksum_is_used_and_told()
    {
        ImageBuilder image = new(VolumeShape.Ext4);
        image.Descriptor(0)[GroupDescriptorView.BgFreeBlocksCountLo] ^= 1;
        using Volume volume = image.Mount();
        VolumeNotice notice = Assert.Single(volume.Notices);
        Assert.Equal("descriptor", notice.Subject);
        Assert.StartsWith("E201 GroupDescriptorChecksum: GroupDescriptor, block ", notice.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clean_volume_gives_no_notice()
    {
        using Volume volume = new ImageBuilder(VolumeShape.Ext4.With(UnknownCompatible)).Mount();
        Assert.Empty(volume.Notices);
    }

    [Fact]
    public void A_feature_that_only_writers_must_know_is_said_once()
    {
        using Volume volume = new ImageBuilder(VolumeShape.Ext4.With(UnknownReadOnlyCompatible)).Mount();
        VolumeNotice notice = Assert.Single(volume.Notices);
        Assert.Equal("features", notice.Subject);
        Assert.Contains("0x40000000", notice.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_revision_is_read_and_said()
    {
        ImageBuilder image = new();
        Le.PutU32(image.Superblock, SuperblockView.SRevLevel, 2);
        image.SealSuperblock();
        using Volume volume = image.Mount();
        Assert.Equal("revision", Assert.Single(volume.Notices).Subject);
    }

    [Theory]
    [InlineData((ushort)0, "state")]
    [InlineData((ushort)(VolumeStates.Valid | VolumeStates.Errors), "errors")]
    public void A_volume_that_was_left_in_disorder_says_so(ushort state, string subject)
    {
        ImageBuilder image = new();
        Le.PutU16(image.Superblock, SuperblockView.SState, state);
        image.SealSuperblock();
        using Volume volume = image.Mount();
        Assert.Equal(subject, Assert.Single(volume.Notices).Subject);
    }

    [Theory]
    [InlineData("ext4, several groups", 1025)]
    [InlineData("ext2, 4 KiB blocks, a superblock in every group", 1024 * 4)]
    public void A_backup_is_used_when_it_is_asked_for_and_never_else(string shape, long location)
    {
        ImageBuilder image = new(VolumeShapes.Named(shape));
        uint file = image.AddFile("file", [new(0, 2)]);
        Le.PutU16(image.Superblock, SuperblockView.SMagic, 0);
        image.Block(image.DescriptorBlockOf(0)).Clear();
        Assert.Equal(CorruptionCode.SuperblockMagic, Damaged.Mount(image).Code);
        using Volume volume = image.Mount(ImageBuilder.SmallOptions with { SuperblockLocation = location });
        Assert.Equal(FsError.None, volume.Stat(volume.CreateWorkspace(), new(file), out InodeStat stat));
        Assert.Equal(2 * image.BlockSize, stat.Size);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(long.MaxValue / 1024)]
    public void Where_no_superblock_is_none_is_found(long location)
    {
        ImageBuilder image = new();
        var damage = Assert.Throws<CorruptionException>(
            () => image.Mount(ImageBuilder.SmallOptions with { SuperblockLocation = location }).Dispose());
        Assert.Equal(CorruptionCode.SuperblockMagic, damage.Code);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((long.MaxValue / 1024) + 1)]
    public void A_superblock_that_no_device_can_have_is_the_callers_mistake(long location)
    {
        SimulatedDisk disk = new(new ImageBuilder().Disk);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Volume.Mount(disk, ImageBuilder.SmallOptions with { SuperblockLocation = location }).Dispose());
        Assert.Equal(0, disk.ReadCount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1024)]
    [InlineData(2047)]
    public void A_device_without_room_for_a_superblock_is_no_volume(int length)
    {
        var damage = Assert.Throws<CorruptionException>(
            () => Volume.Mount(new SimulatedDisk(length), ImageBuilder.SmallOptions).Dispose());
        Assert.Equal(CorruptionCode.SuperblockMagic, damage.Code);
    }

    [Fact]
    public void A_device_that_fails_is_not_damage()
    {
        SimulatedDisk disk = new(new ImageBuilder().Disk);
        disk.Fail(DiskOperation.Read, 0, 2048);
        Assert.Throws<DeviceException>(() => Volume.Mount(disk, ImageBuilder.SmallOptions).Dispose());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_device_is_let_go_of_whether_or_not_the_mount_succeeds(bool succeeds)
    {
        SimulatedDisk disk = succeeds ? new(new ImageBuilder().Disk) : new(1 << 20);
        try
        {
            Volume.Mount(disk, ImageBuilder.SmallOptions).Dispose();
        }
        catch (CorruptionException)
        {
            Assert.False(succeeds);
        }

        Assert.True(disk.IsDisposed);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_mount_writes_nothing(string shape)
    {
        SimulatedDisk disk = new(new ImageBuilder(VolumeShapes.Named(shape)).Disk);
        Volume.Mount(disk, ImageBuilder.SmallOptions).Dispose();
        Assert.Equal((0, 0, 0, 0), (disk.WriteCount, disk.FlushCount, disk.DiscardCount, disk.PageCount));
    }

    [Theory]
    [InlineData(InodeView.IMode, 0x81EDu)]
    [InlineData(InodeView.ISizeLo, 0u)]
    [InlineData(InodeView.IBlocksLo, 0u)]
    [Provokes(CorruptionCode.RootNotDirectory)]
    public void The_root_is_a_directory_that_holds_something(int field, uint outside)
    {
        ImageBuilder image = new();
        image.Mount().Dispose();
        if (field == InodeView.IMode)
        {
            Le.PutU16(image.Inode(ImageBuilder.RootInode), field, (ushort)outside);
        }
        else
        {
            Le.PutU32(image.Inode(ImageBuilder.RootInode), field, outside);
        }

        image.Seal();
        CorruptionException damage = Damaged.Mount(image);
        (ulong block, int offset) = image.PlaceOf(ImageBuilder.RootInode);
        Assert.Equal(
            (CorruptionCode.RootNotDirectory, new DiskLocation(StructureKind.Inode, block, offset, ImageBuilder.RootInode)),
            (damage.Code, damage.Where));
    }

    [Theory]
    [InlineData(0ul, false)]
    [InlineData(1ul, false)]
    [InlineData(2ul, true)]
    [InlineData(10ul, false)]
    [InlineData(11ul, true)]
    [InlineData(64ul, true)]
    [InlineData(65ul, false)]
    [InlineData(1ul << 32, false)]
    [InlineData(ulong.MaxValue, false)]
    public void A_request_may_name_the_root_and_ordinary_inodes(ulong claim, bool isAdmitted)
    {
        using Volume volume = new ImageBuilder().Mount();
        Assert.Equal(isAdmitted ? FsError.None : FsError.Stale, volume.Admit(new(claim), out InodeNumber inode));
        Assert.Equal(isAdmitted ? claim : 2, inode.Value);
    }

    [Fact]
    public void A_volume_of_16_TiB_costs_no_more_than_a_small_one()
    {
        VolumeShape shape = VolumeShape.Ext4 with { BlockSize = 4096, Blocks = 1ul << 32, OmitsBackups = true };
        ImageBuilder image = new(shape);
        image.MoveTo(image.GroupCount - 3);
        uint file = image.AddFile("far", [new(0, 3), new(1000, 2)], depth: 1);
        SimulatedDisk disk = new(image.Disk);
        Volume? volume = null;
        long allocated = AllocationGate.Measure(() => volume = Volume.Mount(disk, ImageBuilder.SmallOptions));
        using (volume)
        {
            Assert.InRange(disk.ReadCount, 1, 63);
            Assert.InRange(allocated, 1, 4 << 20);
            disk.ResetCounts();
            byte[] bytes = new byte[3 * 4096];
            Assert.Equal(FsError.None, volume!.Read(volume.CreateWorkspace(), new(file), 0, bytes, out int count));
            Assert.Equal(bytes.Length, count);
            Assert.InRange(disk.ReadCount, 1, 16);
            Assert.InRange(image.RunsOf(file)[0].Start, (1ul << 32) - (4 * 32768), (1ul << 32) - 1);
        }
    }
}
