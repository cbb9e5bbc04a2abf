using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Trees;

/// <summary>Pictures a mounted directory through system calls: the kernel's mount and ours alike.</summary>
internal sealed class MountedTree
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicAndBirth = 0xFFF;

    private readonly string _root;
    private readonly TreePicture _picture = new();
    private readonly byte[] _listing = new byte[1 << 16];
    private readonly byte[] _value = new byte[1 << 17];
    private readonly byte[] _status = new byte[256];

    private MountedTree(string root) => _root = root;

    /// <summary>Walks the whole tree below a mount point.</summary>
    public static TreePicture Take(string root)
    {
        MountedTree tree = new(root);
        tree.TakeVolume();
        tree.Walk();
        return tree._picture;
    }

    private void Walk()
    {
        Queue<string> directories = new(["."]);
        _ = Visit(".");
        while (directories.TryDequeue(out string? directory))
        {
            foreach ((ulong inode, int type, string name) in List(directory))
            {
                string path = $"{directory}/{name}";
                bool isDot = name is "." or "..";
                bool isOutside = directory is "." && name is "..";
                (string found, ulong? first) = isDot ? (Find(path, isOutside), null) : Visit(path);
                if (!_picture.Entries.TryAdd(path, new(inode, type, isOutside ? "" : found)))
                {
                    _picture.Entries[path + "\0again"] = new(inode, type, found);
                }

                if (first is not null)
                {
                    directories.Enqueue(path);
                }
            }
        }
    }

    private List<(ulong Inode, int Type, string Name)> List(string directory)
    {
        List<(ulong Inode, int Type, string Name)> entries = [];
        int descriptor = Libc.Open(At(directory), OpenFlags.ReadOnly | OpenFlags.CloseOnExec, 0);
        if (descriptor < 0)
        {
            AddProblem(directory, "open");
            return entries;
        }

        nint count;
        while ((count = Libc.ReadDirectory(descriptor, _listing, _listing.Length)) > 0)
        {
            for (int offset = 0; offset < count;)
            {
                ReadOnlySpan<byte> entry = _listing.AsSpan(offset, (int)count - offset);
                int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
                ReadOnlySpan<byte> name = entry[19..length];
                entries.Add((BinaryPrimitives.ReadUInt64LittleEndian(entry), entry[18], PathBytes.Carry(name[..name.IndexOf((byte)0)])));
                offset += length;
            }
        }

        if (count < 0)
        {
            AddProblem(directory, "list");
        }

        _ = Libc.Close(descriptor);
        return entries;
    }

    /// <summary>Where a dot entry leads; the root's parent lies outside of the volume.</summary>
    private string Find(string path, bool isOutside) => isOutside ? ""
        : Libc.StatX(CurrentDirectory, At(path), NoFollow, BasicAndBirth, _status) < 0 ? Error()
        : $"inode {Word64(0x20)}";

    /// <summary>Pictures what a path leads to, unless another path did before. Tells a directory seen for the first time.</summary>
    private (string Found, ulong? FirstDirectory) Visit(string path)
    {
        if (Libc.StatX(CurrentDirectory, At(path), NoFollow, BasicAndBirth, _status) < 0)
        {
            return (Error(), null);
        }

        ulong inode = Word64(0x20);
        NodePicture node = new(path);
        if (!_picture.Nodes.TryAdd(inode, node))
        {
            return ($"inode {inode}", null);
        }

        uint type = TakeStatus(node);
        TakeAttributes(path, node);
        if (type == NodeType.SymbolicLink)
        {
            nint length = Libc.ReadLink(At(path), _value, _value.Length);
            node[Field.Target] = length < 0 ? Error() : PathBytes.Carry(_value.AsSpan(0, (int)length));
        }
        else if (type is NodeType.Regular or NodeType.Directory)
        {
            TakeOpened(path, node, type);
        }

        return ($"inode {inode}", type == NodeType.Directory ? inode : null);
    }

    private uint TakeStatus(NodePicture node)
    {
        uint mode = BinaryPrimitives.ReadUInt16LittleEndian(_status.AsSpan(0x1C));
        node[Field.Mode] = Convert.ToString(mode, 8);
        node[Field.StatxAttributes] = StatxAttributes.Show(Word64(0x08), Word64(0x38));
        node[Field.Links] = $"{Word32(0x10)}";
        node[Field.User] = $"{Word32(0x14)}";
        node[Field.Group] = $"{Word32(0x18)}";
        node[Field.Size] = $"{Word64(0x28)}";
        node[Field.Sectors] = $"{Word64(0x30)}";
        node[Field.AccessTime] = Time(0x40);
        if ((Word32(0) & 0x800) != 0)
        {
            node[Field.BirthTime] = Time(0x50);
        }

        node[Field.ChangeTime] = Time(0x60);
        node[Field.ModificationTime] = Time(0x70);
        if ((mode & NodeType.TypeMask) != NodeType.BlockDevice)
        {
            node[Field.PreferredBlock] = $"{Word32(0x04)}"; // A block device that exists on this machine answers for itself.
        }

        node[Field.Device] = $"{Word32(0x80)}:{Word32(0x84)}";
        return mode & NodeType.TypeMask;
    }

    private void TakeAttributes(string path, NodePicture node)
    {
        byte[] location = At(path);
        nint length = Libc.ListAttributes(location, _value, _value.Length);
        if (length < 0)
        {
            node[Field.AttributeNames] = Error();
            return;
        }

        string[] names = PathBytes.Carry(_value.AsSpan(0, (int)length)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        node[Field.AttributeNames] = string.Join(' ', names.Order(StringComparer.Ordinal));
        foreach (string name in names)
        {
            nint size = Libc.GetAttribute(location, PathBytes.Of(name), _value, _value.Length);
            node[Field.AttributePrefix + name] = size < 0 ? Error() : Field.Value(_value.AsSpan(0, (int)size));
        }
    }

    private void TakeOpened(string path, NodePicture node, uint type)
    {
        int descriptor = Libc.Open(At(path), OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0);
        if (descriptor < 0)
        {
            node[Field.Problem] = $"open: {Error()}";
            return;
        }

        Span<byte> argument = stackalloc byte[32];
        argument.Clear();
        node[Field.Flags] = Libc.Control(descriptor, ControlRequest.GetFlags, argument) < 0
            ? Error() : $"{BinaryPrimitives.ReadUInt32LittleEndian(argument):x}";
        argument.Clear();
        node[Field.Generation] = Libc.Control(descriptor, ControlRequest.GetVersion, argument) < 0
            ? Error() : $"{BinaryPrimitives.ReadUInt32LittleEndian(argument)}";
        argument.Clear();
        bool hasExtended = Libc.Control(descriptor, ControlRequest.GetExtendedAttributes, argument) >= 0;
        node[Field.ExtendedFlags] = hasExtended ? $"{BinaryPrimitives.ReadUInt32LittleEndian(argument):x}" : Error();
        node[Field.Project] = hasExtended ? $"{BinaryPrimitives.ReadUInt32LittleEndian(argument[12..])}" : Error();
        if (type == NodeType.Regular)
        {
            ContentPicture.Take(new OpenFile(descriptor, (long)Word64(0x28)), node);
        }

        _ = Libc.Close(descriptor);
    }

    private void TakeVolume()
    {
        Span<byte> status = stackalloc byte[128];
        SystemCallException.Check(Libc.StatVolume(At("."), status), "statfs", _root);
        NodePicture volume = _picture.Volume;
        ReadOnlySpan<long> words = MemoryMarshal.Cast<byte, long>(status);
        volume[Field.VolumeType] = $"{words[0]:x}";
        volume[Field.VolumeBlockSize] = $"{words[1]}";
        volume[Field.VolumeBlocks] = $"{words[2]}";
        volume[Field.VolumeFree] = $"{words[3]}";
        volume[Field.VolumeAvailable] = $"{words[4]}";
        volume[Field.VolumeInodes] = $"{words[5]}";
        volume[Field.VolumeFreeInodes] = $"{words[6]}";
        volume[Field.VolumeIdentity] = $"{words[7]:x}";
        volume[Field.VolumeNameLength] = $"{words[8]}";
        volume[Field.VolumeFragment] = $"{words[9]}";
    }

    private void AddProblem(string directory, string call)
    {
        string error = Error();
        _picture.Entries.TryAdd($"{directory}/\0{call}", new(0, 0, error));
    }

    private byte[] At(string path) => PathBytes.Of(path is "." ? _root : $"{_root}/{path[2..]}");

    private static string Error()
    {
        int error = Marshal.GetLastPInvokeError();
        return $"error {error} ({Marshal.GetPInvokeErrorMessage(error)})";
    }

    private string Time(int offset) =>
        Field.Time(BinaryPrimitives.ReadInt64LittleEndian(_status.AsSpan(offset)), Word32(offset + 8));

    private uint Word32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_status.AsSpan(offset));

    private ulong Word64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_status.AsSpan(offset));

    private sealed class OpenFile(int descriptor, long size) : IContentSource
    {
        public long Size => size;

        public long? Seek(long offset, bool data)
        {
            const int SeekData = 3;
            const int SeekHole = 4;
            long found = Libc.Seek(descriptor, offset, data ? SeekData : SeekHole);
            return found >= 0 ? found
                : Marshal.GetLastPInvokeError() == Errno.NoSuchAddress ? null
                : throw new ContentException($"seek: {Error()}");
        }

        public int Read(long offset, Span<byte> buffer)
        {
            nint count = Libc.ReadAt(descriptor, buffer, buffer.Length, offset);
            return count >= 0 ? (int)count : throw new ContentException($"read: {Error()}");
        }
    }
}

/// <summary>Inode flags as statx(2) shows them; those that describe the mount are left out.</summary>
internal static class StatxAttributes
{
    private const ulong OfInodes = 0x4 | 0x10 | 0x20 | 0x40 | 0x800 | 0x100000;

    /// <summary>The flags that are set, of those that the source says it knows.</summary>
    public static string Show(ulong attributes, ulong known) => $"{attributes & OfInodes:x} of {known & OfInodes:x}";
}
