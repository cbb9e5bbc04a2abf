using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>Looks names up in directories, and lists them.</summary>
/// <remarks>What counts as damage, and what still answers behind it, follows the Linux 6.18 driver.</remarks>
internal sealed class DirectoryReader(VolumeGeometry geometry, DirectoryBlocks blocks)
{
    private readonly Htree _htree = new(geometry, blocks);

    /// <summary>Finds the inode that a name stands for.</summary>
    /// <remarks>A linear search visits each block of the directory once, and holes by whole runs.</remarks>
    /// <returns>None, NotFound, NotDirectory or NameTooLong.</returns>
    public FsError Lookup(
        Workspace workspace, in Inode directory, ReadOnlySpan<byte> name, out InodeNumber child, out FileType type)
    {
        child = default;
        type = FileType.Unknown;
        if (directory.Type != FileType.Directory)
        {
            return FsError.NotDirectory;
        }

        if (name.Length > DirectoryEntryView.MaximumNameLength)
        {
            return FsError.NameTooLong;
        }

        DirectoryName wanted = new(name);
        bool isFound = FindInBlocks(workspace, directory, wanted, out DirectoryFinding finding);
        child = finding.Child;
        type = finding.Type;
        return isFound ? FsError.None : FsError.NotFound;
    }

    /// <summary>Gives the entries from <paramref name="cookie"/> on, block by block, '.' and '..' included.</summary>
    /// <remarks>Returns when the sink is full, at the end, and also in front of damage if it has given anything: the next
    /// call, with the last entry's cookie, then raises the damage. So a caller asks until a call adds nothing.</remarks>
    /// <param name="workspace">The worker's.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="cookie">0, or what the last entry said.</param>
    /// <param name="sink">Takes the entries.</param>
    /// <returns>None or NotDirectory.</returns>
    public FsError List<TSink>(Workspace workspace, in Inode directory, ulong cookie, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        if (directory.Type != FileType.Directory)
        {
            return FsError.NotDirectory;
        }

        DirectoryListing listing = new(directory, blocks.ShapeOf(directory), cookie);
        try
        {
            ListBlocks(workspace, directory, ref listing, ref sink);
        }
        catch (CorruptionException) when (listing.HasAdded)
        {
            // The entries so far are good; the damage waits at the next call's cookie.
        }

        return FsError.None;
    }

    /// <summary>Asks the index first, if there is one and it is fit for use; else every block.</summary>
    private bool FindInBlocks(
        Workspace workspace, in Inode directory, scoped in DirectoryName name, out DirectoryFinding finding)
    {
        DirectoryShape shape = blocks.ShapeOf(directory);
        bool isIndexed = blocks.IsIndexed(directory) && !name.IsDots;
        if (isIndexed && _htree.Descend(workspace, directory, name, out HtreePath path).IsNone)
        {
            return FindInLeaves(workspace, directory, shape, name, ref path, out finding);
        }

        return FindLinear(workspace, directory, shape, name, out finding);
    }

    private bool FindInLeaves(
        Workspace workspace,
        in Inode directory,
        in DirectoryShape shape,
        scoped in DirectoryName name,
        ref HtreePath path,
        out DirectoryFinding finding)
    {
        do
        {
            using DirectoryBlockLease leaf = blocks.BorrowLeaf(workspace, directory, shape, path.Target, path.Pointer);
            if (FindInBlock(leaf, directory, shape, name, out finding))
            {
                return true;
            }
        }
        while (_htree.MoveNext(workspace, directory, ref path));

        return false;
    }

    private bool FindLinear(
        Workspace workspace,
        in Inode directory,
        in DirectoryShape shape,
        scoped in DirectoryName name,
        out DirectoryFinding finding)
    {
        uint count = blocks.CountOf(directory);
        if (name.IsDots)
        {
            count = Math.Min(count, 1);
        }

        uint index = 0;
        while (index < count)
        {
            MappedRun run = blocks.Resolve(workspace, directory, index, count - index);
            for (uint step = 0; step < run.Count && run.Kind != RunKind.Hole; step++)
            {
                BlockNumber block = new(run.First.Value + step);
                using DirectoryBlockLease lease = blocks.Borrow(workspace, directory, shape, index + step, block);
                if (FindInBlock(lease, directory, shape, name, out finding))
                {
                    return true;
                }
            }

            index += run.Count;
        }

        finding = default;
        return false;
    }

    private bool FindInBlock(
        scoped in DirectoryBlockLease block,
        in Inode directory,
        in DirectoryShape shape,
        scoped in DirectoryName name,
        out DirectoryFinding finding)
    {
        int offset = DirectoryArea.Find(block.Bytes, block.IsSound, shape, name, block.Where);
        if (offset < 0)
        {
            finding = default;
            return false;
        }

        DirectoryEntryView entry = new(block.Bytes, offset);
        finding = new(AdmitChild(entry, directory, name, block.Where.At(offset)), TypeOf(entry.Type));
        return true;
    }

