using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>Walks the block map of ext2 and ext3: twelve direct pointers, then one, two and three levels of blocks.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/ifork.rst, "Direct/Indirect Block Addressing".</remarks>
internal sealed partial class IndirectMap(VolumeGeometry geometry, BlockCache cache, SystemZones zones)
{
    private const int DirectCount = 12;
    private const int PointerCount = 15;
    private const int PointerSize = 4;

    private int PointerBits => geometry.BlockBits - 2;

    /// <summary>The run from <paramref name="wanted"/> on, joined while pointers follow each other.</summary>
    public MappedRun Resolve(Workspace workspace, in Inode inode, FileBlock wanted, uint limit) =>
        Find(workspace, inode, wanted, limit, asksForContent: false);

    /// <summary>Whether there is data at <paramref name="wanted"/>, and for how long one block of pointers says so.</summary>
    public MappedRun ResolveContent(Workspace workspace, in Inode inode, FileBlock wanted) =>
        Find(workspace, inode, wanted, uint.MaxValue, asksForContent: true);

    private MappedRun Find(Workspace workspace, in Inode inode, FileBlock wanted, uint limit, bool asksForContent)
    {
        DiskLocation where = RootLocation(inode);
        ulong block = wanted.Value;
        if (block < DirectCount)
        {
            return Join(workspace, inode.BlockMap[..(DirectCount * PointerSize)], (int)block, limit, asksForContent, where);
        }

        block -= DirectCount;
        for (int level = 1; level <= PointerCount - DirectCount; level++)
        {
            ulong span = 1ul << (PointerBits * level);
            if (block < span)
            {
                int pointer = DirectCount + level - 1;
                ClaimedBlock claim = new(Le.U32(inode.BlockMap, pointer * PointerSize));
                return claim.Value == 0
                    ? Hole(span - block)
                    : Descend(workspace, inode, claim, level, block, limit, asksForContent, where.At(pointer * PointerSize));
            }

            block -= span;
        }

        return Hole((1ul << 32) - wanted.Value);
    }

    /// <summary>Checks the direct pointers in the inode; the other three are checked when they are followed, so that a
    /// damaged one costs the blocks behind it and not the file.</summary>
    public void CheckRoot(Workspace workspace, in Inode inode) =>
        CheckPointers(workspace, inode.BlockMap[..(DirectCount * PointerSize)], RootLocation(inode));

    /// <summary>Follows one pointer; recursion ends with <paramref name="level"/>, at most three.</summary>
    private MappedRun Descend(
        Workspace workspace, in Inode inode, ClaimedBlock claim, int level, ulong block, uint limit, bool asksForContent,
        in DiskLocation where)
    {
        BlockNumber number = zones.AdmitData(workspace, claim, 1, where).First;
        DiskLocation here = new(StructureKind.IndirectBlock, number.Value, 0, inode.Number.Value);
        using BlockLease lease = cache.Read(workspace, number, here);
        ulong key = BlockLease.VerificationKey(StructureKind.IndirectBlock, 0);
        if (!lease.IsVerified(key))
        {
            CheckPointers(workspace, lease.Bytes, here);
            lease.MarkVerified(key);
        }

        int shift = PointerBits * (level - 1);
        int pointer = (int)(block >> shift);
        if (level == 1)
        {
            return Join(workspace, lease.Bytes, pointer, limit, asksForContent, here);
        }

        ulong within = block & ((1ul << shift) - 1);
        ClaimedBlock child = new(Le.U32(lease.Bytes, pointer * PointerSize));
        return child.Value == 0
            ? Hole((1ul << shift) - within)
            : Descend(workspace, inode, child, level - 1, within, limit, asksForContent, here.At(pointer * PointerSize));
    }

    /// <summary>Joins pointers that follow each other, or zeros, into one run; for content, any pointers at all.</summary>
    private MappedRun Join(
        Workspace workspace, ReadOnlySpan<byte> pointers, int pointer, uint limit, bool asksForContent, in DiskLocation where)
    {
        ulong start = Le.U32(pointers, pointer * PointerSize);
        ulong step = start == 0 ? 0u : 1u;
        uint count = 1;
        int end = pointers.Length / PointerSize;
        while (count < limit && pointer + count < end)
        {
            uint next = Le.U32(pointers, (int)(pointer + count) * PointerSize);
            if (asksForContent ? (next == 0) != (start == 0) : next != start + (step * count))
            {
                break;
            }

            count++;
        }

        if (start == 0)
        {
            return Hole(count);
        }

        return asksForContent
            ? new(RunKind.Written, BlockNumber.None, count)
            : new(RunKind.Written, zones.AdmitData(workspace, new(start), count, where.At(pointer * PointerSize)).First, count);
    }

    private void CheckPointers(Workspace workspace, ReadOnlySpan<byte> pointers, in DiskLocation where)
    {
        for (int offset = 0; offset < pointers.Length; offset += PointerSize)
        {
            uint pointer = Le.U32(pointers, offset);
            if (pointer != 0)
            {
                _ = zones.AdmitData(workspace, new(pointer), 1, where.At(offset));
            }
        }
    }

    private static MappedRun Hole(ulong count) => new(RunKind.Hole, BlockNumber.None, (uint)Math.Min(count, uint.MaxValue));

    private static DiskLocation RootLocation(in Inode inode) =>
        new(StructureKind.IndirectBlock, inode.TableBlock, inode.TableOffset + InodeView.IBlock, inode.Number.Value);
}
