using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>The superblock where it belongs, and each of its backups.</summary>
/// <remarks>e2fsck looks at the primary before its pass 1, and at backups only when the primary fails it; a backup that speaks
/// of another volume is reported here because it would lead astray whoever needs it.</remarks>
internal sealed class SuperblockAudit(AuditContext context)
{
    /// <summary>Fields that never change without a resize or a new identity, and that a backup is there to save.</summary>
    private static readonly (int Offset, int Size)[] Lasting =
    [
        (SuperblockView.SInodesCount, 4), (SuperblockView.SBlocksCountLo, 4), (SuperblockView.SFirstDataBlock, 4),
        (SuperblockView.SLogBlockSize, 4), (SuperblockView.SLogClusterSize, 4), (SuperblockView.SBlocksPerGroup, 4),
        (SuperblockView.SInodesPerGroup, 4), (SuperblockView.SRevLevel, 4), (SuperblockView.SInodeSize, 2),
        (SuperblockView.SUuid, 16), (SuperblockView.SDescSize, 2), (SuperblockView.SBlocksCountHi, 4),
    ];

    public void Run()
    {
        CheckPrimary();
        byte[] copy = new byte[SuperblockView.Size];
        for (uint index = 1; index < context.Geometry.GroupCount; index++)
        {
            GroupNumber group = context.Geometry.Group(index);
            if (context.Geometry.HasSuperblock(group))
            {
                BlockNumber block = context.Geometry.FirstBlockOf(group);
                context.Reader.ReadBytes(block, 0, copy);
                CheckBackup(copy, new(StructureKind.Superblock, block.Value, 0));
            }
        }
    }

    private void CheckPrimary()
    {
        SuperblockView primary = new(context.Superblock);
        DiskLocation where = AuditContext.SuperblockWhere;
        if (primary.Magic != SuperblockView.ExpectedMagic)
        {
            context.Findings.Add(
                CorruptionCode.SuperblockMagic, where.At(SuperblockView.SMagic), primary.Magic, SuperblockView.ExpectedMagic);
            return;
        }

        CheckChecksum(primary, where);
    }

    private void CheckBackup(byte[] copy, in DiskLocation where)
    {
        SuperblockView backup = new(copy);
        if (backup.Magic != SuperblockView.ExpectedMagic)
        {
            context.Findings.Add(
                CorruptionCode.SuperblockMagic, where.At(SuperblockView.SMagic), backup.Magic, SuperblockView.ExpectedMagic);
            return;
        }

        CheckChecksum(backup, where);
        foreach ((int offset, int size) in Lasting)
        {
            ReadOnlySpan<byte> found = copy.AsSpan(offset, size);
            ReadOnlySpan<byte> due = context.Superblock.AsSpan(offset, size);
            int different = found.Length - 1;
            while (different >= 0 && found[different] == due[different])
            {
                different--;
            }

            if (different >= 0)
            {
                context.Findings.Add(
                    CorruptionCode.BackupSuperblockMismatch, where.At(offset + different), found[different], due[different]);
            }
        }
    }

    private void CheckChecksum(SuperblockView superblock, in DiskLocation where)
    {
        if (!superblock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum))
        {
            return;
        }

        uint due = superblock.ComputeChecksum();
        if (superblock.Checksum != due)
        {
            context.Findings.Add(
                CorruptionCode.SuperblockChecksum, where.At(SuperblockView.SChecksum), superblock.Checksum, due);
        }
    }
}
