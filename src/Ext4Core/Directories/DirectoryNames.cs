using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>Looks names up and lists them as they stand after the fast commits, if there are any.</summary>
/// <remarks>Names that a fast commit added come behind all others in a listing.</remarks>
internal sealed class DirectoryNames(VolumeGeometry geometry, DirectoryReader reader, FastCommitOverlay? fastCommits)
{
    /// <summary>Cookies from here on count added names: no directory is large enough to reach it.</summary>
    private const ulong FirstAddedCookie = 1ul << 62;

    /// <inheritdoc cref="DirectoryReader.Lookup"/>
    public FsError Lookup(
        Workspace workspace, in Inode directory, ReadOnlySpan<byte> name, out InodeNumber child, out FileType type)
    {
        if (fastCommits?.NamesOf(directory.Number) is { } changes && changes.TryFind(name, out AddedName? added))
        {
            child = added?.Inode ?? default;
            type = added is null ? FileType.Unknown : TypeOf(added);
            return added is null ? FsError.NotFound : FsError.None;
        }

        return reader.Lookup(workspace, directory, name, out child, out type);
    }

    /// <inheritdoc cref="DirectoryReader.List{TSink}"/>
    public FsError List<TSink>(Workspace workspace, in Inode directory, ulong cookie, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct =>
        fastCommits?.NamesOf(directory.Number) is { } changes
            ? ListChanged(workspace, directory, changes, cookie, ref sink)
            : reader.List(workspace, directory, cookie, ref sink);

    private FsError ListChanged<TSink>(
        Workspace workspace, in Inode directory, NameChanges changes, ulong cookie, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        while (cookie < FirstAddedCookie)
        {
            UnchangedNames<TSink> unchanged = new(sink, changes) { NextCookie = FirstAddedCookie };
            FsError error = reader.List(workspace, directory, cookie, ref unchanged);
            sink = unchanged.Sink;
            if (error != FsError.None || unchanged.IsFull || unchanged.HasAdded)
            {
                return error;
            }

            cookie = unchanged.NextCookie;
        }

        ListAdded(changes, cookie - FirstAddedCookie, ref sink);
        return FsError.None;
    }

    private void ListAdded<TSink>(NameChanges changes, ulong first, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        for (ulong index = first; index < (ulong)changes.AddedCount; index++)
        {
            if (changes.Added((int)index) is { } added
                && !sink.Add(new(added.Name, added.Inode, TypeOf(added), FirstAddedCookie + index + 1)))
            {
                return;
            }
        }
    }

    private FileType TypeOf(AddedName added) =>
        geometry.Has(IncompatibleFeatures.FileType) ? (FileType)(added.Mode >> 12) : FileType.Unknown;

    /// <summary>Passes on the entries whose names no fast commit changed.</summary>
    private ref struct UnchangedNames<TSink>(TSink sink, NameChanges changes) : IDirectorySink
        where TSink : struct, IDirectorySink, allows ref struct
    {
        public TSink Sink = sink;
        public bool IsFull;
        public bool HasAdded;

        /// <summary>Behind the last entry that was not passed on.</summary>
        public ulong NextCookie;

        public bool Add(scoped DirectoryEntry entry)
        {
            if (changes.TryFind(entry.Name, out _))
            {
                NextCookie = entry.NextCookie;
                return true;
            }

            IsFull = !Sink.Add(entry);
            HasAdded |= !IsFull;
            return !IsFull;
        }
    }
}
