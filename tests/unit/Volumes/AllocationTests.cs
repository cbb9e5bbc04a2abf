using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Volumes;

/// <summary>The third promise: no request allocates.</summary>
public sealed class AllocationTests : IDisposable
{
    private readonly Volume _volume;
    private readonly Workspace _workspace;
    private readonly InodeNumber _file;
    private readonly byte[] _buffer = new byte[1 << 16];

    public AllocationTests()
    {
        ImageBuilder image = new();
        uint file = image.AddFile(
            "file", [.. Enumerable.Range(0, 40).Select(index => new PlannedRun((uint)index * 2, 1, index % 3 == 0))], depth: 2);
        PutAttribute(image.Inode(file));
        image.Seal();
        _volume = image.Mount(new VolumeOptions());
        _workspace = _volume.CreateWorkspace();
        _file = new(file);
    }

    [Fact]
    public void Stat_allocates_nothing() => AllocationGate.Zero(() => Accept(_volume.Stat(_workspace, _file, out _)));

    [Fact]
    public void Read_allocates_nothing() => AllocationGate.Zero(() => Accept(_volume.Read(_workspace, _file, 0, _buffer, out _)));

    [Fact]
    public void Map_allocates_nothing() => AllocationGate.Zero(() => Accept(_volume.Map(_workspace, _file, 4096, 1 << 20, out _)));

    [Fact]
    public void Mapping_a_range_allocates_nothing()
    {
        FileRun[] runs = new FileRun[8];
        AllocationGate.Zero(() => Accept(_volume.Map(_workspace, _file, 0, 1 << 20, runs, out _)));
    }

    [Fact]
    public void BlockOf_allocates_nothing() => AllocationGate.Zero(() => Accept(_volume.BlockOf(_workspace, _file, new(8), out _)));

    [Fact]
    public void Seek_allocates_nothing() => AllocationGate.Zero(() =>
    {
        Accept(_volume.Seek(_workspace, _file, 0, SeekTarget.Data, out _));
        Accept(_volume.Seek(_workspace, _file, 0, SeekTarget.Hole, out _));
    });

    [Fact]
    public void Lookup_allocates_nothing() =>
        AllocationGate.Zero(() => Accept(_volume.Lookup(_workspace, InodeNumber.Root, "file"u8, out _)));

    [Fact]
    public void List_allocates_nothing() => AllocationGate.Zero(() =>
    {
        Counter counter = default;
        Accept(_volume.List(_workspace, InodeNumber.Root, 0, ref counter));
        if (counter.Entries != 4)
        {
            Assert.Fail($"{counter.Entries} entries");
        }
    });

    [Fact]
    public void GetAttribute_allocates_nothing() =>
        AllocationGate.Zero(() => Accept(_volume.GetAttribute(_workspace, _file, "user.k"u8, _buffer, out _)));

    public void Dispose() => _volume.Dispose();

    private static void Accept(FsError error)
    {
        if (error != FsError.None)
        {
            Assert.Fail(error.ToString());
        }
    }

    /// <summary>user.k = "vvvv", in the inode.</summary>
    private static void PutAttribute(Span<byte> inode)
    {
        const int Header = InodeView.Size + 32;
        const int Entry = Header + 4;
        Le.PutU32(inode, Header, 0xEA02_0000);
        inode[Entry] = 1;
        inode[Entry + 1] = 1;
        Le.PutU16(inode, Entry + 2, (ushort)(256 - 4 - Entry));
        Le.PutU32(inode, Entry + 8, 4);
        inode[Entry + 16] = (byte)'k';
        "vvvv"u8.CopyTo(inode[^4..]);
    }

    private struct Counter : IDirectorySink
    {
        public int Entries { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            Entries++;
            return true;
        }
    }
}
