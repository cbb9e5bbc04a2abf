using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Allocation;

/// <summary>The blocks that belong to the volume itself: data over them is damage, however well it is in range.</summary>
/// <remarks>The zones of the first groups, as many as <see cref="VolumeLimits.DescriptorBytesAtMount"/> allows, are known
/// from the mount on, wherever they lie. A later group's are learnt with its flexible group when a block there is claimed
/// (<see cref="LateZones"/>), so that neither a mount nor memory grows with the volume.</remarks>
internal sealed class SystemZones
{
    private readonly VolumeGeometry _geometry;
    private readonly uint _knownGroups;
    private readonly LateZones _late;
    private ulong[] _starts = [];
    private ulong[] _ends = [];

    /// <summary>Learns the first groups' zones; a place outside the volume is a damage report.</summary>
    public SystemZones(VolumeGeometry geometry, GroupTable groups, Workspace workspace, int descriptorBytes)
    {
        _geometry = geometry;
        _knownGroups = (uint)Math.Min(geometry.GroupCount, (ulong)Math.Max(1, descriptorBytes / geometry.DescriptorSize));
        _late = new(geometry, groups, _knownGroups);
        List<(ulong Start, ulong End)> zones = [];
        for (uint index = 0; index < _knownGroups; index++)
        {
            workspace.Begin();
            GroupNumber group = geometry.Group(index);
            GroupPlaces places = groups.ReadUnverified(workspace, group, out Damage checksum);
            Remember(checksum);
            Append(zones, new(geometry.FirstBlockOf(group), geometry.BaseMetadataBlocksIn(group)));
            Append(zones, places.BlockBitmap);
            Append(zones, places.InodeBitmap);
            Append(zones, places.InodeTable);
        }

        Merge(zones);
    }

    /// <summary>The first of the known groups' descriptors whose checksum is wrong, if any is.</summary>
    public Damage WrongChecksum { get; private set; }

    /// <summary>Adds the journal's blocks, once they are known.</summary>
    public void Protect(IReadOnlyList<BlockRange> ranges)
    {
        List<(ulong Start, ulong End)> zones = [];
        for (int index = 0; index < _starts.Length; index++)
        {
            zones.Add((_starts[index], _ends[index]));
        }

        foreach (BlockRange range in ranges)
        {
            Append(zones, range);
        }

        Merge(zones);
    }

    /// <summary>Admits a run of blocks that an inode claims for itself.</summary>
    public BlockRange AdmitData(Workspace workspace, ClaimedBlock start, uint count, in DiskLocation where)
    {
        if (!IsData(workspace, start, count, where))
        {
            Corrupt.Throw(CorruptionCode.BlockOutOfRange, where, start.Value, _geometry.BlocksCount);
        }

        return new(new BlockNumber(start.Value), count);
    }

    /// <summary>Whether a run of blocks could be an inode's.</summary>
    public bool IsData(Workspace workspace, ClaimedBlock start, uint count, in DiskLocation where)
    {
        ulong blocksCount = _geometry.BlocksCount;
        return count != 0 && start.Value > _geometry.FirstDataBlock && start.Value < blocksCount
            && count <= blocksCount - start.Value && !Overlaps(workspace, start.Value, count, where);
    }

    private bool Overlaps(Workspace workspace, ulong start, uint count, in DiskLocation where)
    {
        int index = Array.BinarySearch(_starts, start + count - 1);
        index = index >= 0 ? index : ~index - 1;
        if (index >= 0 && _ends[index] > start)
        {
            return true;
        }

        uint last = _geometry.GroupOf(new BlockNumber(start + count - 1)).Value;
        uint lastTogether = Math.Min(last | ((1u << _geometry.FlexGroupBits) - 1), _geometry.GroupCount - 1);
        return lastTogether >= _knownGroups && OverlapsUnknownGroup(workspace, start, count, last, where);
    }

    private bool OverlapsUnknownGroup(Workspace workspace, ulong start, uint count, uint last, in DiskLocation where)
    {
        uint first = _geometry.GroupOf(new BlockNumber(start)).Value;
        for (uint index = Math.Max(_knownGroups, first); index <= last; index++)
        {
            GroupNumber group = _geometry.Group(index);
            if (Overlaps(new(_geometry.FirstBlockOf(group), _geometry.BaseMetadataBlocksIn(group)), start, count))
            {
                return true;
            }
        }

        uint flexLast = last >> _geometry.FlexGroupBits;
        for (uint flexGroup = first >> _geometry.FlexGroupBits; flexGroup <= flexLast; flexGroup++)
        {
            if (_late.Overlaps(workspace, flexGroup, start, count, where))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Overlaps(BlockRange zone, ulong start, uint count) =>
        zone.Count > 0 && zone.First.Value < start + count && start < zone.First.Value + zone.Count;

    private static void Append(List<(ulong Start, ulong End)> zones, BlockRange range)
    {
        if (range.Count > 0)
        {
            zones.Add((range.First.Value, range.First.Value + range.Count));
        }
    }

    private void Remember(Damage checksum)
    {
        if (WrongChecksum.IsNone)
        {
            WrongChecksum = checksum;
        }
    }

    /// <summary>Sorts the zones and joins neighbours; two that share a block are a damage report.</summary>
    private void Merge(List<(ulong Start, ulong End)> zones)
    {
        zones.Sort();
        List<ulong> starts = [];
        List<ulong> ends = [];
        foreach ((ulong start, ulong end) in zones)
        {
            if (ends.Count > 0 && start < ends[^1])
            {
                Corrupt.Throw(
                    CorruptionCode.SystemZonesOverlap, new(StructureKind.GroupDescriptor, start, 0), start, ends[^1]);
            }

            if (ends.Count > 0 && start == ends[^1])
            {
                ends[^1] = end;
                continue;
            }

            starts.Add(start);
            ends.Add(end);
        }

        _starts = [.. starts];
        _ends = [.. ends];
    }
}
