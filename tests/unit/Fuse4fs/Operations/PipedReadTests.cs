using Ext4Core;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Operations;
using Fuse4fs.Options;
using Fuse4fs.UnitTests.Logging;
using Fuse4fs.Wire;
using Microsoft.Win32.SafeHandles;
using TestSupport;

namespace Fuse4fs.UnitTests.Operations;

/// <summary>Reads of a volume whose contents the kernel may take by itself.</summary>
public sealed class PipedReadTests : IDisposable
{
    private const int Block = 1024, Start = 512;
    private const uint Whole = 100 * Block;

    private readonly string _path = Path.GetTempFileName();
    private readonly SafeFileHandle _file;
    private readonly Volume _volume;
    private readonly Serving _serving;
    private readonly byte[] _reply = new byte[1 << 20];
    private readonly uint _plain, _twoPieces, _manyPieces, _sparse, _unwritten, _short;

    public PipedReadTests()
    {
        ImageBuilder builder = new(VolumeShape.Ext4);
        _plain = builder.AddFile("plain", [new(0, 100)]);
        _twoPieces = builder.AddFile("two", [new(0, 50), new(50, 50)], isFragmented: true);
        _manyPieces = builder.AddFile("many", [.. Enumerable.Range(0, 100).Select(index => new PlannedRun((uint)index, 1))], isFragmented: true);
        _sparse = builder.AddFile("sparse", [new(0, 50), new(51, 49)]);
        _unwritten = builder.AddFile("unwritten", [new(0, 50), new(50, 50, IsUnwritten: true)]);
        _short = builder.AddFile("short", [new(0, 100)], size: Whole - 333);
        builder.Disk.SaveTo(_path);
        byte[] image = File.ReadAllBytes(_path);
        File.WriteAllBytes(_path, [.. new byte[Start], .. image]);
        _file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite);
        FileBlockDevice device = new(_file, RandomAccess.GetLength(_file), isReadOnly: true);
        _volume = Volume.Mount(new WindowBlockDevice(device, Start), new VolumeOptions());
        Containment containment = new(new EventLog(new RecordingLog()), ErrorPolicy.Continue, () => { });
        _serving = new(new(_volume, containment, ShowsAccessControlLists: true, AnswersOpens: false, new SpliceSource(_file, Start)));
    }

    public void Dispose()
    {
        _serving.Pipe?.Dispose();
        _volume.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }

    [Theory]
    [InlineData(0u, Whole)]
    [InlineData(1u, Whole - 1)]
    [InlineData(3000u, 65_432u)]
    [InlineData(Whole - 1, 1u << 19)]
    public void A_long_read_of_plain_contents_is_piped(uint offset, uint count)
    {
        byte[] expected = Contents(_plain)[(int)offset..(int)Math.Min(offset + count, Whole)];
        Assert.Equal(Answer.Piped(expected.Length), Read(_plain, offset, count));
        AssertPiped(expected);
    }

    [Fact]
    public void A_read_of_two_pieces_is_piped_in_order()
    {
        Assert.Equal(Answer.Piped((int)Whole), Read(_twoPieces, 0, Whole));
        AssertPiped(Contents(_twoPieces));
    }

    [Fact]
    public void A_piped_read_ends_with_the_file()
    {
        Assert.Equal(Answer.Piped((int)Whole - 333), Read(_short, 0, 1 << 19));
        AssertPiped(Contents(_short)[..^333]);
        Assert.Equal(Answer.Body(0), Read(_short, Whole, 1 << 16));
    }

    [Fact]
    public void A_short_read_is_copied()
    {
        Assert.Equal(Answer.Body(4096), Read(_plain, 0, 4096));
        Assert.Equal(Contents(_plain)[..4096], _reply[..4096]);
    }

    [Fact]
    public void Holes_and_unwritten_blocks_are_copied_as_zeros()
    {
        byte[] expected = Contents(_sparse);
        expected.AsSpan(50 * Block, Block).Clear();
        Assert.Equal(Answer.Body((int)Whole), Read(_sparse, 0, Whole));
        Assert.Equal(expected, _reply[..(int)Whole]);
        expected = Contents(_unwritten);
        expected.AsSpan(50 * Block).Clear();
        Assert.Equal(Answer.Body((int)Whole), Read(_unwritten, 0, Whole));
        Assert.Equal(expected, _reply[..(int)Whole]);
    }

    [Fact]
    public void A_file_in_very_many_pieces_is_copied()
    {
        Assert.Equal(Answer.Body((int)Whole), Read(_manyPieces, 0, Whole));
        Assert.Equal(Contents(_manyPieces), _reply[..(int)Whole]);
    }

    [Fact]
    public void A_device_that_was_cut_short_fails_the_read_and_no_other()
    {
        Assert.Equal(FsError.None, _volume.Admit(new(_short), out InodeNumber inode));
        Assert.Equal(FsError.None, _volume.Map(_serving.Workspace, inode, 0, Whole, out FileRun run));
        RandomAccess.SetLength(_file, Start + run.Offset.Value + (Whole / 2));
        Assert.Throws<DeviceException>(() => Read(_short, 0, Whole));
        Assert.Equal(Answer.Piped((int)Whole), Read(_plain, 0, Whole));
        AssertPiped(Contents(_plain));
    }

    [Fact]
    public void A_piped_read_allocates_nothing()
    {
        using FuseChannel channel = new(Libc.Open("/dev/null", Libc.OpenReadWrite));
        byte[] message = RequestBytes.Of(Opcode.Read, _twoPieces, RequestBytes.ReadBody(0, Whole));
        AllocationGate.Zero(() =>
        {
            Assert.True(Request.TryParse(message, out Request request));
            Assert.True(Operation.Run(_serving, request, _reply).IsPiped);
            _ = channel.Send(_serving.Pipe!);
        });
    }

    private static byte[] Contents(uint inode)
    {
        byte[] contents = new byte[Whole];
        for (uint block = 0; block < Whole / Block; block++)
        {
            ImageBuilder.FillPattern(contents.AsSpan((int)block * Block, Block), inode, block);
        }

        return contents;
    }

    private Answer Read(uint inode, uint offset, uint count)
    {
        byte[] message = RequestBytes.Of(Opcode.Read, inode, RequestBytes.ReadBody(offset, count));
        Assert.True(Request.TryParse(message, out Request request));
        return Operation.Run(_serving, request, _reply);
    }

    /// <summary>What waits in the pipe is one whole reply with this body.</summary>
    private void AssertPiped(byte[] body)
    {
        byte[] header = new byte[ReplyHeader.Size];
        _ = ReplyHeader.PutSuccess(header, unique: 2, body.Length);
        string path = Path.GetTempFileName();
        try
        {
            using FuseChannel channel = new(File.OpenHandle(path, access: FileAccess.Write));
            Assert.Equal(Errno.None, channel.Send(_serving.Pipe!));
            Assert.Equal([.. header, .. body], File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
