using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Server;

/// <summary>Long reads through a real mount: contents that the kernel takes from the image by itself.</summary>
public sealed class LongReadTests : IDisposable
{
    private const int Block = 1024, BlockCount = 300;

    private readonly string _image = Path.Combine(Path.GetTempPath(), $"ext4safety-long-{Guid.NewGuid():N}.img");
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly long _lastByte;

    public LongReadTests()
    {
        ImageBuilder builder = new(VolumeShape.Ext4);
        Add(builder, "plain", isFragmented: false, new PlannedRun(0, BlockCount));
        Add(builder, "pieces", isFragmented: true, [.. Enumerable.Range(0, 20).Select(index => new PlannedRun((uint)index * 15, 15))]);
        Add(builder, "crumbs", isFragmented: true, [.. Enumerable.Range(0, BlockCount).Select(index => new PlannedRun((uint)index, 1))]);
        Add(builder, "sparse", isFragmented: false, new PlannedRun(0, 100), new PlannedRun(201, 99));
        Add(builder, "unwritten", isFragmented: false, new PlannedRun(0, 100), new PlannedRun(100, 100, IsUnwritten: true), new PlannedRun(200, 100));
        uint last = Add(builder, "last", isFragmented: false, new PlannedRun(0, BlockCount));
        _lastByte = ((long)builder.RunsOf(last)[0].Start + BlockCount) * Block;
        builder.Disk.SaveTo(_image);
    }

    public void Dispose() => File.Delete(_image);

    [NeedsFact(Needs.Server)]
    public void Every_file_reads_as_it_was_written()
    {
        using ServedMount mount = ServedMount.Start(_image);
        foreach ((string name, byte[] contents) in _files)
        {
            Assert.True(contents.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(mount.Directory, name))), name);
        }
    }

    [NeedsFact(Needs.Server)]
    public void Reads_that_begin_and_end_anywhere_give_the_same_bytes()
    {
        Random random = new(1);
        using ServedMount mount = ServedMount.Start(_image);
        foreach ((string name, byte[] contents) in _files)
        {
            using FileStream file = new(Path.Combine(mount.Directory, name), FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            byte[] buffer = new byte[contents.Length];
            for (int turn = 0; turn < 50; turn++)
            {
                int offset = random.Next(contents.Length);
                file.Position = offset;
                Span<byte> wanted = buffer.AsSpan(0, random.Next(1, contents.Length));
                int count = file.ReadAtLeast(wanted, wanted.Length, throwOnEndOfStream: false);
                Assert.Equal(Math.Min(wanted.Length, contents.Length - offset), count);
                Assert.True(buffer.AsSpan(0, count).SequenceEqual(contents.AsSpan(offset, count)), $"{name} from {offset}, {count} bytes");
            }
        }
    }

    [NeedsFact(Needs.Server)]
    public void An_image_that_is_cut_short_meanwhile_costs_only_what_it_lost()
    {
        using ServedMount mount = ServedMount.Start(_image);
        ExternalTool.Run("truncate", "-s", $"{_lastByte - (BlockCount / 2 * Block)}", _image);
        Assert.Throws<IOException>(() => File.ReadAllBytes(Path.Combine(mount.Directory, "last")));
        Assert.Equal(_files["plain"], File.ReadAllBytes(Path.Combine(mount.Directory, "plain")));
        mount.Unmount();
        (int exitCode, string log) = mount.WaitForEnd();
        Assert.Equal(0, exitCode);
        Assert.Contains("event=device", log, StringComparison.Ordinal);
        Assert.DoesNotContain("reply_refused", log, StringComparison.Ordinal);
    }

    private uint Add(ImageBuilder builder, string name, bool isFragmented, params PlannedRun[] runs)
    {
        uint inode = builder.AddFile(name, runs, size: (BlockCount * Block) - 77, isFragmented: isFragmented);
        byte[] contents = new byte[BlockCount * Block];
        foreach (PlannedRun run in runs.Where(run => !run.IsUnwritten))
        {
            for (uint block = run.First; block < run.First + run.Count; block++)
            {
                ImageBuilder.FillPattern(contents.AsSpan((int)block * Block, Block), inode, block);
            }
        }

        _files[name] = contents[..^77];
        return inode;
    }
}
