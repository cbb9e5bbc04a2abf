using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Cache;

public sealed class VolumeMemoryTests
{
    private readonly VolumeMemory _memory = new();

    private VolumeOptions Options => ImageBuilder.SmallOptions with { Memory = _memory };

    [Fact]
    public void What_one_mount_took_the_next_one_uses()
    {
        const long CacheAndWorkspaces = 128 << 10;
        ImageBuilder image = new();
        MountAndLook(image);
        Assert.InRange(AllocationGate.Measure(() => MountAndLook(image)), 0, CacheAndWorkspaces / 2);
    }

    [Fact]
    public void A_volume_never_sees_the_blocks_of_the_one_before()
    {
        ImageBuilder first = new();
        ImageBuilder second = new();
        uint inode = first.AddInode(0x81A4);
        Assert.Equal(inode, second.AddInode(0x81A4));
        first.AddName("first", inode);
        second.AddName("second", inode);
        first.Seal();
        second.Seal();
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal((FsError.None, FsError.NotFound), LookUp(first));
            Assert.Equal((FsError.NotFound, FsError.None), LookUp(second));
        }

        (FsError First, FsError Second) LookUp(ImageBuilder image)
        {
            using Volume volume = image.Mount(Options);
            Workspace workspace = volume.CreateWorkspace();
            return (volume.Lookup(workspace, InodeNumber.Root, "first"u8, out _), volume.Lookup(workspace, InodeNumber.Root, "second"u8, out _));
        }
    }

    [Fact]
    public void It_serves_one_volume_at_a_time()
    {
        ImageBuilder image = new();
        using (image.Mount(Options))
        {
            Assert.Throws<InvalidOperationException>(() => image.Mount(Options));
        }

        MountAndLook(image);
    }

    [Fact]
    public void A_mount_that_fails_leaves_it_free()
    {
        ImageBuilder image = new();
        image.Inode(InodeNumber.Root.Value)[InodeView.ILinksCount] ^= 0xFF;
        Assert.Throws<CorruptionException>(() => image.Mount(Options));
        MountAndLook(new());
    }

    [Fact]
    public void Disposing_of_a_volume_again_takes_nothing_from_the_next_one()
    {
        ImageBuilder image = new();
        Volume first = image.Mount(Options);
        first.Dispose();
        using Volume second = image.Mount(Options);
        first.Dispose();
        Assert.Throws<InvalidOperationException>(() => image.Mount(Options));
    }

    [Theory]
    [InlineData(64, 4 << 20, 64)]
    [InlineData(65, 4 << 20, 128)]
    [InlineData(8000, 1 << 20, 1024)]
    [InlineData(8000, 0, 128)]
    public void A_cache_has_no_more_blocks_than_the_volume_which_are_rounded_up(uint blocks, long bytes, int expected)
    {
        ImageBuilder image = new();
        SuperblockView superblock = new(image.Superblock);
        Le.PutU32(image.Superblock, SuperblockView.SBlocksCountLo, blocks);
        image.SealSuperblock();
        VolumeGeometry geometry = new(
            superblock, new(SuperblockView.VolumeOffset), (long)blocks << 10, new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
        CacheShape shape = CacheShape.For(geometry, bytes);
        Assert.Equal(expected, shape.Shards * shape.BlocksPerShard);
    }

    private void MountAndLook(ImageBuilder image)
    {
        using Volume volume = image.Mount(Options);
        Assert.Equal(FsError.None, volume.Stat(volume.CreateWorkspace(), InodeNumber.Root, out _));
    }
}
