using Ext4Core.Cache;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Support;

public sealed class ImageBuilderTests
{
    public static IEnumerable<object[]> Shapes => VolumeShapes.Names;

    [TheoryWithTool("e2fsck")]
    [MemberData(nameof(Shapes))]
    public void Every_shape_is_clean_to_the_reference_checker(string shape)
    {
        ToolResult verdict = ExternalTool.Check(Populated(shape).Disk);
        Assert.True(verdict.ExitCode == 0, verdict.Everything);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_shape_mounts_and_its_files_read_as_planned(string shape)
    {
        ImageBuilder image = Populated(shape);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        const uint File = 12;
        Assert.Equal(FsError.None, volume.Stat(workspace, new(File), out InodeStat stat));
        byte[] bytes = new byte[stat.Size + 1];
        Assert.Equal(FsError.None, volume.Read(workspace, new(File), 0, bytes, out int count));
        Assert.Equal(stat.Size, count);
        byte[] expected = new byte[stat.Size + 1];
        foreach (PlacedRun run in image.RunsOf(File))
        {
            for (uint index = 0; index < run.Count && !run.IsUnwritten; index++)
            {
                uint block = run.First + index;
                ImageBuilder.FillPattern(
                    expected.AsSpan((int)block * image.BlockSize, image.BlockSize), File, block);
            }
        }

        Assert.True(expected.AsSpan().SequenceEqual(bytes));
    }

    private static ImageBuilder Populated(string shape)
    {
        bool canBeUnwritten = VolumeShapes.Named(shape).Incompatible.HasFlag(Ext4Core.Layout.IncompatibleFeatures.Extents);
        ImageBuilder image = new(VolumeShapes.Named(shape));
        image.AddFile("mixed", [new(0, 3), new(5, 2, canBeUnwritten), new(20, 4), new(300, 1)], isFragmented: true);
        image.AddFile("deep", [.. Enumerable.Range(0, 20).Select(index => new PlannedRun((uint)index * 2, 1))], depth: 2);
        image.AddFile("empty", []);
        return image;
    }
}
