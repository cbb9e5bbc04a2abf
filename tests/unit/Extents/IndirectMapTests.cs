using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.UnitTests.Volumes;
using TestSupport;

namespace Ext4Core.UnitTests.Extents;

public sealed class IndirectMapTests
{
    private const uint SingleStart = 12;
    private const uint DoubleStart = SingleStart + 256;
    private const uint TripleStart = DoubleStart + (256 * 256);
    private const uint End = TripleStart + (256 * 256 * 256);

    public static TheoryData<uint> Edges => new()
    {
        0, SingleStart - 1, SingleStart, DoubleStart - 1, DoubleStart, TripleStart - 1, TripleStart, End - 1,
    };

    [Theory]
    [MemberData(nameof(Edges))]
    public void The_first_and_last_block_of_every_level_is_found(uint fileBlock)
    {
        ImageBuilder image = new(VolumeShape.Ext2);
        uint file = image.AddFile("one", [new(fileBlock, 1)]);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(FsError.None, volume.BlockOf(workspace, new(file), new(fileBlock), out BlockNumber block));
        Assert.Equal(image.RunsOf(file)[0].Start, block.Value);
        Assert.Equal(FsError.None, volume.Seek(workspace, new(file), 0, SeekTarget.Data, out long data));
        Assert.Equal((long)fileBlock * 1024, data);
        byte[] bytes = new byte[1024];
        byte[] expected = new byte[1024];
        ImageBuilder.FillPattern(expected, file, fileBlock);
        Assert.Equal(FsError.None, volume.Read(workspace, new(file), data, bytes, out _));
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void A_hole_behind_more_blocks_of_pointers_than_a_request_may_visit_is_found()
    {
        const ulong Blocks = 1 << 25;
        ImageBuilder image = FullFile(new(VolumeShape.Ext2 with { Blocks = Blocks, OmitsBackups = true }), out uint file);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(FsError.None, volume.Seek(workspace, new(file), DoubleStart * 1024L, SeekTarget.Hole, out long hole));
        Assert.Equal(End * 1024L, hole);
    }

    [Fact]
    [Provokes(CorruptionCode.WorkBudgetExceeded)]
    public void A_file_that_claims_more_blocks_than_its_volume_has_is_damage_to_whoever_looks_through_it()
    {
        ImageBuilder image = FullFile(new(VolumeShape.Ext2), out uint file);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        CorruptionException damage = Assert.Throws<CorruptionException>(
            () => volume.Seek(workspace, new(file), DoubleStart * 1024L, SeekTarget.Hole, out _));
        Assert.Equal(CorruptionCode.WorkBudgetExceeded, damage.Code);
    }

    /// <summary>A file without a hole from its doubly indirect blocks on, for the price of three: each pointer of a level leads
    /// to the same block.</summary>
    private static ImageBuilder FullFile(ImageBuilder image, out uint file)
    {
        file = image.AddFile("full", [new(0, 1)], size: End * 1024ul);
        uint below = (uint)image.RunsOf(file)[0].Start;
        for (int pointer = 12; pointer < 15; pointer++)
        {
            uint block = (uint)image.Allocate();
            for (int offset = 0; offset < image.BlockSize; offset += sizeof(uint))
            {
                Le.PutU32(image.Block(block), offset, below);
            }

            Le.PutU32(image.Inode(file), InodeView.IBlock + (pointer * sizeof(uint)), block);
            below = block;
        }

        image.Seal();
        return image;
    }

    [Fact]
    [Provokes(CorruptionCode.BlockOutOfRange)]
    public void A_direct_pointer_over_the_inode_table_is_damage_to_whoever_looks()
    {
        ImageBuilder image = File(out uint file);
        uint end = (uint)image.InodeTableOf(0) + (64 * 128 / 1024);
        Le.PutU32(image.Inode(file), InodeView.IBlock + (11 * 4), end);
        _ = Damaged.ReadAll(image, file);
        Le.PutU32(image.Inode(file), InodeView.IBlock + (11 * 4), end - 1);
        CorruptionException damage = Damaged.Stat(image, file);
        (ulong block, int offset) = image.PlaceOf(file);
        Assert.Equal(
            (CorruptionCode.BlockOutOfRange, new DiskLocation(StructureKind.IndirectBlock, block, offset + InodeView.IBlock + 44, file)),
            (damage.Code, damage.Where));
    }

    [Theory]
    [InlineData(12, 13 * 1024)]
    [InlineData(13, 300 * 1024)]
    public void A_bad_pointer_to_pointers_is_damage_only_to_whoever_follows_it(int pointer, long offset)
    {
        ImageBuilder image = File(out uint file);
        InodeWriter.PutSize(image.Inode(file), 400 * 1024);
        Le.PutU32(image.Inode(file), InodeView.IBlock + (pointer * 4), 0xFFFF_FFF0);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        byte[] bytes = new byte[1024];
        Assert.Equal(FsError.None, volume.Read(workspace, new(file), 0, bytes, out int count));
        Assert.Equal(1024, count);
        var damage = Assert.Throws<CorruptionException>(() => volume.Read(workspace, new(file), offset, bytes, out _));
        Assert.Equal((CorruptionCode.BlockOutOfRange, 0xFFFF_FFF0ul), (damage.Code, damage.Found));
    }

    [Fact]
    public void Every_pointer_of_a_block_is_checked_before_the_first_is_followed()
    {
        ImageBuilder image = File(out uint file);
        uint pointers = Le.U32(image.Inode(file), InodeView.IBlock + (12 * 4));
        Le.PutU32(image.Block(pointers), 255 * 4, 4096);
        CorruptionException damage = Damaged.Read(image, file);
        Assert.Equal(
            (CorruptionCode.BlockOutOfRange, new DiskLocation(StructureKind.IndirectBlock, pointers, 1020, file)),
            (damage.Code, damage.Where));
    }

    [Fact]
    public void A_block_of_pointers_that_points_at_itself_ends_with_its_level()
    {
        ImageBuilder image = File(out uint file);
        uint pointers = Le.U32(image.Inode(file), InodeView.IBlock + (12 * 4));
        Le.PutU32(image.Block(pointers), 0, pointers);
        Le.PutU32(image.Inode(file), InodeView.IBlock + (14 * 4), pointers);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(FsError.None, volume.BlockOf(workspace, new(file), new(TripleStart), out BlockNumber block));
        Assert.Equal(pointers, block.Value);
    }

    private static ImageBuilder File(out uint file)
    {
        ImageBuilder image = new(VolumeShape.Ext2);
        file = image.AddFile("file", [new(0, 20)]);
        return image;
    }
}
