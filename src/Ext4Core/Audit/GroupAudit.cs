using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Every group descriptor: its checksum, its places, its counts; and who owns the blocks of the groups themselves.</summary>
/// <remarks>Mirrors e2fsck's checks of the descriptors before its pass 1.</remarks>
internal sealed class GroupAudit(AuditContext context)
{
    private const int ProgressStep = 1024;

    public void Run()
    {
        uint count = context.Geometry.GroupCount;
        for (uint index = 0; index < count; index++)
        {
            if (index % ProgressStep == 0)
            {
                context.Advance(AuditPhase.Groups, index, count);
            }

            LookAt(context.Geometry.Group(index));
        }

        LookAtMountProtection();
    }

    private void LookAt(GroupNumber group)
    {
        ClaimZone(new(context.Geometry.FirstBlockOf(group), context.Geometry.BaseMetadataBlocksIn(group)));
        GroupPlaces places;
        context.Workspace.Begin();
        try
        {
            places = context.Groups.ReadUnverified(context.Workspace, group);
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
            context.Findings.MissOwner();
            context.Findings.MissNames();
            return;
        }

        ClaimZone(places.BlockBitmap);
        ClaimZone(places.InodeBitmap);
        ClaimZone(places.InodeTable);
        CheckChecksum(group);
        CheckFlags(places);
    }

    private void CheckChecksum(GroupNumber group)
    {
        try
        {
            _ = context.Groups.Read(context.Workspace, group);
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    /// <summary>Without descriptor checksums nothing may be left unwritten, and no count of unused inodes means anything.</summary>
    private void CheckFlags(in GroupPlaces places)
    {
        DiskLocation where = places.Where;
        const GroupFlags Unwritten = GroupFlags.BlocksUninitialised | GroupFlags.InodesUninitialised;
        bool hasChecksums = context.Geometry.HasMetadataChecksum || context.Geometry.HasDescriptorCrc16;
        if (!hasChecksums && (places.Flags & Unwritten) != default)
        {
            context.Findings.Add(
                CorruptionCode.GroupFlagsContradict, where.At(GroupDescriptorView.BgFlags), (ulong)places.Flags,
                (ulong)(places.Flags & ~Unwritten));
        }

        if (hasChecksums && places.UnusedInodes > context.Geometry.InodesPerGroup)
        {
            context.Findings.Add(
                CorruptionCode.UnusedInodesOutOfRange, where.At(GroupDescriptorView.BgItableUnusedLo), places.UnusedInodes,
                context.Geometry.InodesPerGroup);
        }
    }

    /// <summary>One block belongs to multiple-mount protection, and to no inode.</summary>
    private void LookAtMountProtection()
    {
        SuperblockView superblock = new(context.Superblock);
        if (!context.Geometry.Has(IncompatibleFeatures.MultipleMountProtection))
        {
            return;
        }

        DiskLocation where = AuditContext.SuperblockWhere.At(SuperblockView.SMmpBlock);
        context.Workspace.Begin();
        try
        {
            BlockRange block = context.Zones.AdmitData(context.Workspace, superblock.MultipleMountBlock, 1, where);
            ClaimZone(block);
            DiskLocation here = new(StructureKind.MultipleMountProtection, block.First.Value, 0);
            using BlockLease lease = context.Cache.Read(context.Workspace, block.First, here);
            uint? seed = context.Geometry.HasMetadataChecksum ? context.Geometry.ChecksumSeed : null;
            _ = MultipleMountView.Parse(lease.Bytes, seed, here);
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    private void ClaimZone(BlockRange zone)
    {
        for (uint index = 0; index < zone.Count; index++)
        {
            _ = context.Owners?.Claim(zone[index]);
        }
    }
}