    /// <summary>Admits the inode of a found entry: the root or an ordinary one, and not the directory itself.</summary>
    private InodeNumber AdmitChild(
        DirectoryEntryView entry, in Inode directory, scoped in DirectoryName name, in DiskLocation where)
    {
        InodeNumber child = geometry.AdmitInode(entry.Inode, where.At(DirectoryEntryView.DeInode));
        if (child.Value < geometry.FirstInode && child != InodeNumber.Root)
        {
            Corrupt.Throw(
                CorruptionCode.DirectoryEntryOfSystemInode, where.At(DirectoryEntryView.DeInode), child.Value, geometry.FirstInode);
        }

        if (child == directory.Number && !name.IsDots)
        {
            Corrupt.Throw(CorruptionCode.DirectoryEntryLoop, where.At(DirectoryEntryView.DeInode), child.Value, 0);
        }

        return child;
    }

    private void ListBlocks<TSink>(
        Workspace workspace, in Inode directory, ref DirectoryListing listing, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        uint count = (uint)Math.Min((directory.Size + (ulong)geometry.BlockSize - 1) >> geometry.BlockBits, uint.MaxValue);
        ulong first = listing.Cookie >> geometry.BlockBits;
        if (first >= count)
        {
            return;
        }

        uint index = (uint)first;
        while (index < count)
        {
            MappedRun run = blocks.Resolve(workspace, directory, index, count - index);
            for (uint step = 0; step < run.Count && run.Kind != RunKind.Hole; step++)
            {
                BlockNumber block = new(run.First.Value + step);
                using DirectoryBlockLease lease = blocks.Borrow(workspace, directory, listing.Shape, index + step, block);
                if (!ListBlock(lease, (ulong)(index + step) << geometry.BlockBits, ref listing, ref sink))
                {
                    return;
                }
            }

            index += run.Count;
        }
    }

    /// <summary>Gives the entries of one block that lie at or behind the cookie and within the directory's size.</summary>
    private bool ListBlock<TSink>(
        scoped DirectoryBlockLease block, ulong start, ref DirectoryListing listing, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        ReadOnlySpan<byte> area = block.Bytes;
        int offset = 0;
        while (offset < area.Length && start + (ulong)offset < listing.End)
        {
            if (!block.IsSound)
            {
                DirectoryEntryView.Examine(area, offset, listing.Shape, block.Where).ThrowIfAny();
            }

            DirectoryEntryView entry = new(area, offset);
            int next = offset + entry.SizeIn(listing.Shape.Size);
            if (entry.IsUsed && start + (ulong)offset >= listing.Cookie
                && !Give(entry, start + (ulong)next, block.Where.At(offset), ref listing, ref sink))
            {
                return false;
            }

            offset = next;
        }

        return true;
    }

    private bool Give<TSink>(
        scoped DirectoryEntryView entry, ulong nextCookie, in DiskLocation where, ref DirectoryListing listing, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        ReadOnlySpan<byte> name = entry.Name;
        if (name.IsEmpty || name.Contains((byte)'/'))
        {
            Corrupt.Throw(
                CorruptionCode.DirectoryNameForbidden,
                where.At(DirectoryEntryView.DeNameLen),
                (uint)name.Length,
                DirectoryEntryView.MaximumNameLength);
        }

        InodeNumber inode = geometry.AdmitInode(entry.Inode, where.At(DirectoryEntryView.DeInode));
        bool isTaken = sink.Add(new(name, inode, TypeOf(entry.Type), nextCookie));
        listing.HasAdded |= isTaken;
        return isTaken;
    }

    private FileType TypeOf(DirectoryEntryType type) => geometry.Has(IncompatibleFeatures.FileType)
        ? type switch
        {
            DirectoryEntryType.Regular => FileType.Regular,
            DirectoryEntryType.Directory => FileType.Directory,
            DirectoryEntryType.CharacterDevice => FileType.CharacterDevice,
            DirectoryEntryType.BlockDevice => FileType.BlockDevice,
            DirectoryEntryType.Fifo => FileType.Fifo,
            DirectoryEntryType.Socket => FileType.Socket,
            DirectoryEntryType.SymbolicLink => FileType.SymbolicLink,
            _ => FileType.Unknown,
        }
        : FileType.Unknown;
}

/// <summary>One call of a listing: where it starts and ends, and whether it has given anything.</summary>
internal struct DirectoryListing(in Inode directory, in DirectoryShape shape, ulong cookie)
{
    public readonly DirectoryShape Shape = shape;
    public readonly ulong Cookie = cookie;
    public readonly ulong End = directory.Size;
    public bool HasAdded;
}

/// <summary>What a name stands for.</summary>
internal readonly record struct DirectoryFinding(InodeNumber Child, FileType Type);
