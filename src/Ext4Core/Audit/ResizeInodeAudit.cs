using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>The resize inode owns the room for more group descriptors: one double-indirect block that leads to each of the
/// reserved blocks, which in turn lead to their copies in the groups with backups.</summary>
/// <remarks>Mirrors e2fsck's check of the resize inode before its pass 1.</remarks>
internal sealed class ResizeInodeAudit(AuditContext context, MapCounter map)
{
    private const int DoublyIndirect = 13, PointerCount = 15, PointerSize = 4;

    private VolumeGeometry Geometry => context.Geometry;

    public void LookAt(in Inode inode, in DiskLocation where)
    {
        DiskLocation here = where.At(InodeView.IBlock);
        for (int index = 0; index < PointerCount; index++)
        {
            uint pointer = Le.U32(inode.BlockMap, index * PointerSize);
            if (index != DoublyIndirect && pointer != 0)
            {
                Report(here.At(index * PointerSize), pointer, 0);
            }
        }

        DiskLocation field = here.At(DoublyIndirect * PointerSize);
        uint claim = Le.U32(inode.BlockMap, DoublyIndirect * PointerSize);
        if (claim == 0)
        {
            if (Geometry.ReservedDescriptorBlocks > 0)
            {
                Report(field, claim, 1);
            }

            return;
        }

        BlockNumber block = context.Zones.AdmitData(context.Workspace, new(claim), 1, field).First;
        if (!map.Claim(block, field, out CorruptionException? damage) && damage is not null)
        {
            context.Findings.Add(damage);
        }

        using BlockLease lease = context.Cache.Read(context.Workspace, block, field);
        CheckReserved(lease.Bytes, block);
    }

    private void CheckReserved(ReadOnlySpan<byte> pointers, BlockNumber block)
    {
        DiskLocation where = new(StructureKind.IndirectBlock, block.Value, 0, 7);
        uint count = (uint)(Geometry.BlockSize / PointerSize);
        uint superblock = (uint)(SuperblockView.VolumeOffset >> Geometry.BlockBits);
        uint descriptors = Geometry.Has(IncompatibleFeatures.MetaBlockGroups)
            ? Geometry.FirstMetaBlockGroup
            : Geometry.DescriptorBlockCount;
        for (uint index = 0; index < (uint)Geometry.ReservedDescriptorBlocks; index++)
        {
            uint due = superblock + 1 + descriptors + index;
            int offset = (int)((descriptors + index) % count) * PointerSize;
            uint found = Le.U32(pointers, offset);
            if (found != due)
            {
                Report(where.At(offset), found, due);
                return;
            }

            if (!CheckCopies(due))
            {
                return;
            }
        }
    }

    private bool CheckCopies(uint reserved)
    {
        DiskLocation where = new(StructureKind.IndirectBlock, reserved, 0, 7);
        context.Workspace.Begin();
        BlockNumber block = Geometry.AdmitMetadata(new(reserved), 1, where).First;
        using BlockLease lease = context.Cache.Read(context.Workspace, block, where);
        int offset = 0;
        for (uint index = 1; index < Geometry.GroupCount && offset < Geometry.BlockSize; index++)
        {
            if (!Geometry.HasSuperblock(Geometry.Group(index)))
            {
                continue;
            }

            ulong due = reserved + ((ulong)index * Geometry.BlocksPerGroup);
            uint found = Le.U32(lease.Bytes, offset);
            if (found != due)
            {
                Report(where.At(offset), found, due);
                return false;
            }

            offset += PointerSize;
        }

        int rest = lease.Bytes[offset..].IndexOfAnyExcept((byte)0);
        if (rest >= 0)
        {
            offset += rest / PointerSize * PointerSize;
            Report(where.At(offset), Le.U32(lease.Bytes, offset), 0);
        }

        return rest < 0;
    }

    private void Report(in DiskLocation where, ulong found, ulong due) =>
        context.Findings.Add(CorruptionCode.ResizeInodeMismatch, where, found, due);
}
