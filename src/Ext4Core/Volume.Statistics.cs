using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>What the volume counts.</summary>
public sealed partial class Volume
{
    private readonly StatisticsCounter _statistics;

    /// <summary>Tells what statfs(2) wants to know. The first call reads every group descriptor, later ones nothing.</summary>
    public VolumeStatistics Statistics(Workspace workspace) => _statistics.Count(workspace);

    /// <summary>Counts once, when it is first asked.</summary>
    private sealed class StatisticsCounter(VolumeStack stack, byte[] superblock, bool countsMetadata)
    {
        /// <summary>Clusters that the driver keeps back for its own use: 2 %, at most this many.</summary>
        private const ulong MostReserved = 4096;
        private readonly Lock _gate = new();
        private VolumeStatistics? _counted;

        public VolumeStatistics Count(Workspace workspace)
        {
            lock (_gate)
            {
                return _counted ??= CountNow(workspace);
            }
        }

        private VolumeStatistics CountNow(Workspace workspace)
        {
            VolumeGeometry geometry = stack.Geometry;
            SuperblockView view = new(superblock);
            ulong freeClusters = 0;
            ulong freeInodes = 0;
            for (uint index = 0; index < geometry.GroupCount; index++)
            {
                workspace.Begin();
                GroupPlaces group = stack.Groups.ReadUnverified(workspace, geometry.Group(index));
                freeClusters += group.FreeClusters;
                freeInodes += group.FreeInodes;
            }

            ulong free = freeClusters << geometry.ClusterBits;
            ulong kept = view.ReservedBlocksCount + Reserved(geometry);
            ulong overhead = countsMetadata ? 0 : Overhead(workspace, view);
            return new(
                geometry.BlockSize, geometry.BlocksCount - Math.Min(overhead, geometry.BlocksCount), free,
                free > kept ? free - kept : 0, geometry.InodesCount, freeInodes);
        }

        private static ulong Reserved(VolumeGeometry geometry) => geometry.Has(IncompatibleFeatures.Extents)
            ? Math.Min((geometry.BlocksCount >> geometry.ClusterBits) / 50, MostReserved) << geometry.ClusterBits
            : 0;

        /// <summary>Blocks that can never hold data: what comes before the first group, each group's own, the journal.</summary>
        private ulong Overhead(Workspace workspace, SuperblockView view)
        {
            VolumeGeometry geometry = stack.Geometry;
            if (geometry.Has(ReadOnlyCompatibleFeatures.BigAllocation) && view.OverheadClusters != 0)
            {
                return (ulong)view.OverheadClusters << geometry.ClusterBits;
            }

            const uint Bitmaps = 2;
            ulong blocks = geometry.FirstDataBlock;
            for (uint index = 0; index < geometry.GroupCount; index++)
            {
                GroupNumber group = geometry.Group(index);
                uint copies = geometry.HasSuperblock(group) ? 1u + (uint)geometry.ReservedDescriptorBlocks : 0u;
                blocks += copies + geometry.DescriptorBlocksIn(group) + geometry.InodeTableBlocks + Bitmaps;
            }

            return blocks + JournalBlocks(workspace, view);
        }

        private ulong JournalBlocks(Workspace workspace, SuperblockView view)
        {
            uint inode = (uint)view.JournalInode.Value;
            if (!stack.Geometry.Has(CompatibleFeatures.HasJournal) || inode == 0 || inode > stack.Geometry.InodesCount)
            {
                return 0;
            }

            workspace.Begin();
            stack.Inodes.LoadAny(workspace, new(inode), out Inode journal);
            return journal.Size >> stack.Geometry.BlockBits;
        }
    }
}
