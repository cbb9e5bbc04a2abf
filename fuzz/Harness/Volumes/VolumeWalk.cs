using System.Globalization;
using System.Text;
using Ext4Core;
using Ext4Core.Audit;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Asks a mounted volume every question that a reader can ask, in bounded number, and holds the answers against each
/// other.</summary>
/// <remarks>Two ways to the same answer must agree on any volume where they go through the same structures (reading and
/// mapping); where they do not (listing and lookup), on one that the audit finds sound: on such a volume the walk meets no damage at all.</remarks>
internal sealed class VolumeWalk
{
    private const int MostInodes = 256;
    private const int MostEntries = 2048;
    private const int MostRuns = 16;
    private const int BatchSize = 64;
    private const int SampleSize = 1024;
    private const int NameRoom = 255;

    private readonly SparseDevice _device;
    private readonly byte[] _data = new byte[1 << 16];
    private readonly byte[] _expected = new byte[SampleSize];
    private readonly byte[] _names = new byte[BatchSize * NameRoom];
    private readonly byte[] _nameLengths = new byte[BatchSize];
    private readonly uint[] _children = new uint[BatchSize];
    private readonly uint[] _waiting = new uint[MostInodes];
    private readonly HashSet<uint> _seen = [];
    private readonly AuditOptions _audit = new() { KeptReports = 4, MemoryBytes = 4 << 20 };
    private Volume _volume = null!;
    private Workspace _workspace = null!;
    private int _waitingCount;
    private int _entries;
    private Digest _digest;
    private Objection _objection;

    public VolumeWalk(SparseDevice device) => _device = device;

    /// <summary>The first damage that the last walk came upon; no code for none.</summary>
    public CorruptionCode FirstDamage { get; private set; }

    /// <summary>Whether a planned fault of the device was met.</summary>
    public bool MetFault { get; private set; }

    /// <summary>Walks a volume.</summary>
    /// <param name="volume">The volume, over the device that the walk was made for.</param>
    /// <param name="workspace">One of its own.</param>
    /// <param name="isAudited">Whether the audit is asked too.</param>
    /// <returns>A hash over all that was seen.</returns>
    /// <exception cref="FindingException">Two answers contradict each other.</exception>
    public Digest Run(Volume volume, Workspace workspace, bool isAudited)
    {
        _volume = volume;
        _workspace = workspace;
        _seen.Clear();
        _waitingCount = 0;
        _entries = 0;
        _digest = default;
        _objection = default;
        FirstDamage = default;
        MetFault = false;
        AskAboutVolume();
        Enter(InodeNumber.Root.Value);
        for (int next = 0; next < _waitingCount; next++)
        {
            if (volume.Admit(new(_waiting[next]), out InodeNumber inode) == FsError.None)
            {
                LookAt(inode);
            }
        }

        if (isAudited)
        {
            Audit();
        }

        return _digest;
    }

    private void AskAboutVolume()
    {
        try
        {
            VolumeStatistics statistics = _volume.Statistics(_workspace);
            _digest = _digest.Add(statistics.FreeBlocks).Add((ulong)statistics.FreeInodes).Add(statistics.Blocks);
            _digest = _digest.Add((ulong)(_volume.ReadMultipleMountReport(_workspace)?.Sequence ?? 0));
            OrphanCounts orphans = _volume.CountOrphans(_workspace);
            _digest = _digest.Add(orphans.Listed).Add(orphans.Filed);
        }
        catch (CorruptionException damage)
        {
            Note(damage);
        }
        catch (DeviceException) when (_device.HasFaults)
        {
            NoteFault();
        }
    }

