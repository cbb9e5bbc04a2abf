using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Allocation;

/// <summary>Where each group keeps its bitmaps and inodes. Descriptors are read when they are first needed.</summary>
internal sealed class GroupTable(VolumeGeometry geometry, BlockCache cache)
{
    /// <summary>Reads and verifies one descriptor.</summary>
    public GroupPlaces Read(Workspace workspace, GroupNumber group)
    {
        if (!TryRead(workspace, group, out GroupPlaces places, out Damage damage))
        {
            damage.ThrowIfAny();
        }

        return places;
    }

    /// <summary>The same, without a throw for a descriptor that is damaged.</summary>
    /// <returns>False for such a one: <paramref name="damage"/> says how.</returns>
    public bool TryRead(Workspace workspace, GroupNumber group, out GroupPlaces places, out Damage damage)
    {
        using BlockLease block = Borrow(workspace, group, out DiskLocation where);
        GroupDescriptorView descriptor = View(block, where);
        Damage checksum = Examine(descriptor, group, where);
        damage = Admit(descriptor, group, where, out places);
        damage = checksum.IsNone ? damage : checksum;
        return damage.IsNone;
    }

    /// <summary>Reads one descriptor as the kernel does on a read-only mount: its places admitted, its checksum not asked.</summary>
    public GroupPlaces ReadUnverified(Workspace workspace, GroupNumber group)
    {
        using BlockLease block = Borrow(workspace, group, out DiskLocation where);
        Admit(View(block, where), group, where, out GroupPlaces places).ThrowIfAny();
        return places;
    }

    /// <summary>The same, and says whether the checksum is wrong.</summary>
    public GroupPlaces ReadUnverified(Workspace workspace, GroupNumber group, out Damage checksum)
    {
        using BlockLease block = Borrow(workspace, group, out DiskLocation where);
        GroupDescriptorView descriptor = View(block, where);
        checksum = Examine(descriptor, group, where);
        Admit(descriptor, group, where, out GroupPlaces places).ThrowIfAny();
        return places;
    }

    private BlockLease Borrow(Workspace workspace, GroupNumber group, out DiskLocation where)
    {
        uint blockIndex = group.Value / geometry.DescriptorsPerBlock;
        int offset = (int)(group.Value % geometry.DescriptorsPerBlock) * geometry.DescriptorSize;
        DiskLocation superblock = new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset);
        BlockNumber number = geometry.DescriptorBlock(blockIndex, superblock.At(SuperblockView.SFirstMetaBg));
        where = new(StructureKind.GroupDescriptor, number.Value, offset);
        return cache.Read(workspace, number, where);
    }

    private GroupDescriptorView View(in BlockLease block, in DiskLocation where) =>
        new(block.Bytes.Slice(where.Offset, geometry.DescriptorSize));

    private Damage Examine(GroupDescriptorView descriptor, GroupNumber group, in DiskLocation where)
    {
        if (!geometry.HasMetadataChecksum && !geometry.HasDescriptorCrc16)
        {
            return default;
        }

        ushort due = geometry.HasMetadataChecksum
            ? descriptor.ComputeCrc32C(geometry.ChecksumSeed, group.Value)
            : descriptor.ComputeCrc16(geometry.Uuid, group.Value);
        return descriptor.Checksum == due
            ? default
            : new(CorruptionCode.GroupDescriptorChecksum, where.At(GroupDescriptorView.BgChecksum), descriptor.Checksum, due);
    }

    private Damage Admit(GroupDescriptorView descriptor, GroupNumber group, in DiskLocation where, out GroupPlaces places)
    {
        places = default;
        if (IsOutside(descriptor.BlockBitmap, 1, group, CorruptionCode.BlockBitmapOutOfRange,
                where.At(GroupDescriptorView.BgBlockBitmapLo), out BlockRange blockBitmap, out Damage damage)
            || IsOutside(descriptor.InodeBitmap, 1, group, CorruptionCode.InodeBitmapOutOfRange,
                where.At(GroupDescriptorView.BgInodeBitmapLo), out BlockRange inodeBitmap, out damage)
            || IsOutside(descriptor.InodeTable, geometry.InodeTableBlocks, group, CorruptionCode.InodeTableOutOfRange,
                where.At(GroupDescriptorView.BgInodeTableLo), out BlockRange inodeTable, out damage))
        {
            return damage;
        }

        places = new(
            blockBitmap,
            inodeBitmap,
            inodeTable,
            descriptor.Flags,
            descriptor.FreeClusters,
            descriptor.FreeInodes,
            descriptor.UsedDirectories,
            descriptor.UnusedInodes,
            descriptor.BlockBitmapChecksum,
            descriptor.InodeBitmapChecksum,
            where);
        return default;
    }

    /// <summary>Without flex_bg a group's metadata lies inside the group; with it, anywhere on the volume.</summary>
    private bool IsOutside(
        ClaimedBlock start, uint count, GroupNumber group, CorruptionCode code, in DiskLocation where, out BlockRange place, out Damage damage)
    {
        ulong first = geometry.FirstDataBlock;
        ulong end = geometry.BlocksCount;
        if (!geometry.Has(IncompatibleFeatures.FlexibleBlockGroups))
        {
            first = geometry.FirstBlockOf(group).Value;
            end = first + geometry.BlocksIn(group);
        }

        bool isOutside = start.Value < first || start.Value >= end || count > end - start.Value;
        damage = isOutside ? new(code, where, start.Value, end) : default;
        place = isOutside ? default : new(new BlockNumber(start.Value), count);
        return isOutside;
    }
}

/// <summary>One group's admitted places and what its descriptor counts.</summary>
/// <param name="BlockBitmap">One block: which clusters are in use.</param>
/// <param name="InodeBitmap">One block: which inodes are in use.</param>
/// <param name="InodeTable">The inodes.</param>
/// <param name="Flags">Which of the above were never written.</param>
/// <param name="FreeClusters">Clusters that the descriptor counts free.</param>
/// <param name="FreeInodes">Inodes that the descriptor counts free.</param>
/// <param name="UsedDirectories">Directories that the descriptor counts.</param>
/// <param name="UnusedInodes">Inodes at the table's end that were never used.</param>
/// <param name="BlockBitmapChecksum">As stored; 16 bits on small descriptors.</param>
/// <param name="InodeBitmapChecksum">As stored; 16 bits on small descriptors.</param>
/// <param name="Where">The descriptor's own location.</param>
internal readonly record struct GroupPlaces(
    BlockRange BlockBitmap,
    BlockRange InodeBitmap,
    BlockRange InodeTable,
    GroupFlags Flags,
    uint FreeClusters,
    uint FreeInodes,
    uint UsedDirectories,
    uint UnusedInodes,
    uint BlockBitmapChecksum,
    uint InodeBitmapChecksum,
    DiskLocation Where);
