using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Counts inodes that wait to be deleted or truncated: those in the list, and those in the orphan file.</summary>
internal sealed class OrphanReader(VolumeGeometry geometry, BlockCache cache, InodeTable inodes, BlockMapper mapper)
{
    /// <summary>Blocks that an orphan file may have, here and in the kernel.</summary>
    private const int MaximumFileBlocks = 512;

    /// <summary>Follows the list from its head. A list that runs in a circle is found out within three times its length.</summary>
    /// <remarks>Each step has a budget of its own; the marker that a circle returns to moves ahead at powers of two.</remarks>
    public ulong CountList(Workspace workspace, ClaimedInode head, in DiskLocation where)
    {
        ulong count = 0;
        ulong markAt = 1;
        ClaimedInode mark = default;
        ClaimedInode next = head;
        DiskLocation from = where;
        while (next.Value != 0)
        {
            if (next == mark)
            {
                Corrupt.Throw(CorruptionCode.OrphanListOverflow, from, next.Value, count);
            }

            count++;
            if (count == markAt)
            {
                mark = next;
                markAt *= 2;
            }

            next = NextOf(workspace, next, ref from);
        }

        return count;
    }

    /// <summary>Counts the slots in use in every block of the orphan file.</summary>
    public ulong CountFile(Workspace workspace, ClaimedInode file, in DiskLocation where)
    {
        ulong count = 0;
        ReadFile(workspace, file, where, (_, _) => count++);
        return count;
    }

    /// <summary>Shows every inode that the orphan file holds, with the place that says so.</summary>
    public void ReadFile(Workspace workspace, ClaimedInode file, in DiskLocation where, Action<ClaimedInode, DiskLocation> visit)
    {
        workspace.Begin();
        inodes.LoadAny(workspace, geometry.AdmitInode(file, where), out Inode inode);
        DiskLocation here = new(StructureKind.OrphanFile, inode.TableBlock, inode.TableOffset, inode.Number.Value);
        ulong limit = (ulong)MaximumFileBlocks << geometry.BlockBits;
        if (inode.Type != FileType.Regular || inode.Size > limit || inode.Size % (ulong)geometry.BlockSize != 0)
        {
            Corrupt.Throw(CorruptionCode.OrphanFileSizeImpossible, here.At(InodeView.ISizeLo), inode.Size, limit);
        }

        uint blocks = (uint)(inode.Size >> geometry.BlockBits);
        for (uint index = 0; index < blocks; index++)
        {
            ReadBlock(workspace, inode, new(index), here, visit);
        }
    }

    private ClaimedInode NextOf(Workspace workspace, ClaimedInode claim, ref DiskLocation from)
    {
        workspace.Begin();
        InodeNumber number = geometry.AdmitInode(claim, from);
        if (number.Value < geometry.FirstInode)
        {
            Corrupt.Throw(CorruptionCode.InodeOutOfRange, from, number.Value, geometry.FirstInode);
        }

        using InodeLease lease = inodes.Borrow(workspace, number);
        from = lease.Where.At(InodeView.IDtime);
        return new(new InodeView(lease.Bytes).DeletionTime);
    }

    private void ReadBlock(
        Workspace workspace, in Inode inode, FileBlock fileBlock, in DiskLocation where, Action<ClaimedInode, DiskLocation> visit)
    {
        workspace.Begin();
        MappedRun run = mapper.Resolve(workspace, inode, fileBlock, 1);
        if (run.Kind != RunKind.Written)
        {
            Corrupt.Throw(CorruptionCode.OrphanFileHasHole, where.At(InodeView.IBlock), fileBlock.Value, 0);
        }

        DiskLocation here = new(StructureKind.OrphanFile, run.First.Value, 0, inode.Number.Value);
        using BlockLease lease = cache.Read(workspace, run.First, here);
        OrphanBlockView view = OrphanBlockView.Parse(
            lease.Bytes, run.First, geometry.HasMetadataChecksum ? inode.ChecksumSeed : null, here);
        for (int slotIndex = 0; slotIndex < view.SlotCount; slotIndex++)
        {
            if (view[slotIndex].Value != 0)
            {
                visit(view[slotIndex], here.At(slotIndex * OrphanBlockView.EntrySize));
            }
        }
    }
}
