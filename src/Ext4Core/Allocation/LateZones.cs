using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Allocation;

/// <summary>The zones of flexible groups that the mount did not read: learnt when a block there is first claimed, then
/// remembered in a table of fixed size, where the groups that share a place take turns.</summary>
internal sealed class LateZones
{
    private const int Places = 512;

    /// <summary>Stretches that one place holds: a flexible group packs its bitmaps and tables into a few.</summary>
    private const int MostStretches = 8;

    /// <summary>Groups of a flexible group that are looked at. Their metadata is what comes first in it, and no request can
    /// afford to read the descriptors of more.</summary>
    private const uint MostGroups = 1024;

    private readonly VolumeGeometry _geometry;
    private readonly GroupTable _groups;
    private readonly uint _knownGroups;
    private readonly Lock _gate = new();
    private readonly Learnt[] _learnt;
    private readonly (ulong Start, ulong End)[] _stretches;

    public LateZones(VolumeGeometry geometry, GroupTable groups, uint knownGroups)
    {
        _geometry = geometry;
        _groups = groups;
        _knownGroups = knownGroups;
        int places = knownGroups < geometry.GroupCount ? Places : 0;
        _learnt = new Learnt[places];
        _stretches = new (ulong Start, ulong End)[places * MostStretches];
    }

    /// <summary>Whether a run meets the bitmaps and tables of a flexible group. One visit, and one for each descriptor when
    /// the group is not remembered.</summary>
    public bool Overlaps(Workspace workspace, uint flexGroup, ulong start, uint count, in DiskLocation where)
    {
        workspace.Charge(1, where);
        return TryRemember(flexGroup, start, count, out bool overlaps)
            ? overlaps
            : Learn(workspace, flexGroup, start, count);
    }

    private bool TryRemember(uint flexGroup, ulong start, uint count, out bool overlaps)
    {
        overlaps = false;
        int place = (int)(flexGroup % Places);
        lock (_gate)
        {
            if (_learnt[place].Stretches == 0 || _learnt[place].FlexGroup != flexGroup)
            {
                return false;
            }

            foreach ((ulong first, ulong end) in _stretches.AsSpan(place * MostStretches, _learnt[place].Stretches))
            {
                overlaps |= first < start + count && start < end;
            }
        }

        return true;
    }

    private bool Learn(Workspace workspace, uint flexGroup, ulong start, uint count)
    {
        Span<(ulong Start, ulong End)> stretches = stackalloc (ulong Start, ulong End)[MostStretches];
        int used = 0;
        bool fits = true;
        bool overlaps = false;
        uint first = flexGroup << _geometry.FlexGroupBits;
        uint groups = Math.Min(Math.Min(1u << _geometry.FlexGroupBits, MostGroups), _geometry.GroupCount - first);
        for (uint index = Math.Max(first, _knownGroups); index < first + groups; index++)
        {
            GroupPlaces places = _groups.ReadUnverified(workspace, _geometry.Group(index));
            foreach (BlockRange range in (ReadOnlySpan<BlockRange>)[places.BlockBitmap, places.InodeBitmap, places.InodeTable])
            {
                ulong end = range.First.Value + range.Count;
                overlaps |= range.First.Value < start + count && start < end;
                fits = fits && Append(stretches, ref used, range.First.Value, end);
            }
        }

        if (fits && used > 0)
        {
            Remember(flexGroup, stretches[..used]);
        }

        return overlaps;
    }

    /// <summary>Lengthens the stretch that a range continues, or starts one.</summary>
    private static bool Append(Span<(ulong Start, ulong End)> stretches, ref int used, ulong start, ulong end)
    {
        for (int index = 0; index < used; index++)
        {
            if (stretches[index].End == start)
            {
                stretches[index].End = end;
                return true;
            }
        }

        if (used == stretches.Length)
        {
            return false;
        }

        stretches[used] = (start, end);
        used++;
        return true;
    }

    private void Remember(uint flexGroup, ReadOnlySpan<(ulong Start, ulong End)> stretches)
    {
        int place = (int)(flexGroup % Places);
        lock (_gate)
        {
            stretches.CopyTo(_stretches.AsSpan(place * MostStretches, MostStretches));
            _learnt[place] = new(flexGroup, stretches.Length);
        }
    }

    /// <summary>What a place remembers; nothing while it has no stretches.</summary>
    private readonly record struct Learnt(uint FlexGroup, int Stretches);
}
