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
            if (geometry.Has(ReadOnlyCompatibleFeatures.BigAllocation))
            {
                bool isKnown = view.OverheadClusters != 0 && view.OverheadClusters <= geometry.BlocksCount;
                ulong clusters = isKnown ? view.OverheadClusters : MetadataClusters(workspace) + ClustersFor(JournalBlocks(workspace, view));
                return clusters << geometry.ClusterBits;
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

        /// <summary>Clusters that hold blocks of any group's own; one may hold those of several.</summary>
        private ulong MetadataClusters(Workspace workspace)
        {
            VolumeGeometry geometry = stack.Geometry;
            List<(ulong First, ulong Last)> stretches = [];
            for (uint index = 0; index < geometry.GroupCount; index++)
            {
                workspace.Begin();
                GroupNumber group = geometry.Group(index);
                GroupPlaces places = stack.Groups.ReadUnverified(workspace, group);
                BlockRange front = new(geometry.FirstBlockOf(group), geometry.BaseMetadataBlocksIn(group));
                foreach (BlockRange range in (ReadOnlySpan<BlockRange>)[front, places.BlockBitmap, places.InodeBitmap, places.InodeTable])
                {
                    if (range.Count > 0)
                    {
                        ulong first = range.First.Value - geometry.FirstDataBlock;
                        stretches.Add((first >> geometry.ClusterBits, (first + range.Count - 1) >> geometry.ClusterBits));
                    }
                }
            }

            stretches.Sort();
            ulong count = 0;
            ulong next = 0;
            foreach ((ulong first, ulong last) in stretches)
            {
                count += last >= next ? last + 1 - Math.Max(first, next) : 0;
                next = Math.Max(next, last + 1);
            }

            return count;
        }

        private ulong ClustersFor(ulong blocks) =>
            (blocks + (1ul << stack.Geometry.ClusterBits) - 1) >> stack.Geometry.ClusterBits;

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
