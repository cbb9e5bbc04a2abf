using Ext4Core.Layout;
using FsCheck;
using FsCheck.Fluent;
using TestSupport;

namespace Ext4Core.PropertyTests.Extents;

/// <summary>What was laid out is what is read: any map, against a model that knows nothing of maps.</summary>
public sealed class MappingProperties
{
    private static readonly VolumeShape Small = VolumeShape.Ext4 with { OmitsBackups = true };

    private static Gen<PlannedRun[]> Runs(int most, Gen<int> gaps, bool canBeUnwritten) =>
        from count in Gen.Choose(0, most)
        from pieces in (from gap in gaps
                        from length in Gen.Frequency((3, Gen.Choose(1, 4)), (1, Gen.Choose(5, 60)))
                        from isUnwritten in Gen.Frequency((3, Gen.Constant(false)), (1, Gen.Constant(canBeUnwritten)))
                        select (Gap: gap, Length: length, IsUnwritten: isUnwritten)).ArrayOf(count)
        select Plan(pieces);

    [Theory]
    [InlineData(1024, 256)]
    [InlineData(4096, 256)]
    [InlineData(65536, 512)]
    public void Any_extent_tree_reads_as_it_was_laid_out(int blockSize, int mostBlocks)
    {
        VolumeShape shape = Small with { BlockSize = blockSize, Blocks = blockSize == 65536 ? 2048ul : 8192ul };
        Holds(shape, Math.Min(24, mostBlocks / 8), Gen.Choose(0, 9), Gen.Choose(0, 5), canBeUnwritten: true);
    }

    [Fact]
    public void An_extent_tree_of_many_nodes_reads_as_it_was_laid_out() =>
        Holds(Small, 90, Gen.Elements(0, 1, 1, 1000), Gen.Choose(1, 5), canBeUnwritten: true);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Any_file_in_clusters_reads_as_it_was_laid_out(int clusterBits) => Holds(
        VolumeShape.BigAllocation with { BlockSize = 1024, ClusterBits = clusterBits, Blocks = 32768, OmitsBackups = true },
        16, Gen.Choose(0, 40), Gen.Choose(0, 3), canBeUnwritten: true);

    [Fact]
    public void Any_map_of_pointers_reads_as_it_was_laid_out() => Holds(
        VolumeShape.Ext2 with { OmitsBackups = true }, 8,
        Gen.Elements(0, 1, 11, 12, 13, 255, 256, 257, 65536, 66000, 2_000_000), Gen.Constant(0), canBeUnwritten: false);

    private static void Holds(VolumeShape shape, int most, Gen<int> gaps, Gen<int> depths, bool canBeUnwritten)
    {
        Gen<(PlannedRun[] Runs, int Depth, bool IsFragmented, int Slack)> files =
            from runs in Runs(most, gaps, canBeUnwritten)
            from depth in depths
            from isFragmented in Gen.Elements(true, false)
            from slack in Gen.OneOf(Gen.Elements(0, 1, -1), Gen.Choose(-shape.BlockSize, 5 * shape.BlockSize))
            select (runs, depth, isFragmented, slack);
        Prop.ForAll(files.ToArbitrary(), file =>
        {
            ulong end = file.Runs.Length == 0 ? 0 : ((ulong)file.Runs[^1].First + file.Runs[^1].Count) * (ulong)shape.BlockSize;
            ulong size = (ulong)Math.Max(0, (long)end + file.Slack);
            ImageBuilder image = new(shape);
            uint inode = image.AddFile("file", file.Runs, size, file.Depth, file.IsFragmented);
            string? disagreement = new FileModel(image, inode, size).Disagreement();
            return (disagreement is null).Label(disagreement ?? "");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static PlannedRun[] Plan((int Gap, int Length, bool IsUnwritten)[] pieces)
    {
        var runs = new PlannedRun[pieces.Length];
        uint next = 0;
        for (int index = 0; index < pieces.Length; index++)
        {
            next += (uint)pieces[index].Gap;
            runs[index] = new(next, (uint)pieces[index].Length, pieces[index].IsUnwritten);
            next += (uint)pieces[index].Length;
        }

        return runs;
    }
}
