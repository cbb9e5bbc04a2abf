using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>What file blocks became in a fast commit.</summary>
internal enum RangeChangeKind : byte
{
    /// <summary>They have no place any more.</summary>
    Removed,

    /// <summary>They have a place, and read as zeros.</summary>
    Unwritten,

    /// <summary>They have a place with data.</summary>
    Written,
}

/// <summary>File blocks that fast commits moved or removed.</summary>
/// <param name="First">The first one.</param>
/// <param name="End">The one behind the last: up to 2^32.</param>
/// <param name="Kind">What they became.</param>
/// <param name="Start">Where the first lies now; nothing for removed ones.</param>
internal readonly record struct RangeChange(ulong First, ulong End, RangeChangeKind Kind, ClaimedBlock Start)
{
    /// <summary>Every block that a file can have, without a place.</summary>
    public static RangeChange Everything => new(0, 1ul << 32, RangeChangeKind.Removed, default);

    /// <summary>The part of the change from <paramref name="first"/> to <paramref name="end"/>.</summary>
    public RangeChange Cut(ulong first, ulong end) => new(
        first, end, Kind, Kind == RangeChangeKind.Removed ? default : new(unchecked(Start.Value + (first - First))));
}

/// <summary>An inode's changed ranges, in order and apart; a later change wins over what it covers.</summary>
internal sealed class RangeChanges
{
    private readonly List<RangeChange> _changes = [];

    /// <summary>Changed ranges.</summary>
    public int Count => _changes.Count;

    /// <summary>Finds what a file block became.</summary>
    /// <param name="block">The file block.</param>
    /// <param name="change">Its change, from this block on; meaningful when there is one.</param>
    /// <param name="next">The first changed block behind an unchanged one: 2^32 when there is none.</param>
    public bool TryFind(FileBlock block, out RangeChange change, out ulong next)
    {
        int index = FirstEndingBehind(block.Value);
        bool isInside = index < _changes.Count && _changes[index].First <= block.Value;
        change = isInside ? _changes[index].Cut(block.Value, _changes[index].End) : default;
        next = index < _changes.Count ? _changes[index].First : 1ul << 32;
        return isInside;
    }

    /// <summary>Puts a change over all earlier ones.</summary>
    public void Put(in RangeChange change)
    {
        if (change.First >= change.End)
        {
            return;
        }

        int first = FirstEndingBehind(change.First);
        int end = first;
        RangeChange? before = null;
        RangeChange? behind = null;
        while (end < _changes.Count && _changes[end].First < change.End)
        {
            RangeChange covered = _changes[end];
            before = covered.First < change.First ? covered.Cut(covered.First, change.First) : before;
            behind = covered.End > change.End ? covered.Cut(change.End, covered.End) : behind;
            end++;
        }

        _changes.RemoveRange(first, end - first);
        if (behind is { } rest)
        {
            _changes.Insert(first, rest);
        }

        _changes.Insert(first, change);
        if (before is { } start)
        {
            _changes.Insert(first, start);
        }
    }

    private int FirstEndingBehind(ulong block)
    {
        int low = 0;
        int high = _changes.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_changes[middle].End <= block)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
