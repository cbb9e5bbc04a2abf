using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>The inodes that the superblock names: journal, quotas, orphan file, and the list of orphans.</summary>
/// <remarks>Mirrors e2fsck's checks before its pass 1, and its pass 1 where it meets these inodes.</remarks>
internal sealed class OwnInodesAudit(AuditContext context)
{
    private const int OrphanBytes = 16;

    private VolumeGeometry Geometry => context.Geometry;

    public void Run()
    {
        SuperblockView superblock = new(context.Superblock);
        if (Geometry.Has(CompatibleFeatures.HasJournal) && superblock.JournalInode.Value != 0)
        {
            Expect(superblock.JournalInode, SuperblockView.SJournalInum);
        }

        if (Geometry.Has(ReadOnlyCompatibleFeatures.Quota))
        {
            ExpectIfNamed(superblock.UserQuotaInode, SuperblockView.SUsrQuotaInum);
            ExpectIfNamed(superblock.GroupQuotaInode, SuperblockView.SGrpQuotaInum);
            ExpectIfNamed(superblock.ProjectQuotaInode, SuperblockView.SPrjQuotaInum);
        }

        if (Geometry.Has(CompatibleFeatures.OrphanFile))
        {
            Expect(superblock.OrphanFileInode, SuperblockView.SOrphanFileInum);
        }

        FollowOrphans(superblock);
        if (Geometry.Has(CompatibleFeatures.OrphanFile))
        {
            ReadOrphanFile(superblock.OrphanFileInode);
        }
    }

    private void ExpectIfNamed(ClaimedInode claim, int field)
    {
        if (claim.Value != 0)
        {
            Expect(claim, field);
        }
    }

    /// <summary>An inode of the volume's own is an ordinary file in use.</summary>
    private void Expect(ClaimedInode claim, int field)
    {
        DiskLocation where = AuditContext.SuperblockWhere.At(field);
        context.Workspace.Begin();
        try
        {
            InodeNumber number = Geometry.AdmitInode(claim, where);
            context.OwnInodes.Add(number.Value);
            context.Inodes.LoadAny(context.Workspace, number, out Inode inode);
            if (inode.Type != FileType.Regular || inode.LinkCount == 0)
            {
                context.Findings.Add(CorruptionCode.SpecialInodeWrong, where, claim.Value, inode.Mode);
            }
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    /// <summary>Orphans form a list through their deletion times. Bound: none can come twice, here or in the orphan file.</summary>
    private void FollowOrphans(SuperblockView superblock)
    {
        ulong next = superblock.LastOrphan.Value;
        DiskLocation where = AuditContext.SuperblockWhere.At(SuperblockView.SLastOrphan);
        try
        {
            while (next != 0)
            {
                context.Workspace.Begin();
                AddOrphan(new(next), where);
                using InodeLease lease = context.Inodes.Borrow(context.Workspace, new((uint)next));
                where = lease.Where.At(InodeView.IDtime);
                next = new InodeView(lease.Bytes).DeletionTime;
            }
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    private void ReadOrphanFile(ClaimedInode file)
    {
        DiskLocation where = AuditContext.SuperblockWhere.At(SuperblockView.SOrphanFileInum);
        OrphanReader reader = new(Geometry, context.Cache, context.Inodes, context.Mapper);
        try
        {
            reader.ReadFile(context.Workspace, file, where, AddOrphan);
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    private void AddOrphan(ClaimedInode claim, DiskLocation where)
    {
        InodeNumber number = Geometry.AdmitInode(claim, where);
        if (number.Value < Geometry.FirstInode)
        {
            Corrupt.Throw(CorruptionCode.InodeOutOfRange, where, number.Value, Geometry.FirstInode);
        }

        if (!context.Budget.TryTake(OrphanBytes) || !context.Orphans.Add(number.Value))
        {
            Corrupt.Throw(CorruptionCode.OrphanListOverflow, where, claim.Value, (ulong)context.Orphans.Count);
        }
    }
}
