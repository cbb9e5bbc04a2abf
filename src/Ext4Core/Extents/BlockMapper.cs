using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>Says where a file's blocks live, whichever way its inode keeps the map.</summary>
internal sealed class BlockMapper(
    ExtentTree extents, IndirectMap indirect, SystemZones zones, FastCommitOverlay? fastCommits = null)
{
    /// <summary>The run that starts at <paramref name="first"/>: as long as the map says, up to <paramref name="wanted"/>.</summary>
    /// <remarks>At most six block visits.</remarks>
    public MappedRun Resolve(Workspace workspace, in Inode inode, FileBlock first, uint wanted)
    {
        MappedRun run = fastCommits?.RangesOf(inode.Number) is { } changes
            ? ResolveChanged(workspace, inode, changes, first, wanted)
            : ResolveStored(workspace, inode, first, wanted);
        return run.Count > wanted ? run with { Count = wanted } : run;
    }

    /// <summary>Whether the blocks from <paramref name="first"/> on hold data, and for how many blocks one node of the map
    /// says so: runs that lie apart on the volume are one run here.</summary>
    /// <returns>A run without a place.</returns>
    public MappedRun ResolveContent(Workspace workspace, in Inode inode, FileBlock first)
    {
        if (fastCommits?.RangesOf(inode.Number) is { } changes)
        {
            return ResolveChanged(workspace, inode, changes, first, uint.MaxValue) with { First = BlockNumber.None };
        }

        return inode.Is(InodeFlags.Extents)
            ? extents.ResolveContent(workspace, inode, first)
            : indirect.ResolveContent(workspace, inode, first);
    }

    /// <summary>Checks the part of the map that the inode itself holds, as every use of the inode must.</summary>
    public void CheckRoot(Workspace workspace, in Inode inode)
    {
        if (inode.Is(InodeFlags.Extents))
        {
            extents.CheckRoot(workspace, inode);
        }
        else
        {
            indirect.CheckRoot(workspace, inode);
        }
    }

    private MappedRun ResolveStored(Workspace workspace, in Inode inode, FileBlock first, uint wanted) =>
        inode.Is(InodeFlags.Extents)
            ? extents.Resolve(workspace, inode, first)
            : indirect.Resolve(workspace, inode, first, wanted);

    /// <summary>A changed range, or what the inode's own map says up to the next one.</summary>
    private MappedRun ResolveChanged(
        Workspace workspace, in Inode inode, RangeChanges changes, FileBlock first, uint wanted)
    {
        if (!changes.TryFind(first, out RangeChange change, out ulong next))
        {
            MappedRun stored = ResolveStored(workspace, inode, first, wanted);
            uint left = (uint)Math.Min(next - first.Value, uint.MaxValue);
            return stored.Count > left ? stored with { Count = left } : stored;
        }

        uint count = (uint)Math.Min(change.End - change.First, uint.MaxValue);
        if (change.Kind == RangeChangeKind.Removed)
        {
            return new(RunKind.Hole, BlockNumber.None, count);
        }

        DiskLocation where = new(StructureKind.FastCommitBlock, change.Start.Value, 0, inode.Number.Value);
        BlockRange blocks = zones.AdmitData(workspace, change.Start, count, where);
        return new(change.Kind == RangeChangeKind.Written ? RunKind.Written : RunKind.Unwritten, blocks.First, count);
    }
}
