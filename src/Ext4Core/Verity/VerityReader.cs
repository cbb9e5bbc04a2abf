using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Verity;

/// <summary>Holds the contents of fs-verity files against their Merkle trees.</summary>
/// <remarks>The tree and its descriptor lie behind the file's data, in the file's own blocks. Source: Linux,
/// Documentation/filesystems/ext4/verity.rst. Signatures are left to whoever trusts a key.</remarks>
internal sealed class VerityReader(VolumeGeometry geometry, BlockCache cache, BlockMapper mapper, ExtentTree extents)
{
    private const int SizeFieldSize = sizeof(uint);

    /// <summary>Finds and admits a file's descriptor. At most fourteen block visits.</summary>
    public void Open(Workspace workspace, in Inode inode, out VerityTree tree)
    {
        DiskLocation where = new(StructureKind.VerityDescriptor, inode.TableBlock, inode.TableOffset, inode.Number.Value);
        if (!inode.Is(InodeFlags.Extents))
        {
            Corrupt.Throw(
                CorruptionCode.VerityWithoutExtents, where.At(InodeView.IFlags), (ulong)inode.Flags, (ulong)InodeFlags.Extents);
        }

        long sizeAt = ((long)extents.FindEnd(workspace, inode) << geometry.BlockBits) - SizeFieldSize;
        uint size = sizeAt < 0 || (ulong)sizeAt < inode.Size ? 0 : ReadSize(workspace, inode, sizeAt, where);
        long descriptorAt = (sizeAt - size) & -(long)geometry.BlockSize;
        BlockNumber block = size != 0 && size < sizeAt && descriptorAt >= VerityTree.StartOf(inode.Size)
            ? Resolve(workspace, inode, descriptorAt, where)
            : BlockNumber.None;
        if (block == BlockNumber.None)
        {
            Corrupt.Throw(CorruptionCode.VerityDescriptorOutOfRange, where, (ulong)Math.Max(0, sizeAt), inode.Size);
        }

        where = new(StructureKind.VerityDescriptor, block.Value, 0, inode.Number.Value);
        using BlockLease lease = cache.Read(workspace, block, where);
        VerityDescriptorView descriptor = VerityDescriptorView.Parse(lease.Bytes, size, inode.Size, where);
        VerityTree.Build(descriptor, inode.Size, geometry.BlockBits, where, out tree);
    }

    /// <summary>Whether data is what the tree says: whole blocks of the tree's size, padded with zeros past the file's end.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="inode">The file.</param>
    /// <param name="tree">Its tree.</param>
    /// <param name="blockIndex">The first data block, in blocks of the tree's size.</param>
    /// <param name="data">The data.</param>
    public bool Verify(
        Workspace workspace, in Inode inode, in VerityTree tree, long blockIndex, ReadOnlySpan<byte> data)
    {
        if (tree.LevelCount == 0)
        {
            return tree.Hasher.Matches(data, tree.Root);
        }

        while (!data.IsEmpty)
        {
            if (!TryBorrow(workspace, inode, tree, 0, blockIndex >> tree.ArityBits, out BlockLease lease, out int offset))
            {
                return false;
            }

            using (lease)
            {
                ReadOnlySpan<byte> hashes = lease.Bytes.Slice(offset, tree.BlockSize);
                int hashIndex = (int)(blockIndex & ((1L << tree.ArityBits) - 1));
                for (; hashIndex < 1 << tree.ArityBits && !data.IsEmpty; hashIndex++, blockIndex++)
                {
                    if (!tree.Hasher.Matches(data[..tree.BlockSize], hashes.Slice(hashIndex * tree.DigestSize, tree.DigestSize)))
                    {
                        return false;
                    }

                    data = data[tree.BlockSize..];
                }
            }
        }

        return true;
    }

    /// <summary>Borrows a verified hash block; recursion ends at the root, at most eight levels up.</summary>
    /// <remarks>A hash block as large as the volume's blocks is hashed once per stay in the cache, and remembered by the start
    /// of its digest: an image may map several files, or several places of a tree, to one block. Smaller ones are hashed each
    /// time.</remarks>
    private bool TryBorrow(
        Workspace workspace, in Inode inode, in VerityTree tree, int level, long blockIndex, out BlockLease lease, out int offset)
    {
        long position = tree.PositionOf(level, blockIndex);
        offset = (int)(position & (geometry.BlockSize - 1));
        DiskLocation inodeWhere = new(StructureKind.VerityTree, inode.TableBlock, inode.TableOffset, inode.Number.Value);
        BlockNumber block = Resolve(workspace, inode, position, inodeWhere);
        if (block == BlockNumber.None)
        {
            lease = default;
            return false;
        }

        lease = cache.Read(workspace, block, new(StructureKind.VerityTree, block.Value, offset, inode.Number.Value));
        bool isVerified = false;
        try
        {
            isVerified = VerifyHashBlock(workspace, inode, tree, level, blockIndex, lease, offset);
            return isVerified;
        }
        finally
        {
            if (!isVerified)
            {
                lease.Dispose();
            }
        }
    }

    private bool VerifyHashBlock(
        Workspace workspace, in Inode inode, in VerityTree tree, int level, long blockIndex, in BlockLease lease, int offset)
    {
        if (level == tree.LevelCount - 1)
        {
            return Matches(tree, lease, offset, tree.Root);
        }

        if (!TryBorrow(workspace, inode, tree, level + 1, blockIndex >> tree.ArityBits, out BlockLease above, out int at))
        {
            return false;
        }

        using (above)
        {
            int hashIndex = (int)(blockIndex & ((1L << tree.ArityBits) - 1));
            return Matches(tree, lease, offset, above.Bytes.Slice(at + (hashIndex * tree.DigestSize), tree.DigestSize));
        }
    }

    /// <summary>Whether a hash block has the digest that the level above says.</summary>
    private bool Matches(in VerityTree tree, in BlockLease lease, int offset, ReadOnlySpan<byte> digest)
    {
        ulong key = Le.U64(digest, 0);
        bool isWhole = tree.BlockSize == geometry.BlockSize;
        if (isWhole && lease.IsVerified(key))
        {
            return true;
        }

        bool matches = tree.Hasher.Matches(lease.Bytes.Slice(offset, tree.BlockSize), digest);
        if (matches && isWhole)
        {
            lease.MarkVerified(key);
        }

        return matches;
    }

    /// <summary>The size of descriptor and signature: the last four bytes of the file's last block.</summary>
    private uint ReadSize(Workspace workspace, in Inode inode, long position, in DiskLocation where)
    {
        BlockNumber block = Resolve(workspace, inode, position, where);
        if (block == BlockNumber.None)
        {
            return 0;
        }

        using BlockLease lease = cache.Read(workspace, block, where with { Block = block.Value, Offset = 0 });
        return Le.U32(lease.Bytes, geometry.BlockSize - SizeFieldSize);
    }

    /// <summary>The block that holds a byte of the file; none for one that was never written.</summary>
    private BlockNumber Resolve(Workspace workspace, in Inode inode, long position, in DiskLocation where)
    {
        long fileBlock = position >> geometry.BlockBits;
        if (fileBlock > uint.MaxValue)
        {
            Corrupt.Throw(CorruptionCode.VerityDescriptorOutOfRange, where, (ulong)fileBlock, uint.MaxValue);
        }

        MappedRun run = mapper.Resolve(workspace, inode, new FileBlock((uint)fileBlock), 1);
        return run.Kind == RunKind.Written ? run.First : BlockNumber.None;
    }
}
