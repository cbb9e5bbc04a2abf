using Ext4Core.Cache;
using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>Says where a file's blocks live, whichever way its inode keeps the map.</summary>
internal sealed class BlockMapper(ExtentTree extents, IndirectMap indirect)
{
    /// <summary>The run that starts at <paramref name="first"/>: as long as the map says, up to <paramref name="wanted"/>.</summary>
    /// <remarks>At most six block visits.</remarks>
    public MappedRun Resolve(Workspace workspace, in Inode inode, FileBlock first, uint wanted)
    {
        MappedRun run = inode.Is(InodeFlags.Extents)
            ? extents.Resolve(workspace, inode, first)
            : indirect.Resolve(workspace, inode, first, wanted);
        return run.Count > wanted ? run with { Count = wanted } : run;
    }

    /// <summary>Whether the blocks from <paramref name="first"/> on hold data, and for how many blocks one node of the map
    /// says so: runs that lie apart on the volume are one run here.</summary>
    /// <returns>A run without a place.</returns>
    public MappedRun ResolveContent(Workspace workspace, in Inode inode, FileBlock first) =>
        inode.Is(InodeFlags.Extents)
            ? extents.ResolveContent(workspace, inode, first)
            : indirect.ResolveContent(workspace, inode, first);

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
}
