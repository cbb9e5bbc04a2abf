using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>Borrows the blocks of a directory, each verified once per stay in the cache.</summary>
internal sealed class DirectoryBlocks(VolumeGeometry geometry, BlockCache cache, BlockMapper mapper)
{
    private const ulong HashesInEntries = 1ul << 48;

    /// <summary>What the blocks of this directory have in common.</summary>
    public DirectoryShape ShapeOf(in Inode directory) => new(
        geometry.BlockSize,
        geometry.InodesCount,
        geometry.HasMetadataChecksum,
        directory.Is(InodeFlags.Encrypted) && directory.Is(InodeFlags.CaseFold));

    /// <summary>What the index blocks of this directory have in common.</summary>
    public HtreeShape HtreeShapeOf(in Inode directory) =>
        new(geometry.BlockSize, geometry.HasMetadataChecksum, ShapeOf(directory).HasHashes);

    /// <summary>Whether the directory has an htree: the flag counts only with dir_index.</summary>
    public bool IsIndexed(in Inode directory) =>
        geometry.Has(CompatibleFeatures.DirectoryIndex) && directory.Is(InodeFlags.Index);

    /// <summary>Whole blocks of the directory.</summary>
    public uint CountOf(in Inode directory) => (uint)Math.Min(directory.Size >> geometry.BlockBits, uint.MaxValue);

    /// <summary>The run of blocks that starts at <paramref name="first"/>. In a directory an unwritten block counts as
    /// written, as in the kernel: only holes are holes.</summary>
    public MappedRun Resolve(Workspace workspace, in Inode directory, uint first, uint wanted) =>
        mapper.Resolve(workspace, directory, new(first), wanted);

