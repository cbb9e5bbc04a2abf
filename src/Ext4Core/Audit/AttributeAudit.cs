using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Xattrs;

namespace Ext4Core.Audit;

/// <summary>The attributes of every inode: whether they can be read, who shares attribute blocks and value inodes.</summary>
/// <remarks>Mirrors e2fsck's checks of attribute blocks in pass 1, and of reference counts in passes 1 and 4. What a reader refuses
/// counts as well: a value inode's contents against their checksum, and access control lists, which e2fsck does not look at.</remarks>
internal sealed class AttributeAudit(AuditContext context)
{
    private const int SharedBlockBytes = 64;

    /// <summary>Whole blocks of any size, and the longest value that a kernel gives out.</summary>
    private const int ValueRoom = 1 << 16;

    /// <summary>Blocks with a value that was its first user's alone: their next user may not have it so.</summary>
    private readonly HashSet<ulong> _unshared = [];
    private readonly ValueInodeReader _values = new(context.Geometry, context.Inodes, context.Mapper, context.Reader);
    private byte[]? _value;
    private readonly Dictionary<ulong, SharedBlock> _shared = [];
    private bool _remembersShared = true;

    private VolumeGeometry Geometry => context.Geometry;

    /// <summary>Looks at one inode's attributes.</summary>
    /// <returns>What counts as the inode's for them.</returns>
    public AttributeUse LookAt(in Inode inode)
    {
        AttributeUse use = default;
        using (InodeLease lease = context.Inodes.Borrow(context.Workspace, inode.Number))
        {
            if (InodeAttributes.TryAdmit(Geometry, lease.Bytes, lease.Where, out AttributeListView list))
            {
                DiskLocation where = lease.Where.At(InodeAttributesView.FirstEntryOf(lease.Bytes)) with { Structure = StructureKind.InodeAttributes };
                _ = CheckValues(inode, list, where, mayLackHash: true);
                use = CountValues(inode, list, isFirstUse: true);
            }
        }

        return inode.AttributeBlock.Value == 0 ? use : use.Plus(LookAtBlock(inode));
    }

    /// <summary>Holds each shared block's count of users against the users found.</summary>
    public void CheckShared()
    {
        if (!_remembersShared)
        {
            context.Findings.Skip("reference counts of attribute blocks: more shared blocks than the memory limit allows");
            return;
        }

        foreach ((ulong block, SharedBlock shared) in _shared)
        {
            if (shared.Declared != shared.Seen && context.Findings.SawAllOwners)
            {
                DiskLocation where = new(StructureKind.AttributeBlock, block, AttributeBlockView.HRefcount);
                context.Findings.Add(CorruptionCode.AttributeReferencesMismatch, where, shared.Declared, shared.Seen);
            }
        }
    }

    /// <summary>The block's own cluster counts for the inode once it is on the volume at all, damaged or not.</summary>
    private AttributeUse LookAtBlock(in Inode inode)
    {
        DiskLocation field = new(StructureKind.Inode, inode.TableBlock, inode.TableOffset + InodeView.IFileAclLo, inode.Number.Value);
        if (!Geometry.Has(CompatibleFeatures.ExtendedAttributes))
        {
            context.Findings.Add(CorruptionCode.AttributeBlockWithoutFeature, field, inode.AttributeBlock.Value, 0);
        }

        try
        {
            BlockNumber block = context.Zones.AdmitData(context.Workspace, inode.AttributeBlock, 1, field).First;
            return new AttributeUse(1, 0).Plus(LookAtList(inode, block, field));
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
            return default;
        }
    }

    private AttributeUse LookAtList(in Inode inode, BlockNumber block, in DiskLocation field)
    {
        DiskLocation where = new(StructureKind.AttributeBlock, block.Value, 0, inode.Number.Value);
        try
        {
            using BlockLease lease = context.Cache.Read(context.Workspace, block, where);
            AttributeBlockView view = AttributeBlockView.Parse(lease.Bytes, where);
            CheckChecksum(view, block, where);
            InodeAttributes.Examine(Geometry, lease.Bytes, AttributeBlockView.HeaderSize, where, out AttributeListView list).ThrowIfAny();
            bool isFirstUse = CountUse(block, view.ReferenceCount, field);
            if ((isFirstUse || _unshared.Remove(block.Value)) && !CheckValues(inode, list, where, mayLackHash: false))
            {
                _unshared.Add(block.Value);
            }

            return CountValues(inode, list, isFirstUse);
        }
        catch (CorruptionException damage)
        {
            _ = CountUse(block, 0, field);
            context.Findings.Add(damage);
            return default;
        }
    }

    /// <summary>Looks at each value of a list.</summary>
    /// <returns>False where one is this inode's alone.</returns>
    private bool CheckValues(in Inode inode, AttributeListView list, in DiskLocation where, bool mayLackHash)
    {
        bool areShared = true;
        int position = list.Start;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            try
            {
                areShared &= CheckValue(inode, list, entry, where, mayLackHash);
            }
            catch (CorruptionException damage)
            {
                context.Findings.Add(damage);
            }
        }

