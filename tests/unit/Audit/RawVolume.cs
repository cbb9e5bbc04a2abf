using System.Text;
using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Audit;

/// <summary>The bytes of a small volume, found by what they belong to: for tests that change one of them.</summary>
internal sealed class RawVolume : IDisposable
{
    private readonly Volume _healthy;
    private readonly Workspace _workspace;

    public RawVolume(string configuration)
    {
        Bytes = SmallVolume.Named(configuration).Make();
        _healthy = Volume.Mount(new MemoryBlockDevice((byte[])Bytes.Clone()), new() { SkipJournal = true });
        _workspace = _healthy.CreateWorkspace();
    }

    /// <summary>The whole volume.</summary>
    public byte[] Bytes { get; }

    public Span<byte> Superblock => Bytes.AsSpan(SuperblockView.VolumeOffset, SuperblockView.Size);

    /// <summary>The first group's descriptor, behind the superblock's block.</summary>
    public Span<byte> Descriptor => Block(_healthy.Geometry.FirstDataBlock + 1)[.._healthy.Geometry.DescriptorSize];

    public Span<byte> BlockBitmap => Block(Le.U32(Descriptor, GroupDescriptorView.BgBlockBitmapLo));

    public Span<byte> InodeBitmap => Block(Le.U32(Descriptor, GroupDescriptorView.BgInodeBitmapLo));

    public Span<byte> Block(ulong number) => Bytes.AsSpan((int)number * _healthy.Geometry.BlockSize, _healthy.Geometry.BlockSize);

    /// <summary>An inode of the first group.</summary>
    public Span<byte> Inode(uint number)
    {
        int size = _healthy.Geometry.InodeSize;
        int table = (int)Le.U32(Descriptor, GroupDescriptorView.BgInodeTableLo) * _healthy.Geometry.BlockSize;
        return Bytes.AsSpan(table + ((int)(number - 1) * size), size);
    }

    public Span<byte> Inode(string path) => Inode(NumberOf(path));

    public uint NumberOf(string path)
    {
        InodeNumber inode = InodeNumber.Root;
        foreach (string name in path.Split('/'))
        {
            Assert.Equal(FsError.None, _healthy.Lookup(_workspace, inode, Encoding.UTF8.GetBytes(name), out inode));
        }

        return inode.Value;
    }

    /// <summary>Where a block of a file lies.</summary>
    public uint PlaceOf(uint inode, uint fileBlock)
    {
        Assert.Equal(FsError.None, _healthy.BlockOf(_workspace, new(inode), new(fileBlock), out BlockNumber block));
        return (uint)block.Value;
    }

    /// <summary>A block of a file.</summary>
    public Span<byte> BlockOf(uint inode, uint fileBlock) => Block(PlaceOf(inode, fileBlock));

    public Span<byte> BlockOf(string path, uint fileBlock) => BlockOf(NumberOf(path), fileBlock);

    /// <summary>Where a name stands in the first block of its directory.</summary>
    public Span<byte> EntryOf(string directory, string name)
    {
        Span<byte> block = directory.Length == 0 ? BlockOf(InodeNumber.Root.Value, 0) : BlockOf(directory, 0);
        int offset = 0;
        while (!new DirectoryEntryView(block, offset).Name.SequenceEqual(Encoding.UTF8.GetBytes(name)))
        {
            offset += DirectoryEntryView.SizeAt(block, offset, block.Length);
        }

        return block[offset..];
    }

    /// <summary>Adds to a number of two bytes.</summary>
    public static void Add16(Span<byte> field, int offset, ushort more) =>
        Le.PutU16(field, offset, unchecked((ushort)(Le.U16(field, offset) + more)));

    /// <summary>Adds to a number of four bytes.</summary>
    public static void Add32(Span<byte> field, int offset, uint more) =>
        Le.PutU32(field, offset, unchecked(Le.U32(field, offset) + more));

    /// <summary>Puts the first descriptor's checksum right.</summary>
    public void SealDescriptor() => Le.PutU16(
        Descriptor, GroupDescriptorView.BgChecksum,
        new GroupDescriptorView(Descriptor).ComputeCrc32C(_healthy.Geometry.ChecksumSeed, 0));

    /// <inheritdoc/>
    public void Dispose() => _healthy.Dispose();
}
