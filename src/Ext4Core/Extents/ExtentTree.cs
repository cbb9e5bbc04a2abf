using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>Walks an inode's extent tree: at most five levels of blocks below the root in the inode.</summary>
internal sealed partial class ExtentTree(VolumeGeometry geometry, BlockCache cache, SystemZones zones)
{
    /// <summary>File blocks that a tree can address, one more than the last one's number.</summary>
    private const ulong FileBlockEnd = 1ul << 32;

    /// <summary>The run that holds <paramref name="wanted"/>, from there to its end.</summary>
    public MappedRun Resolve(Workspace workspace, in Inode inode, FileBlock wanted) =>
        Find(workspace, inode, wanted, asksForContent: false);

    /// <summary>Whether there is data at <paramref name="wanted"/>, and for how long one leaf says so.</summary>
    public MappedRun ResolveContent(Workspace workspace, in Inode inode, FileBlock wanted) =>
        Find(workspace, inode, wanted, asksForContent: true);

    private MappedRun Find(Workspace workspace, in Inode inode, FileBlock wanted, bool asksForContent)
    {
        DiskLocation where = RootLocation(inode);
        ExtentNodeView root = AdmitRoot(workspace, inode, where);
        if (root.Depth == 0)
        {
            return FindInLeaf(workspace, root, wanted, FileBlockEnd, asksForContent, where);
        }

        return Descend(workspace, inode, root, wanted, FileBlockEnd, asksForContent, where);
    }

    /// <summary>Checks the root's header and entries.</summary>
    public void CheckRoot(Workspace workspace, in Inode inode) => _ = AdmitRoot(workspace, inode, RootLocation(inode));

    /// <summary>The root in the inode: its entries are checked once for each inode that is loaded.</summary>
    private ExtentNodeView AdmitRoot(Workspace workspace, in Inode inode, in DiskLocation where)
    {
        if (inode.IsMapAdmitted)
        {
            return ExtentNodeView.Admitted(inode.BlockMap);
        }

        ExtentNodeView root = ExtentNodeView.Parse(inode.BlockMap, where);
        CheckEntries(workspace, root, where);
        return root;
    }

    /// <summary>The file block behind the last one that the tree maps; 0 for an empty tree, and for one whose last leaf is
    /// empty.</summary>
    public ulong FindEnd(Workspace workspace, in Inode inode)
    {
        DiskLocation where = RootLocation(inode);
        ExtentNodeView root = AdmitRoot(workspace, inode, where);
        return FindEnd(workspace, inode, root, where);
    }

    /// <summary>Follows the last entry of <paramref name="node"/>; recursion ends with the node's depth.</summary>
    private ulong FindEnd(Workspace workspace, in Inode inode, ExtentNodeView node, in DiskLocation where)
    {
        int last = node.EntryCount - 1;
        if (last < 0)
        {
            return 0;
        }

        if (node.Depth == 0)
        {
            return (ulong)node.FirstOf(last).Value + node.Extent(last).Length;
        }

        using BlockLease lease = BorrowChild(workspace, inode, node, last, FileBlockEnd, where, out DiskLocation childWhere);
        return FindEnd(workspace, inode, ExtentNodeView.Admitted(lease.Bytes), childWhere);
    }

    /// <summary>Follows one index entry of <paramref name="node"/>; recursion ends with the node's depth.</summary>
    private MappedRun Descend(
        Workspace workspace, in Inode inode, ExtentNodeView node, FileBlock wanted, ulong end, bool asksForContent,
        in DiskLocation where)
    {
        int entryIndex = LastAtOrBefore(node, wanted);
        ulong below = entryIndex + 1 < node.EntryCount ? node.FirstOf(entryIndex + 1).Value : end;
        if (entryIndex < 0)
        {
            return Hole(wanted, below);
        }

        using BlockLease lease = BorrowChild(workspace, inode, node, entryIndex, below, where, out DiskLocation childWhere);
        ExtentNodeView child = ExtentNodeView.Admitted(lease.Bytes);
        return child.Depth == 0
            ? FindInLeaf(workspace, child, wanted, below, asksForContent, childWhere)
            : Descend(workspace, inode, child, wanted, below, asksForContent, childWhere);
    }

