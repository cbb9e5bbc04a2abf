using Ext4Core;
using Ext4Core.Audit;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace TestSupport.Damage;

/// <summary>How a look at a volume ended.</summary>
public enum Ending
{
    /// <summary>The whole tree could be read.</summary>
    Read,

    /// <summary>The volume was mounted, and something on it is damaged.</summary>
    Damaged,

    /// <summary>The volume was refused at mount.</summary>
    Refused,
}

/// <summary>Asks a volume every question that a reader can ask, in bounded number.</summary>
public sealed class VolumeExercise
{
    private const int MostInodes = 400;
    private const int MostEntries = 5000;
    private const int MostReads = 32;
    private readonly byte[] _buffer = new byte[1 << 16];
    private readonly Queue<uint> _waiting = new();
    private readonly HashSet<uint> _seen = [];
    private int _entries;
    private bool _isDamaged;

    /// <summary>Mounts, walks and audits. Any exception but the three that a volume may throw comes out.</summary>
    public Ending Run(IBlockDevice device, VolumeOptions options)
    {
        _waiting.Clear();
        _seen.Clear();
        _entries = 0;
        _isDamaged = false;
        try
        {
            using Volume volume = Volume.Mount(device, options);
            Workspace workspace = volume.CreateWorkspace();
            Look(workspace, volume);
            Try(() => volume.Statistics(workspace));
            _isDamaged |= !volume.Audit(new() { KeptReports = 16 }).IsClean;
            return _isDamaged ? Ending.Damaged : Ending.Read;
        }
        catch (Exception refusal) when (IsExpected(refusal))
        {
            return Ending.Refused;
        }
    }

    private static bool IsExpected(Exception exception) =>
        exception is CorruptionException or UnsupportedFeatureException or DeviceException;

    private void Look(Workspace workspace, Volume volume)
    {
        Enter(InodeNumber.Root.Value);
        while (_waiting.TryDequeue(out uint number) && _seen.Count < MostInodes)
        {
            if (volume.Admit(new(number), out InodeNumber inode) == FsError.None)
            {
                Try(() => LookAt(workspace, volume, inode));
            }
        }
    }

    private void LookAt(Workspace workspace, Volume volume, InodeNumber inode)
    {
        volume.Stat(workspace, inode, out InodeStat stat);
        Try(() => LookAtAttributes(workspace, volume, inode));
        switch (stat.Type)
        {
            case FileType.Directory:
                List(workspace, volume, inode);
                break;
            case FileType.SymbolicLink:
                volume.ReadLink(workspace, inode, _buffer, out _);
                break;
            case FileType.Regular:
                Read(workspace, volume, inode, stat.Size);
                break;
        }
    }

    private void List(Workspace workspace, Volume volume, InodeNumber directory)
    {
        ulong cookie = 0;
        while (_entries < MostEntries)
        {
            EntrySink sink = new(this);
            volume.List(workspace, directory, cookie, ref sink);
            if (sink.Count == 0)
            {
                break;
            }

            cookie = sink.Cookie;
            Try(() => volume.Lookup(workspace, directory, sink.Last, out _));
        }

        Try(() => volume.Lookup(workspace, directory, "no such name"u8, out _));
    }

    private void Read(Workspace workspace, Volume volume, InodeNumber file, long size)
    {
        long[] offsets = [0, size / 2, Math.Max(0, size - 1), size];
        foreach (long offset in offsets)
        {
            Try(() => volume.Read(workspace, file, offset, _buffer.AsSpan(0, 5000), out _));
            Try(() => volume.Seek(workspace, file, offset, SeekTarget.Data, out _));
            Try(() => volume.Seek(workspace, file, offset, SeekTarget.Hole, out _));
            Try(() => volume.BlockOf(workspace, file, new((uint)(offset >> 10)), out _));
        }

        long position = 0;
        for (int step = 0; step < MostReads && position < size; step++)
        {
            long here = position;
            position = size;
            Try(() =>
            {
                volume.Map(workspace, file, here, size, out FileRun run);
                position = here + Math.Max(1, run.Length);
            });
        }
    }

    private void LookAtAttributes(Workspace workspace, Volume volume, InodeNumber inode)
    {
        if (volume.ListAttributes(workspace, inode, true, _buffer, out int length) != FsError.None)
        {
            return;
        }

        byte[] names = _buffer[..length];
        int start = 0;
        while (start < names.Length)
        {
            int end = Array.IndexOf(names, (byte)0, start);
            end = end < 0 ? names.Length : end;
            byte[] name = names[start..end];
            Try(() => volume.GetAttribute(workspace, inode, name, _buffer, out _));
            start = end + 1;
        }
    }

    private void Enter(uint number)
    {
        if (_seen.Add(number))
        {
            _waiting.Enqueue(number);
        }
    }

    private void Try(Action question)
    {
        try
        {
            question();
        }
        catch (Exception damage) when (IsExpected(damage))
        {
            _isDamaged = true;
        }
    }

    /// <summary>Takes up to so many entries at a time that a listing needs several calls.</summary>
    private struct EntrySink(VolumeExercise exercise) : IDirectorySink
    {
        private const int Room = 64;

        public int Count { get; private set; }

        public ulong Cookie { get; private set; }

        public byte[] Last { get; private set; } = [];

        public bool Add(scoped DirectoryEntry entry)
        {
            if (Count == Room)
            {
                return false;
            }

            Count++;
            exercise._entries++;
            Cookie = entry.NextCookie;
            Last = entry.Name.ToArray();
            exercise.Enter(entry.Inode.Value);
            return true;
        }
    }
}
