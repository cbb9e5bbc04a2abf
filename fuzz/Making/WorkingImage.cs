using System.Text;
using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Making;

/// <summary>An image that is being made: its bytes, and where things are in them.</summary>
internal sealed class WorkingImage
{
    private readonly string _path;

    public WorkingImage(string path, byte[] bytes)
    {
        _path = path;
        Bytes = bytes;
    }

    /// <summary>The whole volume.</summary>
    public byte[] Bytes { get; private set; }

    public Span<byte> Superblock => Bytes.AsSpan(SuperblockView.VolumeOffset, SuperblockView.Size);

    public VolumeGeometry Geometry =>
        new(new SuperblockView(Superblock), new(SuperblockView.VolumeOffset), Bytes.Length, new(StructureKind.Superblock, 0, 0));

    public Span<byte> Block(ulong block) => Bytes.AsSpan((int)block << Geometry.BlockBits, Geometry.BlockSize);

    /// <summary>Runs commands of debugfs on the image as it stands.</summary>
    public void Do(params IEnumerable<string> commands)
    {
        File.WriteAllBytes(_path, Bytes);
        string script = _path + ".commands";
        File.WriteAllLines(script, commands);
        _ = Tool.Run("debugfs", 0, "-w", "-f", script, _path);
        Bytes = File.ReadAllBytes(_path);
    }

    /// <summary>Puts the image in order with e2fsck.</summary>
    public void Repair()
    {
        File.WriteAllBytes(_path, Bytes);
        _ = Tool.Run("e2fsck", 1, "-fy", _path);
        Bytes = File.ReadAllBytes(_path);
    }

    /// <summary>An image of its own with the same bytes.</summary>
    public WorkingImage Copy() => new(_path + ".copy", (byte[])Bytes.Clone());

    /// <summary>The inode at the end of a path.</summary>
    public uint Find(string path)
    {
        using Volume volume = Volume.Mount(new MemoryBlockDevice(Bytes, isReadOnly: true), new() { SkipJournal = true });
        Workspace workspace = volume.CreateWorkspace();
        InodeNumber inode = InodeNumber.Root;
        foreach (string name in path.Split('/'))
        {
            FsError error = volume.Lookup(workspace, inode, Encoding.UTF8.GetBytes(name), out inode);
            if (error != FsError.None)
            {
                throw new FileNotFoundException($"{path}: {error}");
            }
        }

        return inode.Value;
    }

    /// <summary>Changes an inode and puts its checksum right.</summary>
    public void Change(uint number, SpanAction change)
    {
        Span<byte> inode = Inode(number);
        change(inode);
        VolumeGeometry geometry = Geometry;
        if (geometry.HasInodeChecksum)
        {
            InodeChecksum.Seal(inode, SeedOf(number));
        }
    }

    /// <summary>Changes the superblock and puts its checksum right.</summary>
    public void ChangeSuperblock(SpanAction change)
    {
        change(Superblock);
        if (new SuperblockView(Superblock).ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum))
        {
            SuperblockWriter.Seal(Superblock);
        }
    }

    /// <summary>An inode's bytes in its table.</summary>
    public Span<byte> Inode(uint number)
    {
        VolumeStack stack = Stack();
        Workspace workspace = stack.CreateWorkspace();
        workspace.Begin();
        using InodeLease lease = stack.Inodes.BorrowUnverified(workspace, new(number));
        int offset = ((int)lease.Where.Block << Geometry.BlockBits) + lease.Where.Offset;
        return Bytes.AsSpan(offset, Geometry.InodeSize);
    }

    /// <summary>Seed of the checksums of what belongs to an inode.</summary>
    public uint SeedOf(uint number) => Crc32C.Append(
        Crc32C.Append(Geometry.ChecksumSeed, number), new InodeView(Inode(number)).Generation);

    /// <summary>The blocks of an inode's file, in order, up to the first hole.</summary>
    public List<ulong> BlocksOf(uint number)
    {
        VolumeStack stack = Stack();
        Workspace workspace = stack.CreateWorkspace();
        workspace.Begin();
        stack.Inodes.LoadAny(workspace, new(number), out Inode inode);
        List<ulong> blocks = [];
        for (uint index = 0; index < inode.Size >> Geometry.BlockBits; index++)
        {
            workspace.Begin();
            MappedRun run = stack.Mapper.Resolve(workspace, inode, new(index), 1);
            if (run.Kind == RunKind.Hole)
            {
                break;
            }

            blocks.Add(run.First.Value);
        }

        return blocks;
    }

    /// <summary>The block that holds the target of a link.</summary>
    public ulong LinkBlockOf(uint number)
    {
        VolumeStack stack = Stack();
        Workspace workspace = stack.CreateWorkspace();
        workspace.Begin();
        stack.Inodes.LoadAny(workspace, new(number), out Inode inode);
        return stack.Mapper.Resolve(workspace, inode, new(0), 1).First.Value;
    }

    private VolumeStack Stack() => new(new MemoryBlockDevice(Bytes, isReadOnly: true), Geometry, 1 << 20, new());
}

/// <summary>Changes bytes in place.</summary>
internal delegate void SpanAction(Span<byte> bytes);