    private void LookAt(InodeNumber inode)
    {
        try
        {
            FsError error = _volume.Stat(_workspace, inode, out InodeStat stat);
            _digest = _digest.Add((ulong)error).Add((ulong)stat.Inode.Value).Add((ulong)stat.Mode).Add(stat.Size).Add(stat.Sectors)
                .Add((ulong)stat.LinkCount).Add(stat.ModificationTime.Seconds);
            switch (stat.Type)
            {
                case FileType.Directory:
                    List(inode);
                    break;
                case FileType.SymbolicLink:
                    error = _volume.ReadLink(_workspace, inode, _data, out int length);
                    _digest = _digest.Add((ulong)error).Add(_data.AsSpan(0, length));
                    break;
                case FileType.Regular:
                    Read(inode, stat.Size);
                    break;
            }
        }
        catch (CorruptionException damage)
        {
            Note(damage);
        }
        catch (DeviceException) when (_device.HasFaults)
        {
            NoteFault();
        }

        LookAtAttributes(inode);
    }

    private void List(InodeNumber directory)
    {
        ulong cookie = 0;
        while (_entries < MostEntries)
        {
            EntrySink sink = new(this);
            FsError error = _volume.List(_workspace, directory, cookie, ref sink);
            _digest = _digest.Add((ulong)error).Add((long)sink.Count);
            if (sink.Count == 0)
            {
                break;
            }

            if (sink.Cookie == cookie)
            {
                throw new FindingException(FindingKind.Contradiction, $"inode {directory.Value}: a listing stays at cookie {cookie}");
            }

            cookie = sink.Cookie;
            _entries += sink.Count;
            for (int entry = 0; entry < sink.Count; entry++)
            {
                Enter(_children[entry]);
                LookUp(directory, entry);
            }
        }

        _digest = _digest.Add((ulong)_volume.Lookup(_workspace, directory, "no such name"u8, out _));
    }

    /// <summary>What a directory lists, it also finds.</summary>
    private void LookUp(InodeNumber directory, int entry)
    {
        ReadOnlySpan<byte> name = _names.AsSpan(entry * NameRoom, _nameLengths[entry]);
        FsError error = _volume.Lookup(_workspace, directory, name, out InodeNumber child);
        _digest = _digest.Add(name).Add((ulong)error).Add((ulong)child.Value);
        if ((error != FsError.None || child.Value != _children[entry]) && _objection.Directory == 0)
        {
            _objection = new(directory.Value, _children[entry], child.Value, error);
        }
    }

    private void Read(InodeNumber file, long size)
    {
        ReadSample(file, size / 2);
        ReadSample(file, Math.Max(0, size - 1));
        _ = _volume.Seek(_workspace, file, 0, SeekTarget.Hole, out long hole);
        _ = _volume.Seek(_workspace, file, size / 2, SeekTarget.Data, out long data);
        _digest = _digest.Add(hole).Add(data);
        long position = 0;
        for (int runs = 0; runs < MostRuns && position < size; runs++)
        {
            FsError error = _volume.Map(_workspace, file, position, size - position, out FileRun run);
            if (error != FsError.None)
            {
                _digest = _digest.Add((ulong)error);
                break;
            }

            _digest = _digest.Add((ulong)run.Kind).Add(run.Offset.Value).Add(run.Length);
            HoldReadAgainstMap(file, position, run);
            position += run.Length;
        }
    }

    private void ReadSample(InodeNumber file, long offset)
    {
        FsError error = _volume.Read(_workspace, file, offset, _data.AsSpan(0, SampleSize), out int count);
        _digest = _digest.Add((ulong)error).Add(_data.AsSpan(0, count));
    }

    /// <summary>What the map says is at a place of the device, or nothing, reads so.</summary>
    private void HoldReadAgainstMap(InodeNumber file, long position, in FileRun run)
    {
        int wanted = (int)Math.Min(SampleSize, run.Length);
        FsError error = _volume.Read(_workspace, file, position, _data.AsSpan(0, wanted), out int count);
        _digest = _digest.Add((ulong)error).Add(_data.AsSpan(0, count));
        if (run.Kind == FileRunKind.ReadOnly)
        {
            return;
        }

        Span<byte> expected = _expected.AsSpan(0, wanted);
        expected.Clear();
        if (run.Kind == FileRunKind.OnDevice)
        {
            _device.Peek(run.Offset.Value, expected);
        }

        if (error != FsError.None || count != wanted || !expected.SequenceEqual(_data.AsSpan(0, count)))
        {
            throw new FindingException(
                FindingKind.Contradiction,
                $"inode {file.Value} at {position}: the map says {run}, reading says {error} and {count} bytes that differ");
        }
    }

