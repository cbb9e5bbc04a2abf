namespace Ext4Core.Audit;

/// <summary>Looks at a whole volume without changing it, and collects every damage that it sees.</summary>
/// <remarks>Bounded: each structure is visited a fixed number of times, whatever the image says; memory comes out of
/// <see cref="AuditOptions.MemoryBytes"/>. The order is e2fsck's: superblock and descriptors, inodes, directories, links,
/// bitmaps, quotas; what a later part needs from an earlier one is in the ledgers.</remarks>
internal sealed class VolumeAudit(AuditContext context)
{
    public AuditResult Run()
    {
        new SuperblockAudit(context).Run();
        new GroupAudit(context).Run();
        new OwnInodesAudit(context).Run();
        AttributeAudit attributes = new(context);
        QuotaAudit quotas = new(context);
        InodeAudit inodes = new(context, attributes, quotas);
        inodes.Run();
        attributes.CheckShared();
        DirectoryAudit directories = new(context);
        if (context.Ledger is { IsComplete: true } ledger)
        {
            directories.Run(ledger);
            new LinkAudit(context).Run(ledger);
        }
        else
        {
            context.Findings.Skip("directories and link counts: the volume has more inodes than the memory limit allows");
        }

        if (context.Owners is not { IsComplete: true })
        {
            context.Findings.Skip("who owns each block: the volume has more blocks than the memory limit allows");
        }

        new BitmapAudit(context).Run();
        quotas.Run();
        AuditTally tally = new(inodes.InodeCount, directories.DirectoryCount, directories.EntryCount, inodes.BlockCount);
        AuditFindings findings = context.Findings;
        return new(findings.Reports, findings.ReportCount, findings.Skipped, tally);
    }
}
