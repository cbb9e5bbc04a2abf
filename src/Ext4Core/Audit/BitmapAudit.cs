using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Holds the bitmaps against what is in use, and the counts against the bitmaps.</summary>
/// <remarks>Mirrors e2fsck's pass 5. Like e2fsck it leaves the superblock's own totals alone: the driver writes them when it
/// unmounts, and works without them.</remarks>
internal sealed class BitmapAudit(AuditContext context)
{
    private const int ProgressStep = 64;
    private readonly byte[] _claimed = new byte[Math.Max(context.Geometry.ClustersPerGroup, context.Geometry.InodesPerGroup) / 8 + 1];

    private bool HasUninitialised => context.Geometry.HasMetadataChecksum || context.Geometry.HasDescriptorCrc16;

    public void Run()
    {
        uint count = context.Geometry.GroupCount;
        for (uint index = 0; index < count; index++)
        {
            if (index % ProgressStep == 0)
            {
                context.Advance(AuditPhase.Bitmaps, index, count);
            }

            GroupNumber group = context.Geometry.Group(index);
            if (context.Places(group) is { } places)
            {
                Guard(() => LookAtClusters(group, places));
                Guard(() => LookAtInodes(group, places));
            }
        }
    }

    private void Guard(Action look)
    {
        try
        {
            context.Workspace.Begin();
            look();
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    private void LookAtClusters(GroupNumber group, GroupPlaces places)
    {
        uint clusters = (context.Geometry.BlocksIn(group) + (1u << context.Geometry.ClusterBits) - 1) >> context.Geometry.ClusterBits;
        ReadOnlySpan<byte> owned = context.Owners is { IsComplete: true } owners ? owners.Of(group) : default;
        _claimed.AsSpan().Clear();
        owned.CopyTo(_claimed);
        uint free;
        if (HasUninitialised && places.Flags.HasFlag(GroupFlags.BlocksUninitialised))
        {
            free = CountFreeWhereNothingWasWritten(group, places, clusters);
        }
        else
        {
            using BlockLease bitmap = context.Bitmaps.BorrowClusters(context.Workspace, places);
            DiskLocation where = new(StructureKind.BlockBitmap, places.BlockBitmap.First.Value, 0);
            if (context.Owners is { IsComplete: true })
            {
                Compare(
                    bitmap.Bytes, clusters, where, context.Geometry.FirstBlockOf(group).Value, context.Geometry.ClusterBits,
                    CorruptionCode.BlockMarkedFree, context.Findings.SawAllOwners ? CorruptionCode.BlockMarkedUsed : null);
            }

            CheckPadding(bitmap.Bytes, clusters, context.Geometry.ClustersPerGroup, where);
            free = BitmapBits.CountClear(bitmap.Bytes, clusters);
        }

        CheckCount(
            places.FreeClusters, free, CorruptionCode.FreeClustersMismatch, places.Where.At(GroupDescriptorView.BgFreeBlocksCountLo));
    }

    /// <summary>A bitmap that was never written: all that is in use are the volume's own blocks.</summary>
    private uint CountFreeWhereNothingWasWritten(GroupNumber group, GroupPlaces places, uint clusters)
    {
        if (context.Owners is not { IsComplete: true })
        {
            return places.FreeClusters;
        }

        uint free = BitmapBits.CountClear(_claimed, clusters);
        if (free < places.FreeClusters)
        {
            context.Findings.Add(
                CorruptionCode.BlockMarkedFree, places.Where.At(GroupDescriptorView.BgFlags),
                context.Geometry.FirstBlockOf(group).Value, context.Geometry.FirstBlockOf(group).Value + context.Geometry.BlocksIn(group) - 1);
        }

        return free;
    }

    private void LookAtInodes(GroupNumber group, GroupPlaces places)
    {
        uint inodes = context.Geometry.InodesPerGroup;
        bool isUnwritten = HasUninitialised && places.Flags.HasFlag(GroupFlags.InodesUninitialised);
        uint directories = FillInodes(group, inodes);
        uint free = inodes;
        if (!isUnwritten)
        {
            using BlockLease bitmap = context.Bitmaps.BorrowInodes(context.Workspace, places);
            DiskLocation where = new(StructureKind.InodeBitmap, places.InodeBitmap.First.Value, 0);
            if (context.Ledger is { IsComplete: true })
            {
                Compare(
                    bitmap.Bytes, inodes, where, ((ulong)group.Value * inodes) + 1, 0, CorruptionCode.InodeMarkedFree,
                    CorruptionCode.InodeMarkedUsed);
            }

            CheckPadding(bitmap.Bytes, inodes, inodes, where);
            free = BitmapBits.CountClear(bitmap.Bytes, inodes);
        }

        CheckCount(
            places.FreeInodes, free, CorruptionCode.FreeInodesMismatch, places.Where.At(GroupDescriptorView.BgFreeInodesCountLo));
        if (context.Ledger is { IsComplete: true })
        {
            CheckCount(
                places.UsedDirectories, directories, CorruptionCode.DirectoryCountMismatch,
                places.Where.At(GroupDescriptorView.BgUsedDirsCountLo));
        }
    }

    /// <summary>Marks the inodes in use, the reserved ones always; gives the directories among them.</summary>
    private uint FillInodes(GroupNumber group, uint inodes)
    {
        _claimed.AsSpan().Clear();
        uint directories = 0;
        for (uint index = 0; index < inodes; index++)
        {
            uint number = (group.Value * inodes) + index + 1;
            InodeRecord record = context.Ledger is { IsComplete: true } ledger ? ledger[new(number)] : default;
            if (record.Marks.HasFlag(InodeMarks.InUse) || number < context.Geometry.FirstInode)
            {
                _ = BitmapBits.Set(_claimed, index);
                directories += record.Type == Inodes.FileType.Directory ? 1u : 0u;
            }
        }

        return directories;
    }

    /// <summary>Reports each run of bits that differ, in units of what the bits stand for.</summary>
    private void Compare(
        ReadOnlySpan<byte> bitmap, uint count, in DiskLocation where, ulong first, int unitBits, CorruptionCode ifFree,
        CorruptionCode? ifUsed)
    {
        uint bit = 0;
        while ((bit = SkipAgreement(bitmap, bit)) < count)
        {
            bool isClaimed = BitmapBits.IsSet(_claimed, bit);
            uint start = bit;
            while (bit < count && BitmapBits.IsSet(_claimed, bit) == isClaimed && BitmapBits.IsSet(bitmap, bit) != isClaimed)
            {
                bit++;
            }

            CorruptionCode? code = isClaimed ? ifFree : ifUsed;
            if (bit > start && code is { } known)
            {
                context.Findings.Add(
                    known, where.At((int)(start / 8)), first + ((ulong)start << unitBits), first + ((ulong)(bit - 1) << unitBits));
            }

            bit += bit > start ? 0u : 1u;
        }
    }

    /// <summary>Passes over the bytes that are as claimed.</summary>
    private uint SkipAgreement(ReadOnlySpan<byte> bitmap, uint bit) => (bit & 7) != 0
        ? bit
        : bit + ((uint)bitmap[(int)(bit >> 3)..].CommonPrefixLength(_claimed.AsSpan((int)(bit >> 3))) << 3);

    /// <summary>Bits that stand for nothing say "in use".</summary>
    private void CheckPadding(ReadOnlySpan<byte> bitmap, uint inUse, uint checkedBits, in DiskLocation where)
    {
        uint bit = BitmapBits.FirstClear(bitmap, inUse);
        if (bit < (uint)bitmap.Length * 8)
        {
            context.Findings.Add(CorruptionCode.BitmapPadding, where.At((int)(bit / 8)), bit, Math.Min(inUse, checkedBits));
        }
    }

    private void CheckCount(uint stored, uint counted, CorruptionCode code, in DiskLocation where)
    {
        if (stored != counted)
        {
            context.Findings.Add(code, where, stored, counted);
        }
    }
}
