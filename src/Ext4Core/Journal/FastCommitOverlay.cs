using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>What fast commits change on a volume that is only read: inodes, places of file blocks, names.</summary>
/// <remarks>Filled once, by the replay at mount; never changed afterwards, so any number of readers share it. A volume
/// without fast commits has none, and asks nothing. Bound: the bytes that the limits allow.</remarks>
internal sealed class FastCommitOverlay(long maximumBytes)
{
    private const int EntryCost = 64;

    private readonly Dictionary<uint, byte[]> _inodes = [];
    private readonly Dictionary<uint, RangeChanges> _ranges = [];
    private readonly Dictionary<uint, NameChanges> _names = [];
    private long _bytes;

    /// <summary>Inodes that are not what their tables say.</summary>
    public int InodeCount => _inodes.Count;

    /// <summary>The bytes of an inode that fast commits replaced; null for any other.</summary>
    public byte[]? InodeOf(InodeNumber number) => _inodes.GetValueOrDefault(number.Value);

    /// <summary>Changes to where an inode's blocks lie; null when there are none.</summary>
    public RangeChanges? RangesOf(InodeNumber number) => _ranges.GetValueOrDefault(number.Value);

    /// <summary>Changes to a directory's names; null when there are none.</summary>
    public NameChanges? NamesOf(InodeNumber directory) => _names.GetValueOrDefault(directory.Value);

    /// <summary>Replaces an inode; the array is the overlay's from here on.</summary>
    public void Replace(InodeNumber number, byte[] inode, in DiskLocation where)
    {
        if (!_inodes.ContainsKey(number.Value))
        {
            Charge(inode.Length + EntryCost, where);
        }

        _inodes[number.Value] = inode;
    }

    /// <summary>Says that file blocks have another place, or none.</summary>
    public void Change(InodeNumber number, in RangeChange change, in DiskLocation where)
    {
        Charge(EntryCost, where);
        if (!_ranges.TryGetValue(number.Value, out RangeChanges? changes))
        {
            changes = new();
            _ranges.Add(number.Value, changes);
        }

        changes.Put(change);
    }

    /// <summary>Gives a directory a name that it does not have.</summary>
    public void AddName(InodeNumber directory, ReadOnlySpan<byte> name, InodeNumber inode, ushort mode, in DiskLocation where)
    {
        Charge(name.Length + EntryCost, where);
        Names(directory).Add(name, inode, mode);
    }

    /// <summary>Takes a name from a directory.</summary>
    public void RemoveName(InodeNumber directory, ReadOnlySpan<byte> name, in DiskLocation where)
    {
        Charge(name.Length + EntryCost, where);
        Names(directory).Remove(name);
    }

    /// <summary>Forgets every change: for a replay that starts over.</summary>
    public void Clear()
    {
        _inodes.Clear();
        _ranges.Clear();
        _names.Clear();
        _bytes = 0;
    }

    private NameChanges Names(InodeNumber directory)
    {
        if (!_names.TryGetValue(directory.Value, out NameChanges? changes))
        {
            changes = new();
            _names.Add(directory.Value, changes);
        }

        return changes;
    }

    private void Charge(long bytes, in DiskLocation where)
    {
        _bytes += bytes;
        if (_bytes > maximumBytes)
        {
            Corrupt.Throw(CorruptionCode.FastCommitsTooLarge, where, (ulong)_bytes, (ulong)maximumBytes);
        }
    }
}