    /// <summary>Borrows a block of entries whose checksum is right. One block visit.</summary>
    /// <param name="workspace">The worker's.</param>
    /// <param name="directory">The owner.</param>
    /// <param name="shape">The owner's.</param>
    /// <param name="index">The block's index in the directory.</param>
    /// <param name="block">Where it lies.</param>
    public DirectoryBlockLease Borrow(
        Workspace workspace, in Inode directory, in DirectoryShape shape, uint index, BlockNumber block)
    {
        DiskLocation where = new(StructureKind.DirectoryBlock, block.Value, 0, directory.Number.Value);
        BlockLease lease = cache.Read(workspace, block, where);
        ulong key = BlockLease.VerificationKey(StructureKind.DirectoryBlock, directory.ChecksumSeed)
            | (shape.HasHashes ? HashesInEntries : 0);
        if (lease.IsVerified(key))
        {
            return new(lease, where, isSound: true);
        }

        try
        {
            if (shape.HasChecksums && !IsIndexNode(lease.Bytes, directory, index))
            {
                CheckTail(lease.Bytes, directory.ChecksumSeed, where);
            }

            bool isSound = DirectoryArea.Examine(lease.Bytes, shape, where).IsNone;
            if (isSound)
            {
                lease.MarkVerified(key);
            }

            return new(lease, where, isSound);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Borrows the root of the directory's index; its checksum is right.</summary>
    public DirectoryBlockLease BorrowRoot(Workspace workspace, in Inode directory) =>
        BorrowIndex(workspace, directory, default, SizeField(directory));

    /// <summary>Borrows an interior node of the directory's index; its checksum is right.</summary>
    public DirectoryBlockLease BorrowNode(Workspace workspace, in Inode directory, FileBlock index, scoped in DiskLocation pointer) =>
        BorrowIndex(workspace, directory, index, pointer);

    /// <summary>Borrows a leaf that the directory's index leads to.</summary>
    public DirectoryBlockLease BorrowLeaf(
        Workspace workspace, in Inode directory, in DirectoryShape shape, FileBlock index, scoped in DiskLocation pointer) =>
        Borrow(workspace, directory, shape, index.Value, Locate(workspace, directory, index, pointer));

    /// <summary>Finds the first block of a directory that must have one.</summary>
    public BlockNumber LocateFirst(Workspace workspace, in Inode directory) =>
        Locate(workspace, directory, default, SizeField(directory));

    /// <summary>Finds a block that the directory cannot do without: within its size, and not a hole.</summary>
    public BlockNumber Locate(Workspace workspace, in Inode directory, FileBlock index, scoped in DiskLocation pointer)
    {
        uint count = CountOf(directory);
        if (index.Value >= count)
        {
            Corrupt.Throw(CorruptionCode.HtreeBlockOutOfRange, pointer, index.Value, count);
        }

        MappedRun run = mapper.Resolve(workspace, directory, index, 1);
        if (run.Kind == RunKind.Hole)
        {
            Corrupt.Throw(CorruptionCode.DirectoryHole, pointer, index.Value, count);
        }

        return run.First;
    }

    private static DiskLocation SizeField(in Inode directory)
    {
        DiskLocation inode = new(StructureKind.Inode, directory.TableBlock, directory.TableOffset, directory.Number.Value);
        return inode.At(InodeView.ISizeLo);
    }

    private DirectoryBlockLease BorrowIndex(
        Workspace workspace, in Inode directory, FileBlock index, scoped in DiskLocation pointer)
    {
        BlockNumber block = Locate(workspace, directory, index, pointer);
        DiskLocation where = new(StructureKind.HtreeNode, block.Value, 0, directory.Number.Value);
        BlockLease lease = cache.Read(workspace, block, where);
        try
        {
            CheckIndex(lease, directory, index, where);
            return new(lease, where, isSound: false);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private void CheckIndex(in BlockLease lease, in Inode directory, FileBlock index, in DiskLocation where)
    {
        ulong key = BlockLease.VerificationKey(StructureKind.HtreeNode, directory.ChecksumSeed);
        if (index.Value != 0)
        {
            int size = DirectoryEntryView.SizeAt(lease.Bytes, 0, geometry.BlockSize);
            if (size != geometry.BlockSize)
            {
                DiskLocation field = where.At(DirectoryEntryView.DeRecLen);
                Corrupt.Throw(CorruptionCode.HtreeNodeExpected, field, (uint)size, (uint)geometry.BlockSize);
            }
        }

        if (geometry.HasMetadataChecksum && !lease.IsVerified(key))
        {
            CheckIndexChecksum(lease.Bytes, directory.ChecksumSeed, where);
            lease.MarkVerified(key);
        }
    }

    /// <summary>Checks an index block's tail, whose place depends on the limit that the block itself claims.</summary>
    private static void CheckIndexChecksum(ReadOnlySpan<byte> bytes, uint seed, in DiskLocation where)
    {
        int firstSize = DirectoryEntryView.SizeAt(bytes, 0, bytes.Length);
        bool isNode = firstSize == bytes.Length;
        if (!isNode && !new HtreeRootView(bytes).IsRegular)
        {
            DiskLocation field = where.At(DirectoryEntryView.DeRecLen);
            Corrupt.Throw(CorruptionCode.HtreeLayoutUnknown, field, (uint)firstSize, DirectoryEntryView.MinimumSize);
        }

        HtreeEntriesView entries = isNode ? new(bytes, HtreeEntriesView.NodeStart) : new HtreeRootView(bytes).Entries;
        int room = (bytes.Length - entries.Start - HtreeTailView.Size) / HtreeEntriesView.EntrySize;
        if (entries.Limit > room)
        {
            DiskLocation field = where.At(entries.Start + HtreeEntriesView.DxLimit);
            Corrupt.Throw(CorruptionCode.HtreeTailMissing, field, (uint)entries.Limit, (uint)room);
        }

        if (entries.Count > entries.Limit)
        {
            DiskLocation field = where.At(entries.Start + HtreeEntriesView.DxCount);
            Corrupt.Throw(CorruptionCode.HtreeCountOutOfRange, field, (uint)entries.Count, (uint)entries.Limit);
        }

        uint due = HtreeTailView.Compute(bytes, entries, seed);
        uint found = HtreeTailView.ChecksumOf(bytes, entries);
        if (found != due)
        {
            DiskLocation field = where.At(entries.OffsetOf(entries.Limit) + HtreeTailView.DtChecksum);
            Corrupt.Throw(CorruptionCode.HtreeChecksum, field, found, due);
        }
    }

    /// <summary>Whether a block of an indexed directory is, or looks like, part of its index: then it has no tail.</summary>
    private bool IsIndexNode(ReadOnlySpan<byte> bytes, in Inode directory, uint index)
    {
        if (!IsIndexed(directory))
        {
            return false;
        }

        DirectoryEntryView first = new(bytes, 0);
        return index == 0 || (!first.IsUsed && first.SizeIn(bytes.Length) == bytes.Length);
    }

    private static void CheckTail(ReadOnlySpan<byte> bytes, uint seed, in DiskLocation where)
    {
        DirectoryTailView tail = new(bytes);
        int offset = bytes.Length - DirectoryTailView.Size;
        if (!tail.IsPresent)
        {
            DiskLocation marker = where.At(offset + DirectoryTailView.DetReservedFt);
            Corrupt.Throw(
                CorruptionCode.DirectoryTailMissing,
                marker,
                bytes[offset + DirectoryTailView.DetReservedFt],
                DirectoryEntryView.ChecksumMarker);
        }

        uint due = DirectoryTailView.Compute(bytes, seed);
        if (tail.Checksum != due)
        {
            Corrupt.Throw(
                CorruptionCode.DirectoryChecksum, where.At(offset + DirectoryTailView.DetChecksum), tail.Checksum, due);
        }
    }
}

/// <summary>A borrowed block of directory entries.</summary>
internal readonly ref struct DirectoryBlockLease
{
    private readonly BlockLease _block;

    internal DirectoryBlockLease(BlockLease block, scoped in DiskLocation where, bool isSound)
    {
        _block = block;
        Where = where;
        IsSound = isSound;
    }

    /// <summary>Where the block lies.</summary>
    public DiskLocation Where { get; }

    /// <summary>Whether every entry was found free of damage; else each is examined as it is passed.</summary>
    public bool IsSound { get; }

    /// <summary>The whole block.</summary>
    public ReadOnlySpan<byte> Bytes => _block.Bytes;

    /// <summary>Gives the block back.</summary>
    public void Dispose() => _block.Dispose();
}