        return areShared;
    }

    private bool CheckValue(in Inode inode, AttributeListView list, in AttributeEntryView entry, in DiskLocation where, bool mayLackHash)
    {
        DiskLocation entryWhere = where.At(list.OffsetOf(entry));
        bool isShared = true;
        ReadOnlySpan<byte> value = entry.ValueInode.Value == 0 ? list.ValueOf(entry) : default;
        if (entry.ValueInode.Value != 0)
        {
            _value ??= new byte[ValueRoom];
            isShared = _values.Pass(context.Workspace, inode, entry, _value, entryWhere);
            value = _value.AsSpan(0, (int)Math.Min(entry.ValueSize, ValueRoom));
        }
        else if (entry.Hash != 0 || !mayLackHash)
        {
            CheckHash(list, entry, entryWhere);
        }

        if (entry.Namespace is AttributeNamespace.AccessList or AttributeNamespace.DefaultAccessList
            && entry.ValueSize != 0 && inode.Type != FileType.SymbolicLink)
        {
            DiskLocation listWhere = where.At(entry.ValueOffset) with { Structure = StructureKind.AccessControlList };
            _ = AccessControlListView.CountOf((int)entry.ValueSize, listWhere);
            _ = entry.ValueSize <= ValueRoom ? AccessControlListView.Parse(value, listWhere) : default;
        }

        return isShared;
    }

    private static void CheckHash(AttributeListView list, in AttributeEntryView entry, in DiskLocation entryWhere)
    {
        ReadOnlySpan<byte> value = list.PaddedValueOf(entry);
        uint due = AttributeHash.OfEntry(entry.Name, value);
        if (entry.Hash != due && entry.Hash != AttributeHash.OfEntrySigned(entry.Name, value))
        {
            Corrupt.Throw(CorruptionCode.AttributeEntryChecksum, entryWhere.At(AttributeEntryView.EHash), entry.Hash, due);
        }
    }

    private void CheckChecksum(AttributeBlockView view, BlockNumber block, in DiskLocation where)
    {
        if (!Geometry.HasMetadataChecksum)
        {
            return;
        }

        uint due = view.ComputeChecksum(Geometry.ChecksumSeed, block);
        if (view.Checksum != due)
        {
            Corrupt.Throw(CorruptionCode.AttributeChecksum, where.At(AttributeBlockView.HChecksum), view.Checksum, due);
        }
    }

    /// <summary>Counts one user of a block; true for the first.</summary>
    private bool CountUse(BlockNumber block, uint declared, in DiskLocation where)
    {
        if (_shared.TryGetValue(block.Value, out SharedBlock? shared))
        {
            shared.Seen++;
            return false;
        }

        bool isNew = context.Owners?.Claim(block) ?? true;
        if (!isNew && !context.SharesBlocks && _remembersShared)
        {
            context.Findings.Add(CorruptionCode.BlockClaimedTwice, where, block.Value, block.Value);
        }

        _remembersShared &= context.Budget.TryTake(SharedBlockBytes);
        if (_remembersShared && declared != 0)
        {
            _shared.Add(block.Value, new() { Declared = declared, Seen = 1 });
        }

        return isNew;
    }

    /// <summary>Counts references to value inodes, for each list once, and the space that they take up for each user.</summary>
    private AttributeUse CountValues(in Inode inode, AttributeListView list, bool isFirstUse)
    {
        AttributeUse use = default;
        int position = list.Start;
        int clusterBits = Geometry.BlockBits + Geometry.ClusterBits;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            if (entry.ValueInode.Value == 0)
            {
                continue;
            }

            InodeNumber value = new((uint)entry.ValueInode.Value);
            bool isOwned = IsOwned(value, inode);
            if (isOwned)
            {
                context.Ledger?.Mark(value, InodeMarks.Owned);
            }
            else
            {
                use = use.Plus(new((entry.ValueSize + (1ul << clusterBits) - 1) >> clusterBits, 1));
            }

            if (isFirstUse)
            {
                context.Ledger?.CountReference(value);
            }
        }

        return use;
    }

    /// <summary>A value inode in Lustre's older form belongs to one inode, which its modification time names; it counts no
    /// references and no space for its owner.</summary>
    private bool IsOwned(InodeNumber value, in Inode owner)
    {
        try
        {
            using InodeLease lease = context.Inodes.Borrow(context.Workspace, value);
            InodeView view = new(lease.Bytes);
            return unchecked((uint)view.ModificationTime) == owner.Number.Value && view.Generation == owner.Generation;
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
            return false;
        }
    }

    private sealed class SharedBlock
    {
        public uint Declared { get; init; }

        public uint Seen { get; set; }
    }
}

/// <summary>What an inode's attributes take up beside it.</summary>
/// <param name="Clusters">The attribute block's, and those of values in inodes of their own.</param>
/// <param name="Values">These inodes.</param>
internal readonly record struct AttributeUse(ulong Clusters, uint Values)
{
    public AttributeUse Plus(AttributeUse other) => new(Clusters + other.Clusters, Values + other.Values);
}
