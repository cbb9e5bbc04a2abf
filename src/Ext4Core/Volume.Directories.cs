using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>Operations on directories.</summary>
public sealed partial class Volume
{
    /// <summary>Finds the inode that a name stands for in a directory.</summary>
    /// <returns>None, NotFound, NotDirectory, NameTooLong; Invalid for a name that is not UTF-8 where only such are allowed.</returns>
    public FsError Lookup(Workspace workspace, InodeNumber directory, ReadOnlySpan<byte> name, out InodeNumber child)
    {
        child = default;
        Load(workspace, directory, out Inode inode);
        FsError error = RefuseWithoutContext(workspace, inode);
        return error == FsError.None ? _stack.Directories.Lookup(workspace, inode, name, out child, out _) : error;
    }

    /// <summary>Lists a directory from <paramref name="cookie"/> on, '.' and '..' included.</summary>
    /// <remarks>Returns when the sink is full, at the end, and also in front of damage if it has given anything: the next
    /// call, with the last entry's cookie, then raises the damage. So ask until a call adds nothing.</remarks>
    /// <param name="workspace">The caller's.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="cookie">0, or <see cref="DirectoryEntry.NextCookie"/> of the last entry taken.</param>
    /// <param name="sink">Takes the entries.</param>
    /// <returns>None or NotDirectory; NoData for an encrypted directory without an encryption context.</returns>
    public FsError List<TSink>(Workspace workspace, InodeNumber directory, ulong cookie, ref TSink sink)
        where TSink : struct, IDirectorySink, allows ref struct
    {
        Load(workspace, directory, out Inode inode);
        FsError error = RefuseWithoutContext(workspace, inode);
        return error == FsError.None ? _stack.Directories.List(workspace, inode, cookie, ref sink) : error;
    }
}
