using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Every inode: whether it can be read, and whether its size, its count of blocks and its blocks agree.</summary>
/// <remarks>Mirrors e2fsck's pass 1.</remarks>
internal sealed class InodeAudit(AuditContext context, AttributeAudit attributes, QuotaAudit quotas)
{
    private const uint BadBlocksInode = 1, ResizeInode = 7;
    private const int SectorBits = 9;
    private readonly MapCounter _map = new(context);

    /// <summary>The volume was made when times were higher than its inodes' numbers.</summary>
    private readonly bool _hasRecentTimes =
        Le.U32(context.Superblock, SuperblockView.SMkfsTime) >= context.Geometry.InodesCount
        && Le.U32(context.Superblock, SuperblockView.SWtime) >= context.Geometry.InodesCount;

    private readonly byte[] _table = new byte[context.Geometry.BlockSize];

    /// <summary>Inodes in use.</summary>
    public long InodeCount { get; private set; }

    /// <summary>Blocks that they own.</summary>
    public long BlockCount { get; private set; }

    private VolumeGeometry Geometry => context.Geometry;

    public void Run()
    {
        for (uint index = 0; index < Geometry.GroupCount; index++)
        {
            context.Advance(AuditPhase.Inodes, (ulong)index * Geometry.InodesPerGroup, Geometry.InodesCount);
            GroupNumber group = Geometry.Group(index);
            if (context.Places(group) is { } places)
            {
                LookAtTable(group, places, UsedInodesOf(places));
            }
        }
    }

    /// <summary>Inodes of a group that were ever used: descriptors with checksums say how many at the end were not.</summary>
    private uint UsedInodesOf(in GroupPlaces places)
    {
        if (!Geometry.HasMetadataChecksum && !Geometry.HasDescriptorCrc16)
        {
            return Geometry.InodesPerGroup;
        }

        return places.Flags.HasFlag(GroupFlags.InodesUninitialised)
            ? 0
            : Geometry.InodesPerGroup - Math.Min(places.UnusedInodes, Geometry.InodesPerGroup);
    }

    private void LookAtTable(GroupNumber group, in GroupPlaces places, uint count)
    {
        for (uint index = 0; index < count; index++)
        {
            uint within = index % Geometry.InodesPerBlock;
            BlockNumber block = places.InodeTable[index / Geometry.InodesPerBlock];
            if (within == 0)
            {
                context.Reader.Read(block, _table);
            }

            InodeNumber number = new((group.Value * Geometry.InodesPerGroup) + index + 1);
            int offset = (int)within * Geometry.InodeSize;
            DiskLocation where = new(StructureKind.Inode, block.Value, offset, number.Value);
            context.Workspace.Begin();
            try
            {
                LookAt(number, _table.AsSpan(offset, Geometry.InodeSize), where);
            }
            catch (CorruptionException damage)
            {
                context.Findings.Add(damage);
                context.Findings.MissOwner();
                context.Findings.MissNames();
                context.Ledger?.Enter(number, 0, FileType.Unknown, InodeMarks.Unreadable);
            }
        }
    }

    private void LookAt(InodeNumber number, ReadOnlySpan<byte> bytes, in DiskLocation where)
    {
        if (bytes.IndexOfAnyExcept((byte)0) < 0)
        {
            return;
        }

        if (number.Value == BadBlocksInode)
        {
            LookAtBadBlocks(number, bytes, where);
            return;
        }

        InodeView view = new(bytes);
        bool isOrphan = context.Orphans.Contains(number.Value);
        if (view.LinkCount == 0 && !isOrphan)
        {
            LookAtDeleted(number, view, where);
            return;
        }

        InodeCount++;
        if (view.DeletionTime != 0 && !isOrphan && number.Value >= Geometry.FirstInode)
        {
            context.Findings.Add(CorruptionCode.InodeDeletionTime, where.At(InodeView.IDtime), view.DeletionTime, 0);
        }

        context.Inodes.LoadAny(context.Workspace, number, out Inode inode);
        InodeMarks marks = (isOrphan ? InodeMarks.Orphan : default)
            | (inode.Is(InodeFlags.AttributeInode) ? InodeMarks.AttributeValue : default);
        context.Ledger?.Enter(number, view.LinkCount, inode.Type, marks);
        CheckFlag(inode, InodeFlags.InlineData, Geometry.Has(IncompatibleFeatures.InlineData), where);
        CheckFlag(inode, InodeFlags.Extents, Geometry.Has(IncompatibleFeatures.Extents), where);
        CheckFlag(
            inode, InodeFlags.Index, inode.Type == FileType.Directory && Geometry.Has(CompatibleFeatures.DirectoryIndex), where);
        LookAtContents(inode, where);
    }

    /// <summary>Drivers follow these flags without asking for their features; other readers may not.</summary>
    private void CheckFlag(in Inode inode, InodeFlags flag, bool hasFeature, in DiskLocation where)
    {
        if (inode.Is(flag) && !hasFeature)
        {
            context.Findings.Add(
                CorruptionCode.InodeFlagsContradict, where.At(InodeView.IFlags), (ulong)inode.Flags, (ulong)(inode.Flags & ~flag));
        }
    }

