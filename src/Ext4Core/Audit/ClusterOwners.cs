using Ext4Core.Allocation;
using Ext4Core.Geometry;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>One bit for each cluster: whether somebody owns it. A group's bits exist from its first owner on.</summary>
internal sealed class ClusterOwners(VolumeGeometry geometry, MemoryBudget budget)
{
    private readonly byte[]?[] _groups = new byte[geometry.GroupCount][];

    /// <summary>Whether all owners could be remembered. If not, nothing follows from what is here.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Bytes that the map takes before the first owner.</summary>
    public static long FixedBytes(VolumeGeometry geometry) => (long)geometry.GroupCount * sizeof(ulong);

    /// <summary>Takes the cluster that holds a block; false when it has an owner already.</summary>
    public bool Claim(BlockNumber block)
    {
        if (block.Value < geometry.FirstDataBlock)
        {
            return true;
        }

        uint group = geometry.GroupOf(block).Value;
        byte[]? bits = _groups[group] ?? Add(group);
        return bits is null || BitmapBits.Set(bits, ClusterIn(block, group));
    }

    /// <summary>A group's bits; empty when nothing in the group has an owner.</summary>
    public ReadOnlySpan<byte> Of(GroupNumber group) => _groups[group.Value];

    private uint ClusterIn(BlockNumber block, uint group) =>
        (uint)((block.Value - geometry.FirstBlockOf(new(group)).Value) >> geometry.ClusterBits);

    private byte[]? Add(uint group)
    {
        int bytes = (int)((geometry.ClustersPerGroup + 7) / 8);
        if (!IsComplete || !budget.TryTake(bytes))
        {
            IsComplete = false;
            return null;
        }

        return _groups[group] = new byte[bytes];
    }
}
