using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Inodes;

/// <summary>Finds inodes in their groups' tables, verifies and decodes them.</summary>
internal sealed class InodeTable(
    VolumeGeometry geometry, BlockCache cache, GroupTable groups, FastCommitOverlay? fastCommits = null)
{
    /// <summary>Bytes of extra fields that this format defines.</summary>
    private const int DefinedExtraSize = 32;

    /// <summary>Borrows an inode's bytes and verifies their checksum. Two block visits.</summary>
    /// <remarks>An inode that a fast commit replaced comes as that left it: its checksum was the commit's.</remarks>
    public InodeLease Borrow(Workspace workspace, InodeNumber number)
    {
        InodeLease lease = BorrowExamined(workspace, number, out Damage damage);
        if (!damage.IsNone)
        {
            lease.Dispose();
            damage.ThrowIfAny();
        }

        return lease;
    }

    /// <summary>Borrows the bytes of an inode's place in its table, whatever they are.</summary>
    public InodeLease BorrowUnverified(Workspace workspace, InodeNumber number)
    {
        BlockRange table = groups.ReadUnverified(workspace, geometry.GroupOf(number)).InodeTable;
        uint index = (number.Value - 1) % geometry.InodesPerGroup;
        BlockNumber block = table[index / geometry.InodesPerBlock];
        DiskLocation where = new(
            StructureKind.Inode, block.Value, (int)(index % geometry.InodesPerBlock) * geometry.InodeSize, number.Value);
        return new(cache.Read(workspace, block, where), where, geometry.InodeSize);
    }

    /// <summary>Reads an inode that something refers to: one that is in use.</summary>
    public void Load(Workspace workspace, InodeNumber number, out Inode inode)
    {
        _ = TryLoad(workspace, number, out inode, out Damage damage);
        damage.ThrowIfAny();
    }

    /// <summary>The same without a throw for damage of the inode itself; damage on the way to it is raised.</summary>
    /// <returns>False for an inode that is damaged or not in use: <paramref name="damage"/> says how.</returns>
    public bool TryLoad(Workspace workspace, InodeNumber number, out Inode inode, out Damage damage)
    {
        using InodeLease lease = BorrowExamined(workspace, number, out damage);
        if (damage.IsNone)
        {
            damage = ExamineUse(new(lease.Bytes), lease.Where);
        }

        return TryDecode(lease, number, ref damage, out inode);
    }

    /// <summary>Reads an inode whether or not anything refers to it: an orphan, or one of the volume's own.</summary>
    public void LoadAny(Workspace workspace, InodeNumber number, out Inode inode)
    {
        using InodeLease lease = BorrowExamined(workspace, number, out Damage damage);
        _ = TryDecode(lease, number, ref damage, out inode);
        damage.ThrowIfAny();
    }

    /// <summary>The seed of an inode's checksums: the volume's, then its number, then its generation.</summary>
    public uint ChecksumSeed(InodeNumber number, uint generation) =>
        Crc32C.Append(Crc32C.Append(geometry.ChecksumSeed, number.Value), generation);

    /// <summary>Borrows an inode as fast commits left it, and says whether its bytes hold together.</summary>
    private InodeLease BorrowExamined(Workspace workspace, InodeNumber number, out Damage damage)
    {
        InodeLease lease = BorrowUnverified(workspace, number);
        if (fastCommits?.InodeOf(number) is { } replaced)
        {
            damage = ExamineExtraSize(replaced, lease.Where);
            return lease.With(replaced);
        }

        damage = ExamineExtraSize(lease.Bytes, lease.Where);
        if (damage.IsNone)
        {
            damage = ExamineChecksum(lease.Bytes, number, lease.Where);
        }

        return lease;
    }

    private static Damage ExamineUse(InodeView view, in DiskLocation where)
    {
        if (view.LinkCount == 0 || view.Mode == 0)
        {
            return new(CorruptionCode.InodeNotInUse, where.At(InodeView.ILinksCount), view.LinkCount, 1);
        }

        return ExamineFlags(view, InodeFlags.AttributeInode, where);
    }

    /// <summary>Decodes an inode in which no damage was found so far.</summary>
    private bool TryDecode(in InodeLease lease, InodeNumber number, ref Damage damage, out Inode inode)
    {
        AttributeListView list = default;
        bool hasList = false;
        if (damage.IsNone)
        {
            damage = InodeAttributes.Examine(geometry, lease.Bytes, lease.Where, out list, out hasList);
        }

        if (!damage.IsNone)
        {
            inode = default;
            return false;
        }

        InodeView view = new(lease.Bytes);
        int extraSize = ExtraSize(lease.Bytes);
        InodeExtraView extra = new(lease.Bytes, extraSize);
        inode = new()
        {
            Number = number,
            TableBlock = lease.Where.Block,
            TableOffset = lease.Where.Offset,
            Mode = view.Mode,
            Flags = view.Flags,
            UserId = view.UserId,
            GroupId = view.GroupId,
            LinkCount = view.LinkCount,
            Generation = view.Generation,
            ExtraSize = extraSize,
            Sectors = SectorsOf(view),
            AccessTime = Timestamp.Decode(view.AccessTime, extra.AccessTimeExtra),
            ModificationTime = Timestamp.Decode(view.ModificationTime, extra.ModificationTimeExtra),
            ChangeTime = Timestamp.Decode(view.ChangeTime, extra.ChangeTimeExtra),
            HasCreationTime = extra.HasCreationTime,
            CreationTime = Timestamp.Decode(extra.CreationTime, extra.CreationTimeExtra),
            AttributeBlock = view.AttributeBlock(geometry.Has(IncompatibleFeatures.SixtyFourBit)),
            Project = geometry.Has(ReadOnlyCompatibleFeatures.Project) ? extra.Project : 0,
            ChecksumSeed = ChecksumSeed(number, view.Generation),
            HasAttributeList = hasList,
            HasInlineData = hasList && view.Has(InodeFlags.InlineData) && InodeAttributes.TryFindInlineData(list, out _),
        };
        inode.SetBlockMap(view.BlockMap);
        inode.Size = SizeOf(view, inode.Type);
        damage = ExamineFields(view, inode, lease.Where);
        return damage.IsNone;
    }

    private Damage ExamineFields(InodeView view, in Inode inode, in DiskLocation where)
    {
        if (inode.Size > long.MaxValue)
        {
            return new(CorruptionCode.InodeSizeImpossible, where.At(InodeView.ISizeHigh), inode.Size, long.MaxValue);
        }

        return IsKnown(inode.Type)
            ? ExamineFlags(view, RefusedFlags(inode.Type, view), where)
            : new(CorruptionCode.InodeTypeUnknown, where.At(InodeView.IMode), inode.Mode, 0xFFFF);
    }

    /// <summary>Data cannot be both inline and in an extent tree; case is folded only where the volume does so; and an htree
    /// that a volume without dir_index took for free space would break the checksums of its directory. Nobody can make a
    /// symbolic link immutable or append-only.</summary>
    private InodeFlags RefusedFlags(FileType type, InodeView view)
    {
        InodeFlags refused = type == FileType.SymbolicLink ? InodeFlags.Immutable | InodeFlags.AppendOnly : default;
        if (view.Has(InodeFlags.InlineData))
        {
            refused |= InodeFlags.Extents;
        }

        if (!geometry.Has(IncompatibleFeatures.CaseFolding))
        {
            refused |= InodeFlags.CaseFold;
        }

        if (geometry.HasMetadataChecksum && !geometry.Has(CompatibleFeatures.DirectoryIndex))
        {
            refused |= InodeFlags.Index;
        }

        return refused;
    }

    private static Damage ExamineFlags(InodeView view, InodeFlags refused, in DiskLocation where) =>
        (view.Flags & refused) == default
            ? default
            : new(CorruptionCode.InodeFlagsContradict, where.At(InodeView.IFlags), (ulong)view.Flags, (ulong)(view.Flags & ~refused));

    private ulong SizeOf(InodeView view, FileType type)
    {
        bool isWide = type == FileType.Regular || geometry.Has(IncompatibleFeatures.LargeDirectories);
        return isWide ? view.FileSize : view.FileSizeLow;
    }

    /// <summary>Space in sectors; with the huge-file flag the field counts blocks.</summary>
    private ulong SectorsOf(InodeView view)
    {
        if (!geometry.Has(ReadOnlyCompatibleFeatures.HugeFiles))
        {
            return view.BlocksLow;
        }

        return view.Has(InodeFlags.HugeFile) ? view.Blocks << (geometry.BlockBits - 9) : view.Blocks;
    }

    private static bool IsKnown(FileType type) => type is FileType.Fifo or FileType.CharacterDevice or FileType.Directory
        or FileType.BlockDevice or FileType.Regular or FileType.SymbolicLink or FileType.Socket;

    /// <summary>Bytes of extra fields; an inode that stores none has room for all that this format defines.</summary>
    private int ExtraSize(ReadOnlySpan<byte> bytes)
    {
        if (geometry.InodeSize == InodeView.Size)
        {
            return 0;
        }

        int stored = Le.U16(bytes, InodeExtraView.IExtraIsize);
        return stored == 0 ? DefinedExtraSize : stored;
    }

    private Damage ExamineExtraSize(ReadOnlySpan<byte> bytes, in DiskLocation where)
    {
        if (geometry.InodeSize == InodeView.Size)
        {
            return default;
        }

        int size = Le.U16(bytes, InodeExtraView.IExtraIsize);
        int room = geometry.InodeSize - InodeView.Size;
        return size > room || size % 4 != 0
            ? new(CorruptionCode.InodeExtraSizeOutOfRange, where.At(InodeExtraView.IExtraIsize), (ulong)size, (ulong)room)
            : default;
    }

    private Damage ExamineChecksum(ReadOnlySpan<byte> bytes, InodeNumber number, in DiskLocation where)
    {
        if (!geometry.HasInodeChecksum)
        {
            return default;
        }

        InodeView view = new(bytes);
        uint due = InodeChecksum.Compute(bytes, ChecksumSeed(number, view.Generation));
        uint found = view.ChecksumLow;
        if (InodeChecksum.HasHighHalf(bytes))
        {
            found |= (uint)Le.U16(bytes, InodeExtraView.IChecksumHi) << 16;
        }
        else
        {
            due &= 0xFFFF;
        }

        return found == due ? default : new(CorruptionCode.InodeChecksum, where.At(InodeView.IChecksumLo), found, due);
    }
}

/// <summary>A borrowed inode: the bytes of its slot in the table.</summary>
internal readonly ref struct InodeLease
{
    private readonly BlockLease _block;

    internal InodeLease(BlockLease block, scoped in DiskLocation where, int size)
        : this(block, where, block.Bytes.Slice(where.Offset, size))
    {
    }

    private InodeLease(BlockLease block, scoped in DiskLocation where, ReadOnlySpan<byte> bytes)
    {
        _block = block;
        Where = where;
        Bytes = bytes;
    }

    /// <summary>Where the inode lies.</summary>
    public DiskLocation Where { get; }

    /// <summary>All bytes of the inode, extra fields and attributes included.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>The same place with other bytes; disposing of it gives the block back.</summary>
    public InodeLease With(ReadOnlySpan<byte> bytes) => new(_block, Where, bytes);

    /// <summary>Gives the block back.</summary>
    public void Dispose() => _block.Dispose();
}
