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
