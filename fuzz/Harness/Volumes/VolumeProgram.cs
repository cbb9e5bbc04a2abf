using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Runs the operations of an input on a mounted volume, one record after the other.</summary>
/// <remarks>Operations that write join as further kinds of records: each is one case of <see cref="Ask"/>.</remarks>
internal sealed class VolumeProgram(SparseDevice device)
{
    private const int MostOperations = 64;
    private const int MostEntries = 256;

    private readonly byte[] _data = new byte[1 << 16];
    private readonly byte[] _name = new byte[byte.MaxValue];
    private Workspace _workspace = null!;
    private Digest _digest;
    private uint _found;

    /// <summary>The first damage that an operation came upon; no code for none.</summary>
    public CorruptionCode FirstDamage { get; private set; }

    /// <summary>Starts a program: nothing was found yet, and nothing is damaged.</summary>
    public void Begin()
    {
        _digest = default;
        _found = InodeNumber.Root.Value;
        FirstDamage = default;
    }

    /// <summary>Runs operations until the input's end, or until one asks for another mount.</summary>
    /// <param name="records">The records; those that are no operations are passed over.</param>
    /// <param name="volume">The volume.</param>
    /// <returns>Whether the volume is to be mounted again.</returns>
    public bool Run(scoped ref RecordReader records, Volume volume)
    {
        _workspace = volume.CreateWorkspace();
        for (int count = 0; count < MostOperations && records.MoveNext(); count++)
        {
            if (records.Kind == RecordKind.Remount)
            {
                return true;
            }

            if (records.Kind.IsOperation())
            {
                Try(records, volume);
            }
        }

        return false;
    }

    /// <summary>A hash over all answers.</summary>
    public ulong Digest => _digest.Value;

    private void Try(in RecordReader record, Volume volume)
    {
        try
        {
            InodeNumber inode = default;
            FsError error = HasInode(record.Kind) ? volume.Admit(new(record[0] == 0 ? _found : record[0]), out inode) : FsError.None;
            _digest = _digest.Add((ulong)record.Kind).Add((ulong)error);
            if (error == FsError.None)
            {
                _digest = _digest.Add((ulong)Ask(record, volume, inode));
            }
        }
        catch (CorruptionException damage)
        {
            FirstDamage = FirstDamage == default ? damage.Code : FirstDamage;
            _digest = _digest.Add((ulong)damage.Code).Add(damage.Found).Add(damage.Expected).Add(damage.Where);
        }
        catch (DeviceException) when (device.HasFaults)
        {
            _digest = _digest.Add(ulong.MaxValue);
        }
    }

    private static bool HasInode(RecordKind kind) =>
        kind is not (RecordKind.Statistics or RecordKind.MultipleMount or RecordKind.CountOrphans);

    private FsError Ask(in RecordReader record, Volume volume, InodeNumber inode)
    {
        FsError error;
        switch (record.Kind)
        {
            case RecordKind.Lookup:
                return LookUp(volume, inode, record.Bytes);
            case RecordKind.LookupListed:
                return LookUpListed(volume, inode, record[1]);
            case RecordKind.List:
                CountingSink sink = new((int)Math.Min(record[2], MostEntries), _name);
                error = volume.List(_workspace, inode, record[1], ref sink);
                _digest = sink.Digest.Add(_digest.Value);
                return error;
            case RecordKind.Stat:
                error = volume.Stat(_workspace, inode, out InodeStat stat);
                _digest = _digest.Add((ulong)stat.Mode).Add(stat.Size).Add(stat.Sectors);
                return error;
            case RecordKind.Read:
                error = volume.Read(_workspace, inode, Offset(record[1]), Room(record[2]), out int count);
                _digest = _digest.Add(_data.AsSpan(0, count));
                return error;
            case RecordKind.Map:
                error = volume.Map(_workspace, inode, Offset(record[1]), Math.Max(1, Offset(record[2])), out FileRun run);
                _digest = _digest.Add((ulong)run.Kind).Add(run.Offset.Value).Add(run.Length);
                return error;
            case RecordKind.SeekData or RecordKind.SeekHole:
                SeekTarget target = record.Kind == RecordKind.SeekData ? SeekTarget.Data : SeekTarget.Hole;
                error = volume.Seek(_workspace, inode, Offset(record[1]), target, out long position);
                _digest = _digest.Add(position);
                return error;
            case RecordKind.BlockOf:
                error = volume.BlockOf(_workspace, inode, new((uint)(record[1] & uint.MaxValue)), out BlockNumber block);
                _digest = _digest.Add(block.Value);
                return error;
            case RecordKind.ReadLink:
                error = volume.ReadLink(_workspace, inode, Room(record[1]), out int length);
                return Keep(error, length);
            case RecordKind.GetAttribute:
                error = volume.GetAttribute(_workspace, inode, record.Bytes, Room(record[1]), out length);
                return Keep(error, length);
            case RecordKind.ListAttributes:
                error = volume.ListAttributes(_workspace, inode, true, Room(record[1]), out length);
                return Keep(error, length);
            case RecordKind.Statistics:
                _digest = _digest.Add(volume.Statistics(_workspace).FreeBlocks);
                return FsError.None;
            case RecordKind.MultipleMount:
                _digest = _digest.Add((ulong)(volume.ReadMultipleMountReport(_workspace)?.Sequence ?? 0));
                return FsError.None;
            default:
                OrphanCounts orphans = volume.CountOrphans(_workspace);
                _digest = _digest.Add(orphans.Listed).Add(orphans.Filed);
                return FsError.None;
        }
    }

    private FsError LookUp(Volume volume, InodeNumber directory, ReadOnlySpan<byte> name)
    {
        FsError error = volume.Lookup(_workspace, directory, name, out InodeNumber child);
        _digest = _digest.Add((ulong)child.Value);
        _found = error == FsError.None ? child.Value : _found;
        return error;
    }

    private FsError LookUpListed(Volume volume, InodeNumber directory, ulong which)
    {
        CountingSink sink = new((int)Math.Min(which, MostEntries - 1) + 1, _name);
        FsError error = volume.List(_workspace, directory, 0, ref sink);
        return error == FsError.None && sink.NameLength > 0 ? LookUp(volume, directory, _name.AsSpan(0, sink.NameLength)) : error;
    }

    private FsError Keep(FsError error, int length)
    {
        _digest = _digest.Add((long)length).Add(_data.AsSpan(0, error == FsError.None ? Math.Min(length, _data.Length) : 0));
        return error;
    }

    private Span<byte> Room(ulong wanted) => _data.AsSpan(0, (int)Math.Min(wanted, (ulong)_data.Length));

    private static long Offset(ulong wanted) => (long)Math.Min(wanted, long.MaxValue);

    /// <summary>Takes so many entries, and keeps the last one's name.</summary>
    private struct CountingSink(int room, byte[] name) : IDirectorySink
    {
        private int _left = room;

        public int NameLength { get; private set; }

        public Digest Digest { get; private set; }

        public bool Add(scoped DirectoryEntry entry)
        {
            if (_left == 0)
            {
                return false;
            }

            _left--;
            entry.Name.CopyTo(name);
            NameLength = entry.Name.Length;
            Digest = Digest.Add(entry.Name).Add((ulong)entry.Inode.Value).Add(entry.NextCookie);
            return true;
        }
    }
}
