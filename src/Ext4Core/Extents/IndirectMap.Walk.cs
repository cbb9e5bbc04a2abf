using Ext4Core.Cache;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>The walk over all of a map.</summary>
internal sealed partial class IndirectMap
{
    /// <summary>Shows the whole map. Bound: the visitor's, who must refuse a block of the map that comes again; nothing else
    /// stops pointers that share their blocks.</summary>
    public void Walk(Workspace workspace, in Inode inode, IMapVisitor visitor)
    {
        DiskLocation where = RootLocation(inode);
        WalkPointers(workspace, inode.BlockMap[..(DirectCount * PointerSize)], 0, where, visitor);
        ulong first = DirectCount;
        for (int level = 1; level <= PointerCount - DirectCount; level++)
        {
            int offset = (DirectCount + level - 1) * PointerSize;
            WalkBelow(workspace, inode, new(Le.U32(inode.BlockMap, offset)), level, first, where.At(offset), visitor);
            first += 1ul << (PointerBits * level);
        }
    }

    private void WalkBelow(
        Workspace workspace, in Inode inode, ClaimedBlock claim, int level, ulong first, in DiskLocation where, IMapVisitor visitor)
    {
        if (claim.Value == 0)
        {
            return;
        }

        try
        {
            BlockNumber number = zones.AdmitData(workspace, claim, 1, where).First;
            if (!visitor.EnterNode(number, where))
            {
                return;
            }

            DiskLocation here = new(StructureKind.IndirectBlock, number.Value, 0, inode.Number.Value);
            using BlockLease lease = cache.Read(workspace, number, here);
            if (level == 1)
            {
                WalkPointers(workspace, lease.Bytes, first, here, visitor);
                return;
            }

            for (int offset = 0; offset < geometry.BlockSize; offset += PointerSize)
            {
                WalkBelow(workspace, inode, new(Le.U32(lease.Bytes, offset)), level - 1, first, here.At(offset), visitor);
                first += 1ul << (PointerBits * (level - 1));
            }
        }
        catch (CorruptionException damage)
        {
            visitor.ReportDamage(damage);
        }
    }

    /// <summary>Shows runs of pointers that follow each other; one that leads nowhere is reported, and the rest is shown.</summary>
    private void WalkPointers(
        Workspace workspace, ReadOnlySpan<byte> pointers, ulong first, in DiskLocation where, IMapVisitor visitor)
    {
        int end = pointers.Length / PointerSize;
        int pointer = 0;
        while (pointer < end)
        {
            uint count = 1;
            uint start = Le.U32(pointers, pointer * PointerSize);
            DiskLocation here = where.At(pointer * PointerSize);
            try
            {
                bool isMapped = start != 0 && first + (ulong)pointer <= uint.MaxValue;
                if (isMapped && !zones.IsData(workspace, new(start), 1, here))
                {
                    visitor.ReportDamage(new(CorruptionCode.BlockOutOfRange, here, start, geometry.BlocksCount));
                }
                else if (isMapped)
                {
                    while (pointer + count < end
                        && Le.U32(pointers, (int)(pointer + count) * PointerSize) == (ulong)start + count
                        && zones.IsData(workspace, new(start + (ulong)count), 1, here))
                    {
                        count++;
                    }

                    visitor.VisitRun(new((uint)(first + (ulong)pointer)), new(new(start), count), isUnwritten: false, here);
                }
            }
            catch (CorruptionException damage)
            {
                visitor.ReportDamage(damage);
            }

            pointer += (int)count;
        }
    }
}
