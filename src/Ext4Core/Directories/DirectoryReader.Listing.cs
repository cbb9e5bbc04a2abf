using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>The listing of directories.</summary>
internal sealed partial class DirectoryReader
{
    /// <summary>Gives the entries from <paramref name="cookie"/> on, block by block, '.' and '..' included.</summary>
    /// <remarks>Visits each block from the cookie on once, and holes by whole runs; in a directory with an index a hole is
    /// damage, as in the kernel, which lists along the index. Returns when the sink is full, at the
    /// end, and also in front of damage if it has given anything: the next call, with the last entry's cookie, then raises
    /// the damage. So a caller asks until a call adds nothing.</remarks>
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

        DirectoryListing listing = new(blocks.ShapeOf(directory), cookie);
        try
        {
            if (directory.HasInlineData)
            {
                ListInode(workspace, directory, ref listing, ref sink);
            }
            else
            {
                ListBlocks(workspace, directory, ref listing, ref sink);
            }
        }
        catch (CorruptionException) when (listing.HasAdded)
        {
            // The entries so far are good; the damage waits at the next call's cookie.
        }

        return FsError.None;
    }

    private void ListBlocks<TSink>(Workspace workspace, in Inode directory, ref DirectoryListing listing, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        uint count = (uint)Math.Min((directory.Size + (ulong)geometry.BlockSize - 1) >> geometry.BlockBits, uint.MaxValue);
        ulong first = listing.Cookie >> geometry.BlockBits;
        if (first >= count)
        {
            return;
        }

        PrepareNames(workspace, directory, ref listing);
        listing.End = directory.Size;
        uint index = (uint)first;
        while (index < count)
        {
            MappedRun run = blocks.Resolve(workspace, directory, index, count - index);
            if (run.Kind == RunKind.Hole && listing.IsIndexed)
            {
                DiskLocation where = new(StructureKind.Inode, directory.TableBlock, directory.TableOffset, directory.Number.Value);
                Corrupt.Throw(CorruptionCode.DirectoryHole, where.At(InodeView.IBlock), index, count);
            }

            for (uint step = 0; step < run.Count && run.Kind != RunKind.Hole; step++)
            {
                BlockNumber block = new(run.First.Value + step);
                using DirectoryBlockLease lease = blocks.Borrow(workspace, directory, listing.Shape, index + step, block);
                ulong position = (ulong)(index + step) << geometry.BlockBits;
                if (!ListArea(lease.Bytes, lease.Where, lease.IsSound, position, ref listing, ref sink))
                {
                    return;
                }
            }

            index += run.Count;
        }
    }

    /// <summary>Gives '.' and '..' and the entries inside the inode, at the positions that they would have in a block.</summary>
    private void ListInode<TSink>(Workspace workspace, in Inode directory, ref DirectoryListing listing, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        using InlineDataLease data = inlineData.Borrow(workspace, directory);
        InlineDirectoryView inline = new(data);
        listing.IsEncrypted = directory.Is(InodeFlags.Encrypted);
        if (listing.Cookie == 0)
        {
            DirectoryEntry self = new("."u8, directory.Number, FileType.Directory, InlineDirectoryView.DotDotPosition);
            if (!listing.Give(self, ref sink))
            {
                return;
            }
        }

        if (listing.Cookie <= InlineDirectoryView.DotDotPosition)
        {
            InodeNumber parent = geometry.AdmitInode(inline.Parent, inline.ParentWhere);
            if (!listing.Give(new(".."u8, parent, FileType.Directory, InlineDirectoryView.HeadPosition), ref sink))
            {
                return;
            }
        }

        _ = ListArea(inline.Head, inline.HeadWhere, false, InlineDirectoryView.HeadPosition, ref listing, ref sink)
            && ListArea(inline.Tail, inline.TailWhere, false, inline.TailPosition, ref listing, ref sink);
    }

    /// <summary>Gives the entries of one area that lie at or behind the cookie and in front of the directory's end.</summary>
    private bool ListArea<TSink>(
        scoped ReadOnlySpan<byte> area,
        in DiskLocation where,
        bool isSound,
        ulong position,
        ref DirectoryListing listing,
        ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        int offset = 0;
        while (offset < area.Length && position + (ulong)offset < listing.End)
        {
            if (!isSound)
            {
                DirectoryEntryView.Examine(area, offset, listing.Shape, where).ThrowIfAny();
            }

            DirectoryEntryView entry = new(area, offset);
            int next = offset + entry.SizeIn(listing.Shape.BlockSize);
            if (entry.IsUsed && position + (ulong)offset >= listing.Cookie
                && !ListEntry(entry, position + (ulong)next, where.At(offset), ref listing, ref sink))
            {
                return false;
            }

            offset = next;
        }

        return true;
    }

    private bool ListEntry<TSink>(
        scoped DirectoryEntryView entry, ulong nextCookie, in DiskLocation where, ref DirectoryListing listing, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        ReadOnlySpan<byte> name = entry.Name;
        InodeNumber inode = geometry.AdmitInode(entry.Inode, where.At(DirectoryEntryView.DeInode));
        if (listing.IsEncrypted && !new DirectoryName(name).IsDots)
        {
            Span<byte> text = stackalloc byte[NoKeyName.MaximumLength];
            CheckCiphertext(name, where);
            int length = NoKeyName.Encode(HashOf(entry, listing), name, text);
            return listing.Give(new(text[..length], inode, TypeOf(entry.Type), nextCookie), ref sink);
        }

        CheckName(name, where);
        return listing.Give(new(name, inode, TypeOf(entry.Type), nextCookie), ref sink);
    }

    private static void CheckName(ReadOnlySpan<byte> name, in DiskLocation where)
    {
        int slash = name.IndexOf((byte)'/');
        if (name.IsEmpty)
        {
            Corrupt.Throw(CorruptionCode.DirectoryNameForbidden, where.At(DirectoryEntryView.DeNameLen), 0, 1);
        }

        if (slash >= 0)
        {
            Corrupt.Throw(CorruptionCode.DirectoryNameForbidden, where.At(DirectoryEntryView.DeName + slash), '/', 0);
        }
    }

    private static void CheckCiphertext(ReadOnlySpan<byte> name, in DiskLocation where)
    {
        if (name.Length < NoKeyName.MinimumCiphertext)
        {
            Corrupt.Throw(
                CorruptionCode.DirectoryCiphertextTooShort,
                where.At(DirectoryEntryView.DeNameLen),
                (uint)name.Length,
                NoKeyName.MinimumCiphertext);
        }
    }

    /// <summary>Finds out what the names of a listing carry, and that the blocks it cannot do without are fine: the upper
    /// levels of an index, and the only block of a directory where volumes have indexes.</summary>
    private void PrepareNames(Workspace workspace, in Inode directory, ref DirectoryListing listing)
    {
        listing.IsEncrypted = directory.Is(InodeFlags.Encrypted);
        if (blocks.IsIndexed(directory))
        {
            using DirectoryBlockLease root = blocks.BorrowRoot(workspace, directory);
            HtreeRootView view = new(root.Bytes);
            bool isUsable = _htree.ExamineRoot(directory, view, root.Where).IsNone;
            listing.IsIndexed = isUsable;
            if (isUsable && listing.Cookie == 0 && view.IndirectLevels > 0)
            {
                CheckNodes(workspace, directory, view.Entries, root.Where);
            }

            listing.ComputesHashes = isUsable
                && DirectoryHash.TryResolve(view.HashVersion, geometry.HashesUnsigned, out listing.Version);
        }
        else if (geometry.Has(CompatibleFeatures.DirectoryIndex) && blocks.CountOf(directory) == 1)
        {
            blocks.LocateFirst(workspace, directory);
            listing.ComputesHashes = DirectoryHash.TryResolve(
                (HashVersion)geometry.DefaultHashVersion, geometry.HashesUnsigned, out listing.Version);
        }
    }

    /// <summary>Checks the nodes right below the root, at most as many as a block has room for: names whose index is
    /// damaged could be listed, but not looked up.</summary>
    private void CheckNodes(Workspace workspace, in Inode directory, HtreeEntriesView entries, in DiskLocation where)
    {
        for (int index = 0; index < entries.Count; index++)
        {
            DiskLocation pointer = where.At(entries.OffsetOf(index) + HtreeEntriesView.DxBlock);
            using DirectoryBlockLease node = blocks.BorrowNode(workspace, directory, entries.BlockOf(index), pointer);
        }
    }

    /// <summary>The hash that an encrypted name carries: the stored one, that of the ciphertext, or none.</summary>
    private NameHash HashOf(DirectoryEntryView entry, in DirectoryListing listing)
    {
        if (listing.Shape.HasHashes)
        {
            return new(entry.Hash, entry.MinorHash);
        }

        return listing.ComputesHashes ? DirectoryHash.Compute(listing.Version, geometry.HashSeed, entry.Name) : default;
    }
}

/// <summary>One call of a listing: where it starts and ends, how names are shown, and whether it has given anything.</summary>
internal struct DirectoryListing(in DirectoryShape shape, ulong cookie)
{
    public readonly DirectoryShape Shape = shape;
    public readonly ulong Cookie = cookie;
    public ulong End = ulong.MaxValue;
    public bool IsEncrypted;
    public bool ComputesHashes;

    /// <summary>A usable index leads to every block: none may be a hole.</summary>
    public bool IsIndexed;
    public HashVersion Version;
    public bool HasAdded;

    /// <summary>Offers one entry to the sink.</summary>
    public bool Give<TSink>(scoped DirectoryEntry entry, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        bool isTaken = sink.Add(entry);
        HasAdded |= isTaken;
        return isTaken;
    }
}