    private void LookAtAttributes(InodeNumber inode)
    {
        try
        {
            FsError error = _volume.ListAttributes(_workspace, inode, true, _data, out int length);
            _digest = _digest.Add((ulong)error).Add((long)length);
            int room = _data.Length - length;
            for (int start = 0; error == FsError.None && start < length;)
            {
                ReadOnlySpan<byte> rest = _data.AsSpan(start, length - start);
                ReadOnlySpan<byte> name = rest[..Math.Max(0, rest.IndexOf((byte)0))];
                FsError found = _volume.GetAttribute(_workspace, inode, name, _data.AsSpan(length, room), out int size);
                _digest = _digest.Add(name).Add((ulong)found).Add(_data.AsSpan(length, found == FsError.None ? size : 0));
                start += name.Length + 1;
            }
        }
        catch (CorruptionException damage)
        {
            Note(damage);
        }
        catch (DeviceException) when (_device.HasFaults)
        {
            NoteFault();
        }
    }

    private void Audit()
    {
        AuditResult result;
        try
        {
            result = _volume.Audit(_audit);
        }
        catch (DeviceException) when (_device.HasFaults)
        {
            NoteFault();
            return;
        }

        _digest = _digest.Add(result.ReportCount).Add(result.Tally.Inodes).Add(result.Tally.Entries).Add(result.Tally.Blocks);
        if (!result.IsClean)
        {
            FirstDamage = FirstDamage == default ? result.Reports[0].Code : FirstDamage;
            _digest = _digest.Add((ulong)result.Reports[0].Code);
        }
        else if (result.Skipped.Count == 0 && !MetFault)
        {
            ObjectOnSoundVolume();
        }
    }

    private void ObjectOnSoundVolume()
    {
        if (FirstDamage != default)
        {
            throw new FindingException(FindingKind.Contradiction, $"the audit finds nothing, the walk {FirstDamage}");
        }

        if (_objection.Directory != 0)
        {
            throw new FindingException(FindingKind.Contradiction, $"the audit finds nothing, but {_objection}");
        }
    }

    private void Enter(uint number)
    {
        if (_waitingCount < MostInodes && _seen.Add(number))
        {
            _waiting[_waitingCount++] = number;
        }
    }

    private void Note(CorruptionException damage)
    {
        FirstDamage = FirstDamage == default ? damage.Code : FirstDamage;
        _digest = _digest.Add((ulong)damage.Code).Add(damage.Found).Add(damage.Expected).Add(damage.Where);
    }

    private void NoteFault()
    {
        MetFault = true;
        _digest = _digest.Add(ulong.MaxValue);
    }

    /// <summary>A name that a directory lists and does not find, or finds as another.</summary>
    private readonly record struct Objection(uint Directory, uint Listed, uint Found, FsError Error)
    {
        public override string ToString() => new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"directory {Directory} lists inode {Listed} under a name, ")
            .Append(CultureInfo.InvariantCulture, $"and its lookup gives {Error} and inode {Found}").ToString();
    }

    /// <summary>Takes so few entries at a time that a listing needs several calls.</summary>
    private struct EntrySink(VolumeWalk walk) : IDirectorySink
    {
        public int Count { get; private set; }

        public ulong Cookie { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            if (Count == BatchSize)
            {
                return false;
            }

            entry.Name.CopyTo(walk._names.AsSpan(Count * NameRoom, NameRoom));
            walk._nameLengths[Count] = (byte)entry.Name.Length;
            walk._children[Count] = entry.Inode.Value;
            Count++;
            Cookie = entry.NextCookie;
            return true;
        }
    }
}
