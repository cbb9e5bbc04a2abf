using System.Runtime.InteropServices;
using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Trees;

/// <summary>Pictures an image through the library, in this process and without any privilege.</summary>
internal sealed class VolumeTree
{
    private const uint FlagsForUsers = 0x725BDFFF;
    private const uint ProjectInherit = 0x20000000;

    private readonly Volume _volume;
    private readonly Workspace _workspace;
    private readonly TreePicture _picture = new();
    private readonly byte[] _value = new byte[1 << 17];

    private VolumeTree(Volume volume)
    {
        _volume = volume;
        _workspace = volume.CreateWorkspace();
    }

    /// <summary>Opens an image for the library.</summary>
    public static Volume Mount(string image, VolumeOptions? options = null)
    {
        Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(image, System.IO.FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Volume.Mount(new FileBlockDevice(handle, RandomAccess.GetLength(handle), isReadOnly: true), options ?? new());
    }

    /// <summary>Walks the whole volume.</summary>
    public static TreePicture Take(Volume volume)
    {
        VolumeTree tree = new(volume);
        tree.TakeVolume();
        tree.Walk();
        return tree._picture;
    }

    private void Walk()
    {
        Queue<(InodeNumber Directory, string Path)> directories = new([(InodeNumber.Root, ".")]);
        Visit(InodeNumber.Root, ".");
        while (directories.TryDequeue(out (InodeNumber Directory, string Path) next))
        {
            foreach (ListedEntry entry in List(next.Directory, next.Path))
            {
                string path = $"{next.Path}/{entry.Name}";
                bool isOutside = next.Path is "." && entry.Name is "..";
                InodeNumber child = default;
                string found = isOutside ? "" : Find(next.Directory, entry.Name, out child);
                if (!_picture.Entries.TryAdd(path, new(entry.Inode, (int)entry.Type, found)))
                {
                    _picture.Entries[path + "\0again"] = new(entry.Inode, (int)entry.Type, found);
                }
                else if (!isOutside && found.StartsWith("inode", StringComparison.Ordinal) && Visit(child, path))
                {
                    directories.Enqueue((child, path));
                }
            }
        }
    }

    private string Find(InodeNumber directory, string name, out InodeNumber child)
    {
        child = default;
        try
        {
            FsError error = _volume.Lookup(_workspace, directory, PathBytes.Of(name).AsSpan(0, name.Length), out child);
            return error == FsError.None ? $"inode {child.Value}" : Show(error);
        }
        catch (CorruptionException damage)
        {
            return damage.Message;
        }
    }

    /// <summary>Lists in pieces, so that each listing is resumed at many of its entries.</summary>
    private List<ListedEntry> List(InodeNumber directory, string path)
    {
        List<ListedEntry> entries = [];
        try
        {
            ulong cookie = 0;
            int before;
            do
            {
                before = entries.Count;
                EntrySink sink = new(entries, PieceSize(before));
                FsError error = _volume.List(_workspace, directory, cookie, ref sink);
                if (error != FsError.None)
                {
                    _picture.Entries.TryAdd($"{path}/\0list", new(0, 0, Show(error)));
                }

                cookie = sink.Cookie;
            }
            while (entries.Count > before);
        }
        catch (CorruptionException damage)
        {
            _picture.Entries.TryAdd($"{path}/\0list", new(0, 0, damage.Message));
        }

        return entries;
    }

    private static int PieceSize(int listed) => 1 + (listed % 97);

    /// <summary>Pictures an inode unless another name led here before. Tells a directory seen for the first time.</summary>
    private bool Visit(InodeNumber number, string path)
    {
        NodePicture node = new(path);
        if (!_picture.Nodes.TryAdd(number.Value, node))
        {
            return false;
        }

        try
        {
            FsError error = _volume.Stat(_workspace, number, out InodeStat stat);
            if (error != FsError.None)
            {
                node[Field.Problem] = Show(error);
                return false;
            }

            TakeStatus(stat, node);
            TakeAttributes(number, node);
            TakeContent(stat, node);
            return stat.Type == FileType.Directory;
        }
        catch (CorruptionException damage)
        {
            node[Field.Problem] = damage.Message;
            return false;
        }
    }

    private static void TakeStatus(in InodeStat stat, NodePicture node)
    {
        node[Field.Mode] = Convert.ToString(stat.Mode, 8);
        if (stat.Type != FileType.BlockDevice)
        {
            node[Field.PreferredBlock] = $"{stat.BlockSize}";
        }

        node[Field.Links] = $"{stat.LinkCount}";
        node[Field.User] = $"{stat.UserId}";
        node[Field.Group] = $"{stat.GroupId}";
        node[Field.Size] = $"{stat.Size}";
        node[Field.Sectors] = $"{stat.Sectors}";
        node[Field.AccessTime] = Time(stat.AccessTime);
        node[Field.ModificationTime] = Time(stat.ModificationTime);
        node[Field.ChangeTime] = Time(stat.ChangeTime);
        if (stat.HasCreationTime)
        {
            node[Field.BirthTime] = Time(stat.CreationTime);
        }

        node[Field.Device] = $"{stat.DeviceMajor}:{stat.DeviceMinor}";
        if (IsRefused(stat))
        {
            node[Field.Problem] = "open: error 126 (Required key not available)";
        }
        else if (stat.Type is FileType.Regular or FileType.Directory)
        {
            uint hidden = stat.Type == FileType.Regular ? ProjectInherit : 0;
            node[Field.Flags] = $"{(uint)stat.Flags & FlagsForUsers & ~hidden:x}";
            node[Field.Generation] = $"{stat.Generation}";
            node[Field.Project] = $"{stat.Project}";
        }
    }

    /// <summary>A mount does not open a file without its key, so there is nothing else to be seen of it.</summary>
    private static bool IsRefused(in InodeStat stat) => stat.Type == FileType.Regular && stat.Flags.HasFlag(InodeFlags.Encrypted);

    private void TakeAttributes(InodeNumber number, NodePicture node)
    {
        int length = 0;
        string problem = Attempt(() => _volume.ListAttributes(_workspace, number, isPrivileged: true, _value, out length));
        if (problem.Length > 0)
        {
            node[Field.AttributeNames] = problem;
            return;
        }

        string[] names = PathBytes.Carry(_value.AsSpan(0, length)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        node[Field.AttributeNames] = string.Join(' ', names.Order(StringComparer.Ordinal));
        foreach (string name in names)
        {
            int size = 0;
            problem = Attempt(() => _volume.GetAttribute(_workspace, number, PathBytes.Of(name).AsSpan(0, name.Length), _value, out size));
            node[Field.AttributePrefix + name] = problem.Length == 0 ? Field.Value(_value.AsSpan(0, size)) : problem;
        }
    }

    /// <summary>What stands in the way of a value: nothing, an error, or a damage report.</summary>
    private static string Attempt(Func<FsError> call)
    {
        try
        {
            FsError error = call();
            return error == FsError.None ? "" : Show(error);
        }
        catch (CorruptionException damage)
        {
            return damage.Message;
        }
    }

    private void TakeContent(in InodeStat stat, NodePicture node)
    {
        if (stat.Type == FileType.SymbolicLink)
        {
            FsError error = _volume.ReadLink(_workspace, stat.Inode, _value, out int length);
            node[Field.Target] = error == FsError.None ? PathBytes.Carry(_value.AsSpan(0, length)) : Show(error);
        }
        else if (stat.Type == FileType.Regular && !IsRefused(stat))
        {
            ContentPicture.Take(new VolumeFile(_volume, _workspace, stat), node);
        }
    }

    private void TakeVolume()
    {
        VolumeStatistics statistics = _volume.Statistics(_workspace);
        NodePicture volume = _picture.Volume;
        volume[Field.VolumeBlockSize] = $"{statistics.BlockSize}";
        volume[Field.VolumeBlocks] = $"{statistics.Blocks}";
        volume[Field.VolumeFree] = $"{statistics.FreeBlocks}";
        volume[Field.VolumeAvailable] = $"{statistics.AvailableBlocks}";
        volume[Field.VolumeInodes] = $"{statistics.Inodes}";
        volume[Field.VolumeFreeInodes] = $"{statistics.FreeInodes}";
    }

    /// <summary>An error in the words of a mount: the library's errors are errno values.</summary>
    private static string Show(FsError error) => $"error {(int)error} ({Marshal.GetPInvokeErrorMessage((int)error)})";

    private static string Time(Timestamp time) => Field.Time(time.Seconds, time.Nanoseconds);

    private readonly record struct ListedEntry(string Name, ulong Inode, FileType Type);

    private struct EntrySink(List<ListedEntry> entries, int room) : IDirectorySink
    {
        private int _taken;

        public ulong Cookie { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            if (_taken++ == room)
            {
                return false;
            }

            entries.Add(new(PathBytes.Carry(entry.Name), entry.Inode.Value, entry.Type));
            Cookie = entry.NextCookie;
            return true;
        }
    }

    private sealed class VolumeFile(Volume volume, Workspace workspace, InodeStat stat) : IContentSource
    {
        public long Size => stat.Size;

        public long? Seek(long offset, bool data)
        {
            FsError error = volume.Seek(workspace, stat.Inode, offset, data ? SeekTarget.Data : SeekTarget.Hole, out long position);
            return error switch
            {
                FsError.None => position,
                FsError.NoSuchAddress => null,
                _ => throw new ContentException($"seek: {error}"),
            };
        }

        public int Read(long offset, Span<byte> buffer)
        {
            FsError error = volume.Read(workspace, stat.Inode, offset, buffer, out int count);
            return error == FsError.None ? count : throw new ContentException($"read: {error}");
        }
    }
}
