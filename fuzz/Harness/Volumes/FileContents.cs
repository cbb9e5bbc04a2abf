using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Which pages of an image hold contents of files, and nothing that a mount or an audit reads.</summary>
/// <remarks>Only what the tree leads to counts, and only plain bytes: a file under fs-verity, in its inode or in the journal stays
/// whole, since its contents are checked or stand among metadata. An image that does not mount has no such pages.</remarks>
internal sealed class FileContents
{
    /// <summary>A volume with a journal to be seen through is two volumes: with it, and as its bytes are.</summary>
    private static readonly VolumeOptions[] Views =
        [new(), new() { SkipFastCommits = true }, new() { SkipJournal = true }];

    private readonly HashSet<long> _pages = [];

    private FileContents()
    {
    }

    /// <summary>No page at all: everything counts as metadata.</summary>
    public static FileContents None { get; } = new();

    /// <summary>Bytes of all these pages.</summary>
    public long Length => (long)_pages.Count << SparseImage.PageBits;

    /// <summary>Looks for them.</summary>
    public static FileContents Find(IBlockDevice image)
    {
        FileContents contents = new();
        RecordingDevice device = new(image);
        foreach (VolumeOptions view in Views)
        {
            Try(() => contents.Look(device, view));
        }

        contents._pages.ExceptWith(device.Pages);
        return contents;
    }

    /// <summary>Whether a page is one of them.</summary>
    public bool Has(long page) => _pages.Contains(page);

    private static void Try(Action look)
    {
        try
        {
            look();
        }
        catch (Exception damage) when (damage is CorruptionException or UnsupportedFeatureException or DeviceException)
        {
            // What cannot be read is not known to be contents, and stays.
        }
    }

    private void Look(RecordingDevice device, VolumeOptions view)
    {
        using Volume volume = Volume.Mount(device, view);
        Workspace workspace = volume.CreateWorkspace();
        HashSet<uint> seen = [.. FilesOfTheVolume(device)];
        Queue<uint> waiting = new([InodeNumber.Root.Value]);
        while (waiting.TryDequeue(out uint number))
        {
            if (seen.Add(number) && volume.Admit(new(number), out InodeNumber inode) == FsError.None)
            {
                Try(() => LookAt(volume, workspace, inode, waiting));
            }
        }

        _ = volume.Audit(new() { KeptReports = 0 });
    }

    /// <summary>Files that the volume keeps for itself: a damaged directory may name them.</summary>
    private static IEnumerable<uint> FilesOfTheVolume(RecordingDevice device)
    {
        byte[] bytes = new byte[SuperblockView.Size];
        device.Read(new(SuperblockView.VolumeOffset), bytes);
        SuperblockView view = new(bytes);
        return
        [
            (uint)view.JournalInode.Value, (uint)view.OrphanFileInode.Value,
            (uint)view.UserQuotaInode.Value, (uint)view.GroupQuotaInode.Value, (uint)view.ProjectQuotaInode.Value,
        ];
    }

    private void LookAt(Volume volume, Workspace workspace, InodeNumber inode, Queue<uint> waiting)
    {
        if (volume.Stat(workspace, inode, out InodeStat stat) != FsError.None)
        {
            return;
        }

        if (stat.Type == FileType.Directory)
        {
            List(volume, workspace, inode, waiting);
        }
        else if (stat.Type == FileType.Regular && (stat.Flags & (InodeFlags.AttributeInode | InodeFlags.Verity)) == default)
        {
            Add(volume, workspace, inode, stat.Size);
        }
    }

    private static void List(Volume volume, Workspace workspace, InodeNumber directory, Queue<uint> waiting)
    {
        ulong cookie = 0;
        InodeSink sink;
        do
        {
            sink = new(waiting);
            if (volume.List(workspace, directory, cookie, ref sink) != FsError.None)
            {
                return;
            }

            cookie = sink.Cookie;
        }
        while (sink.Count > 0);
    }

    private void Add(Volume volume, Workspace workspace, InodeNumber file, long size)
    {
        for (long position = 0; position < size;)
        {
            if (volume.Map(workspace, file, position, size - position, out FileRun run) != FsError.None)
            {
                return;
            }

            for (long at = 0; run.Kind == FileRunKind.OnDevice && at < run.Length; at += SparseImage.PageSize)
            {
                _ = _pages.Add((run.Offset.Value + at) >> SparseImage.PageBits);
            }

            position += run.Length;
        }
    }

    /// <summary>Remembers which pages were read.</summary>
    private sealed class RecordingDevice(IBlockDevice image) : IBlockDevice
    {
        public HashSet<long> Pages { get; } = [];

        public long Length => image.Length;

        public bool IsReadOnly => true;

        public void Read(DeviceOffset from, Span<byte> buffer)
        {
            for (long page = from.Value >> SparseImage.PageBits; page << SparseImage.PageBits < from.Value + buffer.Length; page++)
            {
                _ = Pages.Add(page);
            }

            image.Read(from, buffer);
        }

        public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes) => throw new DeviceException("write", to.Value, bytes.Length);

        public void Flush()
        {
            // Nothing was written.
        }

        public void Discard(DeviceOffset from, long length) => throw new DeviceException("discard", from.Value, length);

        public void Dispose()
        {
            // The image is read again.
        }
    }

    /// <summary>Takes the inodes of names, so many at a time that a long listing needs several calls.</summary>
    private struct InodeSink(Queue<uint> waiting) : IDirectorySink
    {
        private const int Room = 256;

        public int Count { get; private set; }

        public ulong Cookie { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            if (Count == Room)
            {
                return false;
            }

            Count++;
            Cookie = entry.NextCookie;
            waiting.Enqueue(entry.Inode.Value);
            return true;
        }
    }
}