    /// <summary>Borrows the node below an index entry, verified and one level down; it maps nothing from <paramref name="end"/>
    /// on.</summary>
    private BlockLease BorrowChild(
        Workspace workspace, in Inode inode, ExtentNodeView node, int entryIndex, ulong end, scoped in DiskLocation where,
        out DiskLocation childWhere)
    {
        ExtentIndexView index = node.Index(entryIndex);
        DiskLocation entryWhere = where.At(EntryOffset(entryIndex));
        BlockNumber number = zones.AdmitData(workspace, index.Child, 1, entryWhere.At(ExtentIndexView.EiLeafLo)).First;
        childWhere = new(StructureKind.ExtentNode, number.Value, 0, inode.Number.Value);
        BlockLease lease = cache.Read(workspace, number, childWhere);
        try
        {
            _ = Verify(workspace, inode, lease, new(node.Depth - 1, index.First, end), childWhere);
        }
        catch
        {
            lease.Dispose();
            throw;
        }

        return lease;
    }

    /// <summary>Verifies a node's header, entries and checksum, once per stay of its block in the cache.</summary>
    private ExtentNodeView Verify(
        Workspace workspace, in Inode inode, in BlockLease lease, in NodePlace place, scoped in DiskLocation where)
    {
        ulong key = BlockLease.VerificationKey(StructureKind.ExtentNode, inode.ChecksumSeed);
        ReadOnlySpan<byte> bytes = lease.Bytes;
        if (lease.IsVerified(key))
        {
            ExtentNodeView admitted = ExtentNodeView.Admitted(bytes);
            CheckPlace(admitted, place, where);
            return admitted;
        }

        ExtentNodeView node = ExtentNodeView.Parse(bytes, where);
        if (geometry.HasMetadataChecksum)
        {
            uint due = Crc32C.Append(inode.ChecksumSeed, bytes[..node.TailOffset]);
            uint found = Le.U32(bytes, node.TailOffset);
            if (found != due)
            {
                Corrupt.Throw(CorruptionCode.ExtentChecksum, where.At(node.TailOffset), found, due);
            }
        }

        CheckEntries(workspace, node, where);
        CheckPlace(node, place, where);
        lease.MarkVerified(key);
        return node;
    }

    private void CheckEntries(Workspace workspace, ExtentNodeView node, in DiskLocation where) =>
        ExamineEntries(workspace, node, where).ThrowIfAny();

    /// <summary>Looks for damage in the entries of a node: every one lies on the volume, and none overlaps or precedes the one
    /// before it.</summary>
    internal Damage ExamineEntries(Workspace workspace, ExtentNodeView node, in DiskLocation where)
    {
        ulong next = 0;
        for (int entryIndex = 0; entryIndex < node.EntryCount; entryIndex++)
        {
            DiskLocation entryWhere = where.At(EntryOffset(entryIndex));
            uint start = node.FirstOf(entryIndex).Value;
            if (start < next)
            {
                return new(CorruptionCode.ExtentOrder, entryWhere, start, next);
            }

            bool isLeaf = node.Depth == 0;
            uint length = isLeaf ? node.Extent(entryIndex).Length : 1;
            if (isLeaf && (length == 0 || length > uint.MaxValue - start))
            {
                return new(CorruptionCode.ExtentLength, entryWhere.At(ExtentView.EeLen), length, uint.MaxValue - start);
            }

            ClaimedBlock claim = isLeaf ? node.Extent(entryIndex).Start : node.Index(entryIndex).Child;
            DiskLocation claimWhere = entryWhere.At(isLeaf ? ExtentView.EeStartHi : ExtentIndexView.EiLeafLo);
            if (!zones.IsData(workspace, claim, length, claimWhere))
            {
                return new(CorruptionCode.BlockOutOfRange, claimWhere, claim.Value, geometry.BlocksCount);
            }

            next = (ulong)start + length;
        }

        return default;
    }