    /// <summary>An inode that was deleted says when; its checksum was right when it was. A time so early is no time: it leads
    /// to the next orphan in a list that nothing leads to.</summary>
    private void LookAtDeleted(InodeNumber number, InodeView view, in DiskLocation where)
    {
        if (number.Value < Geometry.FirstInode)
        {
            return;
        }

        using (context.Inodes.Borrow(context.Workspace, number))
        {
            bool isMissing = view.Mode != 0 && view.DeletionTime == 0;
            bool isInode = view.DeletionTime != 0 && view.DeletionTime < Geometry.InodesCount && _hasRecentTimes;
            if (isMissing || isInode)
            {
                context.Findings.Add(CorruptionCode.InodeDeletionTime, where.At(InodeView.IDtime), view.DeletionTime, Geometry.InodesCount);
            }
        }
    }

    /// <summary>The list of bad blocks is a block map without a file around it.</summary>
    private void LookAtBadBlocks(InodeNumber number, ReadOnlySpan<byte> bytes, in DiskLocation where)
    {
        using (context.Inodes.Borrow(context.Workspace, number))
        {
            Inode inode = new() { Number = number, TableBlock = where.Block, TableOffset = where.Offset };
            inode.SetBlockMap(new InodeView(bytes).BlockMap);
            _map.Begin(number.Value);
            context.Indirect.Walk(context.Workspace, inode, _map);
        }
    }

    private void LookAtContents(in Inode inode, in DiskLocation where)
    {
        _map.Begin(inode.Number.Value);
        AttributeUse use = attributes.LookAt(inode);
        bool isResize = inode.Number.Value == ResizeInode && Geometry.Has(CompatibleFeatures.ResizeInode);
        if (isResize)
        {
            new ResizeInodeAudit(context, _map).LookAt(inode, where);
            return;
        }

        if (context.UsesBlockMap(inode))
        {
            WalkMap(inode);
            CheckSize(inode, where);
        }
        else
        {
            CheckWithoutMap(inode, where);
        }

        CheckVerity(inode);
        if (_map.IsWhole)
        {
            CheckBlocks(inode, use.Clusters, where);
        }

        quotas.Count(inode, (_map.Clusters + use.Clusters) << (Geometry.ClusterBits + Geometry.BlockBits), use.Values);

        BlockCount += (long)(_map.Clusters << Geometry.ClusterBits);
    }

    /// <summary>A file whose tree nobody can find cannot be read; what the tree says of the contents is found on reading.</summary>
    private void CheckVerity(in Inode inode)
    {
        if (inode.Type != FileType.Regular || !inode.Is(InodeFlags.Verity))
        {
            return;
        }

        try
        {
            context.Verity.Open(context.Workspace, inode, out _);
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
        }
    }

    private void WalkMap(in Inode inode)
    {
        if (inode.Is(InodeFlags.Extents))
        {
            context.Extents.Walk(context.Workspace, inode, _map);
        }
        else
        {
            context.Indirect.Walk(context.Workspace, inode, _map);
        }
    }

    /// <summary>A directory is as long as its blocks; a file reaches its last written block at least, unless fs-verity keeps its
    /// tree behind the end.</summary>
    private void CheckSize(in Inode inode, in DiskLocation where)
    {
        DiskLocation field = where.At(InodeView.ISizeLo);
        ulong blockSize = (ulong)Geometry.BlockSize;
        if (inode.Type == FileType.Directory)
        {
            if (inode.Size == 0 || inode.Size % blockSize != 0 || (_map.IsWhole && inode.Size != _map.End * blockSize))
            {
                context.Findings.Add(CorruptionCode.InodeSizeMismatch, field, inode.Size, _map.End * blockSize);
            }

            return;
        }

        bool mayReachBeyond = inode.Is(InodeFlags.Verity);
        if (_map.WrittenEnd > 0 && inode.Size < (_map.WrittenEnd - 1) * blockSize && !mayReachBeyond)
        {
            context.Findings.Add(CorruptionCode.InodeSizeMismatch, field, inode.Size, _map.WrittenEnd * blockSize);
        }

        if (inode.Type == FileType.SymbolicLink)
        {
            context.CheckLink(inode);
        }
    }

    /// <summary>Devices, pipes and sockets have neither blocks nor a size; inline contents and short links have no map.</summary>
    private void CheckWithoutMap(in Inode inode, in DiskLocation where)
    {
        if (inode.Type is FileType.CharacterDevice or FileType.BlockDevice or FileType.Fifo or FileType.Socket)
        {
            if (inode.Size != 0)
            {
                context.Findings.Add(CorruptionCode.SpecialFileHasBlocks, where.At(InodeView.ISizeLo), inode.Size, 0);
            }

            return;
        }

        if (inode.Type == FileType.SymbolicLink)
        {
            context.CheckLink(inode);
        }
    }

    private void CheckBlocks(in Inode inode, ulong attributeClusters, in DiskLocation where)
    {
        ulong sectors = (_map.Clusters + attributeClusters) << (Geometry.ClusterBits + Geometry.BlockBits - SectorBits);
        if (inode.Sectors != sectors)
        {
            context.Findings.Add(CorruptionCode.InodeBlocksMismatch, where.At(InodeView.IBlocksLo), inode.Sectors, sectors);
        }
    }
}
