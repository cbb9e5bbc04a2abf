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
internal sealed partial class DirectoryReader(VolumeGeometry geometry, DirectoryBlocks blocks, InlineData inlineData)
{
    private readonly Htree _htree = new(geometry, blocks);

    /// <summary>Finds the inode that a name stands for.</summary>
    /// <remarks>Through an index: one block visit, and the map's, for each level and for the leaf. A linear search visits
    /// each block of the directory once, and holes by whole runs.</remarks>
    /// <returns>None, NotFound, NotDirectory, NameTooLong; Invalid for a name that is not UTF-8 where only such are
    /// allowed.</returns>
    public FsError Lookup(
        Workspace workspace, in Inode directory, ReadOnlySpan<byte> name, out InodeNumber child, out FileType type)
    {
        DirectoryFinding finding = default;
        FsError error = FsError.NotDirectory;
        if (directory.Type == FileType.Directory)
        {
            error = name.Length > DirectoryEntryView.MaximumNameLength
                ? FsError.NameTooLong
                : FindByName(workspace, directory, name, out finding);
        }

        child = finding.Child;
        type = finding.Type;
        return error;
    }

    private FsError FindByName(
        Workspace workspace, in Inode directory, ReadOnlySpan<byte> name, out DirectoryFinding finding)
    {
        DirectoryName plain = new(name);
        if (directory.Is(InodeFlags.Encrypted) && !plain.IsDots)
        {
            return FindNoKeyName(workspace, directory, name, out finding);
        }

        return directory.Is(InodeFlags.CaseFold) && !directory.Is(InodeFlags.Encrypted)
            ? FindFolded(workspace, directory, name, out finding)
            : Find(workspace, directory, plain, out finding);
    }

    private FsError FindFolded(
        Workspace workspace, in Inode directory, ReadOnlySpan<byte> name, out DirectoryFinding finding)
    {
        finding = default;
        Span<byte> buffer = stackalloc byte[CaseFolding.MaximumLength];
        int length = CaseFolding.Fold(name, buffer);
        if (length != CaseFolding.Opaque)
        {
            return Find(workspace, directory, new(name, buffer[..length]), out finding);
        }

        return geometry.EncodingIsStrict
            ? FsError.Invalid
            : Find(workspace, directory, new(name), out finding);
    }

    private FsError FindNoKeyName(
        Workspace workspace, in Inode directory, ReadOnlySpan<byte> name, out DirectoryFinding finding)
    {
        finding = default;
        Span<byte> buffer = stackalloc byte[NoKeyName.MaximumSize];
        return NoKeyName.TryDecode(name, buffer, out NoKeyName decoded)
            ? Find(workspace, directory, new(decoded, blocks.ShapeOf(directory).HasHashes), out finding)
            : FsError.NotFound;
    }

    private FsError Find(
        Workspace workspace, in Inode directory, scoped in DirectoryName name, out DirectoryFinding finding)
    {
        bool isFound = directory.HasInlineData
            ? FindInInode(workspace, directory, name, out finding)
            : FindInBlocks(workspace, directory, name, out finding);
        return isFound ? FsError.None : FsError.NotFound;
    }

    /// <summary>Searches the two areas inside the inode; '.' and '..' are not stored as entries there.</summary>
    private bool FindInInode(
        Workspace workspace, in Inode directory, scoped in DirectoryName name, out DirectoryFinding finding)
    {
        using InlineDataLease data = inlineData.Borrow(workspace, directory);
        InlineDirectoryView inline = new(data);
        if (name.IsDots)
        {
            InodeNumber child = name.Bytes.Length == 1
                ? directory.Number
                : geometry.AdmitInode(inline.Parent, inline.ParentWhere);
            finding = new(child, FileType.Directory);
            return true;
        }

        DirectoryShape shape = blocks.ShapeOf(directory);
        return FindInArea(inline.Head, inline.HeadWhere, false, directory, shape, name, out finding)
            || FindInArea(inline.Tail, inline.TailWhere, false, directory, shape, name, out finding);
    }

    /// <summary>Asks the index first, if there is one and it is fit for use; else every block.</summary>
    private bool FindInBlocks(
        Workspace workspace, in Inode directory, scoped in DirectoryName name, out DirectoryFinding finding)
    {
        DirectoryShape shape = blocks.ShapeOf(directory);
        bool isIndexed = blocks.IsIndexed(directory) && !name.IsDots;
        if (isIndexed && _htree.Descend(workspace, directory, name, out HtreePath path).IsNone)
        {
            bool isFound = FindInLeaves(workspace, directory, shape, name, ref path, out finding);
            if (isFound || !NeedsFallback(directory))
            {
                return isFound;
            }
        }

        return FindLinear(workspace, directory, shape, name, out finding);
    }

    /// <summary>Whether names may lie elsewhere than their hash says: some were folded by other rules once.</summary>
    private bool NeedsFallback(in Inode directory) =>
        directory.Is(InodeFlags.CaseFold) && !geometry.EncodingHasNoFallback;

    private bool FindInLeaves(
        Workspace workspace,
        in Inode directory,
        in DirectoryShape shape,
        scoped in DirectoryName name,
        ref HtreePath path,
        out DirectoryFinding finding)
    {
        uint left = blocks.CountOf(directory);
        do
        {
            if (left == 0)
            {
                Corrupt.Throw(CorruptionCode.HtreeCycle, path.Pointer, path.Target.Value, blocks.CountOf(directory));
            }

            left--;
            using DirectoryBlockLease leaf = blocks.BorrowLeaf(workspace, directory, shape, path.Target, path.Pointer);
            if (FindInArea(leaf.Bytes, leaf.Where, leaf.IsSound, directory, shape, name, out finding))
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
                if (FindInArea(lease.Bytes, lease.Where, lease.IsSound, directory, shape, name, out finding))
                {
                    return true;
                }
            }

            index += run.Count;
        }

        finding = default;
        return false;
    }

    private bool FindInArea(
        ReadOnlySpan<byte> area,
        in DiskLocation where,
        bool isSound,
        in Inode directory,
        in DirectoryShape shape,
        scoped in DirectoryName name,
        out DirectoryFinding finding)
    {
        int offset = DirectoryArea.Find(area, isSound, shape, name, where);
        if (offset < 0)
        {
            finding = default;
            return false;
        }

        DirectoryEntryView entry = new(area, offset);
        finding = new(AdmitChild(entry, directory, name, where.At(offset)), TypeOf(entry.Type));
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
                CorruptionCode.DirectoryEntryOfSystemInode,
                where.At(DirectoryEntryView.DeInode),
                child.Value,
                geometry.FirstInode);
        }

        if (child == directory.Number && !name.IsDots)
        {
            Corrupt.Throw(CorruptionCode.DirectoryEntryLoop, where.At(DirectoryEntryView.DeInode), child.Value, 0);
        }

        return child;
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

/// <summary>What a name stands for.</summary>
internal readonly record struct DirectoryFinding(InodeNumber Child, FileType Type);
