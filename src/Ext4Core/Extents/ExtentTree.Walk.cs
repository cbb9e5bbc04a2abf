using Ext4Core.Cache;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>The walk over all of a tree.</summary>
internal sealed partial class ExtentTree
{
    /// <summary>Shows the whole tree. Bound: nodes of a tree come in ascending order, apart and each under a parent one level
    /// up, so that none but empty leaves can come twice; each costs one block visit.</summary>
    public void Walk(Workspace workspace, in Inode inode, IMapVisitor visitor)
    {
        DiskLocation where = RootLocation(inode);
        try
        {
            ExtentNodeView root = ExtentNodeView.Parse(inode.BlockMap, where);
            CheckEntries(workspace, root, where);
            WalkNode(workspace, inode, root, FileBlockEnd, where, visitor);
        }
        catch (CorruptionException damage)
        {
            visitor.ReportDamage(damage);
        }
    }

    private void WalkNode(
        Workspace workspace, in Inode inode, ExtentNodeView node, ulong end, in DiskLocation where, IMapVisitor visitor)
    {
        for (int entryIndex = 0; entryIndex < node.EntryCount; entryIndex++)
        {
            DiskLocation entryWhere = where.At(EntryOffset(entryIndex));
            if (node.Depth > 0)
            {
                ulong below = entryIndex + 1 < node.EntryCount ? node.FirstOf(entryIndex + 1).Value : end;
                WalkChild(workspace, inode, node.Index(entryIndex), node.Depth - 1, below, entryWhere, visitor);
                continue;
            }

            ExtentView extent = node.Extent(entryIndex);
            BlockRange blocks = zones.AdmitData(workspace, extent.Start, extent.Length, entryWhere.At(ExtentView.EeStartHi));
            visitor.VisitRun(extent.First, blocks, extent.IsUnwritten, entryWhere);
        }
    }

    private void WalkChild(
        Workspace workspace, in Inode inode, ExtentIndexView index, int depth, ulong end, in DiskLocation where,
        IMapVisitor visitor)
    {
        try
        {
            BlockNumber number = zones.AdmitData(workspace, index.Child, 1, where.At(ExtentIndexView.EiLeafLo)).First;
            if (!visitor.EnterNode(number, where.At(ExtentIndexView.EiLeafLo)))
            {
                return;
            }

            DiskLocation childWhere = new(StructureKind.ExtentNode, number.Value, 0, inode.Number.Value);
            using BlockLease lease = cache.Read(workspace, number, childWhere);
            ExtentNodeView child = Verify(workspace, inode, lease, new(depth, index.First, end), childWhere);
            WalkNode(workspace, inode, child, end, childWhere, visitor);
        }
        catch (CorruptionException damage)
        {
            visitor.ReportDamage(damage);
        }
    }
}
