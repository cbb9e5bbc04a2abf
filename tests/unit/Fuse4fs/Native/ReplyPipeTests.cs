using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;
using TestSupport;

namespace Fuse4fs.UnitTests.Native;

public sealed class ReplyPipeTests : IDisposable
{
    private const int Page = PageBuffer.PageSize;
    private const int SourceBytes = (1 << 20) + (3 * Page);

    private readonly string _path = Path.GetTempFileName();
    private readonly byte[] _contents = new byte[SourceBytes];
    private readonly byte[] _header = new byte[16];
    private readonly SafeFileHandle _source;

    public ReplyPipeTests()
    {
        new Random(1).NextBytes(_contents);
        new Random(2).NextBytes(_header);
        File.WriteAllBytes(_path, _contents);
        _source = File.OpenHandle(_path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite);
    }

    public void Dispose()
    {
        _source.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void A_reply_arrives_whole_and_in_order()
    {
        using ReplyPipe pipe = Create();
        (long Offset, long Length)[] runs = [(5000, 70_001), (0, 1), (Page, 3 * Page), (SourceBytes - 1, 1)];
        Assert.True(Fill(pipe, runs));
        Assert.Equal(Expected(start: 0, runs), Arrived(pipe, Errno.None));
    }

    [Fact]
    public void A_volume_may_begin_anywhere_on_its_device()
    {
        using ReplyPipe pipe = Create(start: 1234);
        (long Offset, long Length)[] runs = [(0, Page), (100_000, 200_000)];
        Assert.True(Fill(pipe, runs));
        Assert.Equal(Expected(1234, runs), Arrived(pipe, Errno.None));
    }

    [Fact]
    public void The_largest_reply_fits_wherever_its_pages_begin()
    {
        using ReplyPipe pipe = Create();
        (long Offset, long Length)[] runs = [.. Enumerable.Range(0, ReplyPipe.MostPages - 1).Select(index => ((index * Page) + 7, Page)), (0, Page)];
        Assert.True(Fill(pipe, runs));
        Assert.Equal(Expected(start: 0, runs), Arrived(pipe, Errno.None));
    }

    [Theory]
    [InlineData(0, 255 * Page, true)]
    [InlineData(0, (255 * Page) + 1, false)]
    [InlineData(1, 254 * Page, true)]
    [InlineData(1, 255 * Page, false)]
    public void What_does_not_fit_is_refused_instead_of_waited_for(long offset, int length, bool fits)
    {
        using ReplyPipe pipe = Create();
        Assert.Equal(fits, Fill(pipe, (offset, length)));
    }

    [Fact]
    public void A_device_that_ends_too_early_leaves_nothing_behind()
    {
        using ReplyPipe pipe = Create();
        Assert.False(Fill(pipe, (0, 50_000), (SourceBytes - 10, 11)));
        Assert.True(Fill(pipe, (60_000, 7)));
        Assert.Equal(Expected(start: 0, (60_000, 7)), Arrived(pipe, Errno.None));
    }

    [Fact]
    public void A_device_that_was_cut_short_leaves_nothing_behind()
    {
        using ReplyPipe pipe = Create();
        RandomAccess.SetLength(_source, 100_000);
        Assert.False(Fill(pipe, (0, 200_000)));
        Assert.True(Fill(pipe, (7, 90_000)));
        Assert.Equal(Expected(start: 0, (7, 90_000)), Arrived(pipe, Errno.None));
    }

    [Fact]
    public void A_device_that_cannot_be_read_gives_nothing()
    {
        using SafeFileHandle unreadable = File.OpenHandle(_path, access: FileAccess.Write, share: FileShare.ReadWrite);
        Assert.True(ReplyPipe.TryCreate(new(unreadable, 0), out ReplyPipe? pipe));
        using (pipe)
        {
            Assert.False(Fill(pipe, (0, 50_000)));
            Assert.Empty(Arrived(pipe, Errno.None));
        }
    }

    [Fact]
    public void A_reply_that_cannot_be_sent_leaves_nothing_behind()
    {
        using ReplyPipe pipe = Create();
        Assert.True(Fill(pipe, (0, 50_000)));
        using (FuseChannel deaf = new(File.OpenHandle(_path, share: FileShare.ReadWrite)))
        {
            Assert.NotEqual(Errno.None, deaf.Send(pipe));
        }

        Assert.True(Fill(pipe, (1, 2)));
        Assert.Equal(Expected(start: 0, (1, 2)), Arrived(pipe, Errno.None));
    }

    [Fact]
    public void Filling_and_sending_allocates_nothing()
    {
        using ReplyPipe pipe = Create();
        using FuseChannel channel = new(Libc.Open("/dev/null", Libc.OpenReadWrite));
        (long Offset, long Length)[] runs = [(5000, 70_001), (0, 1)];
        AllocationGate.Zero(() =>
        {
            Assert.True(Fill(pipe, runs));
            _ = channel.Send(pipe);
        });
    }

    private bool Fill(ReplyPipe pipe, params (long Offset, long Length)[] runs)
    {
        bool isFilled = pipe.TryBegin(_header);
        foreach ((long offset, long length) in runs)
        {
            isFilled = isFilled && pipe.TryAdd(offset, length);
        }

        return isFilled;
    }

    private ReplyPipe Create(long start = 0)
    {
        Assert.True(ReplyPipe.TryCreate(new(_source, start), out ReplyPipe? pipe), "this system gives no pipe of a MiB");
        return pipe;
    }

    private byte[] Expected(int start, params (long Offset, long Length)[] runs) =>
        [.. _header, .. runs.SelectMany(run => _contents.AsSpan(start + (int)run.Offset, (int)run.Length).ToArray())];

    /// <summary>Everything that a descriptor gets when the reply is sent to it.</summary>
    private static byte[] Arrived(ReplyPipe pipe, Errno expected)
    {
        string path = Path.GetTempFileName();
        try
        {
            using FuseChannel channel = new(File.OpenHandle(path, access: FileAccess.Write));
            Assert.Equal(expected, channel.Send(pipe));
            return File.ReadAllBytes(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