    /// <summary>A node is where its parent says, so that every file block has one place, whichever way it is looked for, and no
    /// node comes twice.</summary>
    private static void CheckPlace(ExtentNodeView node, in NodePlace place, in DiskLocation where)
    {
        if (node.Depth != place.Depth)
        {
            Corrupt.Throw(
                CorruptionCode.ExtentDepth, where.At(ExtentNodeView.EhDepth), (ulong)node.Depth, (ulong)place.Depth);
        }

        int last = node.EntryCount - 1;
        if (last < 0)
        {
            return;
        }

        if (node.FirstOf(0) != place.First)
        {
            Corrupt.Throw(
                CorruptionCode.ExtentParentMismatch, where.At(ExtentNodeView.HeaderSize), node.FirstOf(0).Value, place.First.Value);
        }

        ulong end = (ulong)node.FirstOf(last).Value + (node.Depth == 0 ? node.Extent(last).Length : 1);
        if (end > place.End)
        {
            Corrupt.Throw(CorruptionCode.ExtentOrder, where.At(EntryOffset(last)), end, place.End);
        }
    }

    private MappedRun FindInLeaf(
        Workspace workspace, ExtentNodeView leaf, FileBlock wanted, ulong end, bool asksForContent, in DiskLocation where)
    {
        int entryIndex = LastAtOrBefore(leaf, wanted);
        if (asksForContent)
        {
            return FindContentInLeaf(leaf, Math.Max(entryIndex, 0), wanted, end);
        }

        ulong next = entryIndex + 1 < leaf.EntryCount ? leaf.FirstOf(entryIndex + 1).Value : end;
        if (entryIndex < 0)
        {
            return Hole(wanted, next);
        }

        ExtentView extent = leaf.Extent(entryIndex);
        uint skip = wanted.Value - extent.First.Value;
        if (skip >= extent.Length)
        {
            return Hole(wanted, next);
        }

        DiskLocation entryWhere = where.At(EntryOffset(entryIndex) + ExtentView.EeStartHi);
        BlockRange blocks = zones.AdmitData(workspace, extent.Start, extent.Length, entryWhere);
        return new(extent.IsUnwritten ? RunKind.Unwritten : RunKind.Written, blocks[skip], extent.Length - skip);
    }

    /// <summary>Joins neighbours of the same content, from the entry at or before <paramref name="wanted"/> on.</summary>
    private static MappedRun FindContentInLeaf(ExtentNodeView leaf, int entryIndex, FileBlock wanted, ulong end)
    {
        ulong position = wanted.Value;
        RunKind? content = null;
        for (; position < end; entryIndex++)
        {
            ulong start = entryIndex < leaf.EntryCount ? leaf.FirstOf(entryIndex).Value : end;
            if (start > position)
            {
                if (content == RunKind.Written)
                {
                    break;
                }

                content = RunKind.Hole;
                position = start;
            }

            if (entryIndex >= leaf.EntryCount)
            {
                break;
            }

            ExtentView extent = leaf.Extent(entryIndex);
            ulong extentEnd = start + extent.Length;
            if (extentEnd <= position)
            {
                continue;
            }

            RunKind own = extent.IsUnwritten ? RunKind.Hole : RunKind.Written;
            if (content is not null && content != own)
            {
                break;
            }

            content = own;
            position = extentEnd;
        }

        ulong count = Math.Clamp(position - wanted.Value, 1, uint.MaxValue);
        return new(content ?? RunKind.Hole, BlockNumber.None, (uint)count);
    }

    /// <summary>Binary search: the last entry that starts at or before a file block; -1 for none.</summary>
    private static int LastAtOrBefore(ExtentNodeView node, FileBlock wanted)
    {
        int low = 0;
        int high = node.EntryCount;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (node.FirstOf(middle).Value <= wanted.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private static MappedRun Hole(FileBlock wanted, ulong end) =>
        new(RunKind.Hole, BlockNumber.None, (uint)Math.Clamp(end > wanted.Value ? end - wanted.Value : 1, 1, uint.MaxValue));

    private static int EntryOffset(int entryIndex) => ExtentNodeView.HeaderSize + (entryIndex * ExtentNodeView.EntrySize);

    private static DiskLocation RootLocation(in Inode inode) =>
        new(StructureKind.ExtentNode, inode.TableBlock, inode.TableOffset + InodeView.IBlock, inode.Number.Value);

    /// <summary>What an index says of the node that an entry leads to.</summary>
    /// <param name="Depth">Levels below the node.</param>
    /// <param name="First">The file block that it starts with.</param>
    /// <param name="End">The file block that the next entry starts with: the node maps nothing from there on.</param>
    private readonly record struct NodePlace(int Depth, FileBlock First, ulong End);
}
