using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.UnitTests.Volumes;
using TestSupport;

namespace Ext4Core.UnitTests.Extents;

public sealed class ExtentTreeTests
{
    private const int FirstEntry = ExtentNodeView.HeaderSize;
    private const int SecondEntry = FirstEntry + ExtentNodeView.EntrySize;

    [Fact]
    [Provokes(CorruptionCode.ExtentOrder)]
    public void An_extent_starts_where_the_one_before_ends_or_later()
    {
        ImageBuilder image = Flat(out uint file);
        PutRoot(image, file, SecondEntry + ExtentView.EeBlock, 3);
        _ = Damaged.ReadAll(image, file);
        PutRoot(image, file, SecondEntry + ExtentView.EeBlock, 2);
        CorruptionException damage = Damaged.Stat(image, file);
        Assert.Equal((CorruptionCode.ExtentOrder, InRoot(image, file, SecondEntry), 2ul, 3ul),
            (damage.Code, damage.Where, damage.Found, damage.Expected));
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentLength)]
    public void An_extent_covers_a_block_at_least()
    {
        ImageBuilder image = Flat(out uint file);
        Le.PutU16(Root(image, file), FirstEntry + ExtentView.EeLen, 1);
        image.Seal();
        _ = Damaged.ReadAll(image, file);
        Le.PutU16(Root(image, file), FirstEntry + ExtentView.EeLen, 0);
        image.Seal();
        CorruptionException damage = Damaged.Stat(image, file);
        Assert.Equal((CorruptionCode.ExtentLength, InRoot(image, file, FirstEntry + ExtentView.EeLen)), (damage.Code, damage.Where));
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentLength)]
    public void An_extent_ends_before_the_last_file_block()
    {
        ImageBuilder image = Flat(out uint file);
        PutRoot(image, file, SecondEntry + ExtentView.EeBlock, uint.MaxValue - 2);
        _ = Damaged.ReadAll(image, file);
        PutRoot(image, file, SecondEntry + ExtentView.EeBlock, uint.MaxValue - 1);
        CorruptionException damage = Damaged.Stat(image, file);
        Assert.Equal((CorruptionCode.ExtentLength, 2ul, 1ul), (damage.Code, damage.Found, damage.Expected));
    }

    [Fact]
    [Provokes(CorruptionCode.BlockOutOfRange)]
    public void An_extent_over_an_inode_table_is_damage()
    {
        ImageBuilder image = Flat(out uint file);
        uint end = (uint)image.InodeTableOf(0) + 16;
        PutRoot(image, file, FirstEntry + ExtentView.EeStartLo, end);
        _ = Damaged.ReadAll(image, file);
        PutRoot(image, file, FirstEntry + ExtentView.EeStartLo, end - 1);
        CorruptionException damage = Damaged.Stat(image, file);
        Assert.Equal((CorruptionCode.BlockOutOfRange, InRoot(image, file, FirstEntry + ExtentView.EeStartHi), (ulong)(end - 1)),
            (damage.Code, damage.Where, damage.Found));
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentChecksum)]
    public void A_node_with_a_flipped_bit_is_damage()
    {
        ImageBuilder image = Deep(out uint file, depth: 1);
        _ = Damaged.ReadAll(image, file);
        ulong node = image.ExtentNodesOf(file)[0];
        image.Block(node)[FirstEntry + ExtentView.EeStartLo] ^= 1;
        CorruptionException damage = Damaged.Read(image, file);
        Assert.Equal((CorruptionCode.ExtentChecksum, new DiskLocation(StructureKind.ExtentNode, node, 1020, file)),
            (damage.Code, damage.Where));
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentOrder)]
    public void A_leaf_ends_where_its_parent_says_that_the_next_starts()
    {
        ImageBuilder image = Deep(out uint file, depth: 1);
        uint nextFirst = Le.U32(Root(image, file), SecondEntry + ExtentIndexView.EiBlock);
        ulong leaf = image.ExtentNodesOf(file)[0];
        int last = FirstEntry + ((Le.U16(image.Block(leaf), ExtentNodeView.EhEntries) - 1) * ExtentNodeView.EntrySize);
        uint lastFirst = Le.U32(image.Block(leaf), last + ExtentView.EeBlock);
        Le.PutU16(image.Block(leaf), last + ExtentView.EeLen, (ushort)(nextFirst - lastFirst));
        image.Seal();
        _ = Damaged.ReadAll(image, file);
        Le.PutU16(image.Block(leaf), last + ExtentView.EeLen, (ushort)(nextFirst - lastFirst + 1));
        image.Seal();
        CorruptionException damage = Damaged.Read(image, file);
        Assert.Equal(
            (CorruptionCode.ExtentOrder, new DiskLocation(StructureKind.ExtentNode, leaf, last, file), nextFirst + 1ul, (ulong)nextFirst),
            (damage.Code, damage.Where, damage.Found, damage.Expected));
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentParentMismatch)]
    public void A_node_starts_where_its_parent_says()
    {
        ImageBuilder image = Deep(out uint file, depth: 1);
        uint first = Le.U32(Root(image, file), SecondEntry + ExtentIndexView.EiBlock);
        PutRoot(image, file, SecondEntry + ExtentIndexView.EiBlock, first);
        _ = Damaged.ReadAll(image, file);
        PutRoot(image, file, SecondEntry + ExtentIndexView.EiBlock, first + 1);
        CorruptionException damage = Damaged.Read(image, file);
        Assert.Equal((CorruptionCode.ExtentParentMismatch, (ulong)first, first + 1ul), (damage.Code, damage.Found, damage.Expected));
        Assert.Equal((StructureKind.ExtentNode, FirstEntry), (damage.Where.Structure, damage.Where.Offset));
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentDepth)]
    public void A_node_is_one_level_below_its_parent()
    {
        ImageBuilder image = Deep(out uint file, depth: 2);
        _ = Damaged.ReadAll(image, file);
        Le.PutU16(Root(image, file), ExtentNodeView.EhDepth, 1);
        image.Seal();
        CorruptionException damage = Damaged.Read(image, file);
        Assert.Equal((CorruptionCode.ExtentDepth, ExtentNodeView.EhDepth, 1ul, 0ul),
            (damage.Code, damage.Where.Offset, damage.Found, damage.Expected));
    }

    [Fact]
    public void A_node_that_is_its_own_child_is_found_out()
    {
        ImageBuilder image = Deep(out uint file, depth: 2);
        uint child = Le.U32(Root(image, file), FirstEntry + ExtentIndexView.EiLeafLo);
        Le.PutU32(image.Block(child), FirstEntry + ExtentIndexView.EiLeafLo, child);
        image.Seal();
        Assert.Equal(CorruptionCode.ExtentDepth, Damaged.Read(image, file).Code);
    }

    [Fact]
    [Provokes(CorruptionCode.WorkBudgetExceeded)]
    public void A_request_that_visits_one_block_too_many_is_stopped()
    {
        ImageBuilder image = Deep(out uint file, depth: 3);
        using Volume volume = image.Mount();
        byte[] bytes = new byte[1 << 16];
        int budget = 1;
        CorruptionException? last = null;
        while (Try(() => volume.Read(new Workspace(volume.Geometry, budget, new()), new(file), 0, bytes, out _)) is { } damage)
        {
            Assert.Equal((CorruptionCode.WorkBudgetExceeded, (ulong)budget), (damage.Code, damage.Expected));
            last = damage;
            budget++;
        }

        Assert.NotNull(last);
        Assert.InRange(budget, 10, 200);
    }

    [Fact]
    public void A_file_without_any_extent_is_one_hole()
    {
        ImageBuilder image = new();
        uint file = image.AddFile("sparse", [], size: 5000);
        Assert.Equal(new byte[5000], Damaged.ReadAll(image, file));
    }

    [Fact]
    public void A_file_of_the_largest_size_can_be_asked_anywhere()
    {
        ImageBuilder image = Flat(out uint file);
        InodeWriter.PutSize(image.Inode(file), long.MaxValue);
        image.Seal();
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(FsError.None, volume.Seek(workspace, new(file), 0, SeekTarget.Hole, out long hole));
        Assert.Equal(3 * 1024, hole);
        Assert.Equal(FsError.NoSuchAddress, volume.Seek(workspace, new(file), 20 * 1024, SeekTarget.Data, out _));
        Assert.Equal(FsError.None, volume.Map(workspace, new(file), 20 * 1024, long.MaxValue, out FileRun run));
        Assert.Equal(FileRunKind.Zeros, run.Kind);
        Assert.Equal(FsError.None, volume.Map(workspace, new(file), long.MaxValue - 1, long.MaxValue, out run));
        Assert.Equal((FileRunKind.Zeros, 1L), (run.Kind, run.Length));
        byte[] last = [1, 2];
        Assert.Equal(FsError.None, volume.Read(workspace, new(file), long.MaxValue - 1, last, out int count));
        Assert.Equal((1, 0), (count, last[0]));
        Assert.Equal(FsError.None, volume.Seek(workspace, new(file), long.MaxValue - 1, SeekTarget.Hole, out hole));
        Assert.Equal(long.MaxValue - 1, hole);
    }

    [Theory]
    [InlineData(9, 4)]
    [InlineData(4, 4)]
    [InlineData(2, 2)]
    public void A_range_is_told_run_by_run_as_far_as_there_is_room(int room, int told)
    {
        ImageBuilder image = new();
        uint file = image.AddFile("mixed", [new(0, 2), new(2, 1, IsUnwritten: true), new(5, 2)], size: (7 * 1024) - 24);
        using Volume volume = image.Mount();
        FileRun[] runs = new FileRun[room];
        Assert.Equal(FsError.None, volume.Map(volume.CreateWorkspace(), new(file), 1000, 1 << 20, runs, out int runCount));
        (FileRunKind Kind, long Length)[] expected =
            [(FileRunKind.OnDevice, 1048), (FileRunKind.Zeros, 1024), (FileRunKind.Zeros, 2048), (FileRunKind.OnDevice, 2024)];
        Assert.Equal(expected[..told], runs[..runCount].Select(run => (run.Kind, run.Length)));
    }

    [Fact]
    public void A_block_that_was_never_written_has_no_address()
    {
        ImageBuilder image = new();
        uint file = image.AddFile("mixed", [new(0, 1), new(1, 1, IsUnwritten: true), new(4, 1)]);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(image.RunsOf(file)[0].Start, BlockOf(0));
        Assert.Equal(0ul, BlockOf(1));
        Assert.Equal(0ul, BlockOf(2));
        Assert.Equal(image.RunsOf(file)[2].Start, BlockOf(4));
        Assert.Equal(0ul, BlockOf(uint.MaxValue));

        ulong BlockOf(uint fileBlock)
        {
            Assert.Equal(FsError.None, volume.BlockOf(workspace, new(file), new(fileBlock), out BlockNumber block));
            return block.Value;
        }
    }

    [Fact]
    public void Reports_of_trees_read_well()
    {
        ImageBuilder flipped = Deep(out uint file, depth: 1);
        flipped.Block(flipped.ExtentNodesOf(file)[0])[100] ^= 1;
        ImageBuilder overlapping = Flat(out uint second);
        PutRoot(overlapping, second, SecondEntry + ExtentView.EeBlock, 0);
        ImageBuilder beyond = Flat(out uint third);
        PutRoot(beyond, third, FirstEntry + ExtentView.EeStartLo, 4094);
        Snapshot.Verify(string.Join('\n', new[]
        {
            Damaged.Read(flipped, file).Message,
            Damaged.Stat(overlapping, second).Message,
            Damaged.Stat(beyond, third).Message,
        }));
    }

    private static CorruptionException? Try(Action request)
    {
        try
        {
            request();
            return null;
        }
        catch (CorruptionException damage)
        {
            return damage;
        }
    }

    /// <summary>A file with two extents in its root: blocks 0 to 2, and 10 to 11.</summary>
    private static ImageBuilder Flat(out uint file)
    {
        ImageBuilder image = new();
        file = image.AddFile("flat", [new(0, 3), new(10, 2)], isFragmented: true);
        return image;
    }

    private static ImageBuilder Deep(out uint file, int depth)
    {
        ImageBuilder image = new();
        file = image.AddFile("deep", [.. Enumerable.Range(0, 6).Select(index => new PlannedRun((uint)index * 3, 2))], depth: depth);
        return image;
    }

    private static void PutRoot(ImageBuilder image, uint file, int offset, uint value)
    {
        Le.PutU32(Root(image, file), offset, value);
        image.Seal();
    }

    private static Span<byte> Root(ImageBuilder image, uint file) =>
        image.Inode(file).Slice(InodeView.IBlock, InodeView.BlockMapSize);

    private static DiskLocation InRoot(ImageBuilder image, uint file, int offset)
    {
        (ulong block, int inode) = image.PlaceOf(file);
        return new(StructureKind.ExtentNode, block, inode + InodeView.IBlock + offset, file);
    }
}
