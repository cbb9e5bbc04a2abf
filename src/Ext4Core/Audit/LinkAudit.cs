using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Whether the root leads to every inode in use, and whether each is counted right.</summary>
/// <remarks>Mirrors e2fsck's passes 3 and 4.</remarks>
internal sealed class LinkAudit(AuditContext context)
{
    /// <summary>Names beyond this many are not counted in directories, with the dir_nlink feature.</summary>
    private const uint MostDirectoryLinks = 65000;

    private VolumeGeometry Geometry => context.Geometry;

    public void Run(InodeLedger ledger)
    {
        ConnectDirectories(ledger);
        CheckParents(ledger);
        for (uint index = 0; index < Geometry.GroupCount; index++)
        {
            context.Advance(AuditPhase.Links, index, Geometry.GroupCount);
            CheckGroup(ledger, Geometry.Group(index));
        }
    }

    /// <summary>Follows names upwards from each directory. Bound: a directory is passed once, because its fate is noted.</summary>
    private static void ConnectDirectories(InodeLedger ledger)
    {
        ledger.Mark(InodeNumber.Root, InodeMarks.Connected);
        List<uint> path = [];
        HashSet<uint> seen = [];
        foreach (uint start in ledger.Directories.Keys)
        {
            path.Clear();
            uint number = start;
            bool isConnected;
            while (!(isConnected = ledger[new(number)].Marks.HasFlag(InodeMarks.Connected)) && seen.Add(number))
            {
                path.Add(number);
                number = ledger.Directories.TryGetValue(number, out DirectoryRecord? record) ? record.NamedBy : 0;
                if (number == 0)
                {
                    break;
                }
            }

            foreach (uint passed in path)
            {
                if (isConnected)
                {
                    ledger.Mark(new(passed), InodeMarks.Connected);
                }
            }
        }
    }

    private void CheckParents(InodeLedger ledger)
    {
        foreach ((uint number, DirectoryRecord record) in ledger.Directories)
        {
            bool isRoot = number == InodeNumber.Root.Value;
            uint due = isRoot ? number : record.NamedBy;
            if (due != 0 && record.Parent != 0 && record.Parent != due)
            {
                context.Findings.Add(CorruptionCode.DirectoryParentMismatch, Where(new(number), 0), record.Parent, due);
            }
        }
    }

    private void CheckGroup(InodeLedger ledger, GroupNumber group)
    {
        for (uint index = 0; index < Geometry.InodesPerGroup; index++)
        {
            InodeNumber number = new((group.Value * Geometry.InodesPerGroup) + index + 1);
            InodeRecord record = ledger[number];
            bool isOwn = (number.Value < Geometry.FirstInode && number != InodeNumber.Root) || context.OwnInodes.Contains(number.Value);
            if (record.Marks.HasFlag(InodeMarks.InUse) && !isOwn
                && (record.Marks & (InodeMarks.Unreadable | InodeMarks.Orphan)) == default)
            {
                CheckLinks(number, record);
            }
        }
    }

    private void CheckLinks(InodeNumber number, in InodeRecord record)
    {
        if (record.Marks.HasFlag(InodeMarks.AttributeValue))
        {
            CheckReferences(number, record);
            return;
        }

        bool isDirectory = record.Type == FileType.Directory;
        bool isReached = record.Seen > 0 && (!isDirectory || record.Marks.HasFlag(InodeMarks.Connected));
        if (!isReached)
        {
            if (context.Findings.SawAllNames)
            {
                context.Findings.Add(CorruptionCode.InodeUnreachable, Where(number, 0), number.Value, 0);
            }

            return;
        }

        bool countsNone = isDirectory && record.Declared == 1 && Geometry.Has(ReadOnlyCompatibleFeatures.DirectoryLinkCount);
        bool isRight = record.Declared == record.Seen || countsNone || (isDirectory && record.Seen > MostDirectoryLinks && record.Declared == 1);
        if (!isRight && (context.Findings.SawAllNames || record.Declared < record.Seen))
        {
            context.Findings.Add(CorruptionCode.LinkCountMismatch, Where(number, InodeView.ILinksCount), record.Declared, record.Seen);
        }
    }

    /// <summary>A value inode counts its references where another inode keeps its change time and its version.</summary>
    private void CheckReferences(InodeNumber number, in InodeRecord record)
    {
        context.Workspace.Begin();
        using InodeLease lease = context.Inodes.Borrow(context.Workspace, number);
        InodeView view = new(lease.Bytes);
        ulong declared = Le.Join(unchecked((uint)view.ChangeTime), view.Version);
        if (!record.Marks.HasFlag(InodeMarks.Owned) && declared != record.Seen && context.Findings.SawAllOwners)
        {
            context.Findings.Add(
                CorruptionCode.AttributeReferencesMismatch, lease.Where.At(InodeView.IVersion), declared, record.Seen);
        }
    }

    private DiskLocation Where(InodeNumber number, int field)
    {
        context.Workspace.Begin();
        try
        {
            using InodeLease lease = context.Inodes.Borrow(context.Workspace, number);
            return lease.Where.At(field);
        }
        catch (CorruptionException damage)
        {
            return damage.Where;
        }
    }
}
