using Ext4Core.Cache;
using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>Operations on attributes.</summary>
public sealed partial class Volume
{
    /// <summary>Reads one attribute, access control lists in the form of Linux's <c>system.posix_acl_*</c>.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="number">The inode.</param>
    /// <param name="name">The name with its namespace, as in "user.comment".</param>
    /// <param name="value">Where the value goes; empty to learn its length alone.</param>
    /// <param name="length">Bytes in the value.</param>
    /// <returns><see cref="FsError.NoData"/>: no such attribute. <see cref="FsError.NotSupported"/>: no such namespace.
    /// <see cref="FsError.Range"/>: the value is longer than the buffer.</returns>
    public FsError GetAttribute(
        Workspace workspace, InodeNumber number, ReadOnlySpan<byte> name, Span<byte> value, out int length)
    {
        Load(workspace, number, out Inode inode);
        return _stack.Attributes.Get(workspace, inode, name, value, out length);
    }

    /// <summary>Lists the names of an inode's attributes, each with a zero byte behind it.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="number">The inode.</param>
    /// <param name="isPrivileged">Whether the caller may know of "trusted." attributes: on Linux, with CAP_SYS_ADMIN.</param>
    /// <param name="names">Where the names go; empty to learn their length alone.</param>
    /// <param name="length">Bytes in all names.</param>
    /// <returns><see cref="FsError.Range"/>: the names are longer than the buffer.</returns>
    public FsError ListAttributes(
        Workspace workspace, InodeNumber number, bool isPrivileged, Span<byte> names, out int length)
    {
        Load(workspace, number, out Inode inode);
        return _stack.Attributes.List(workspace, inode, isPrivileged, names, out length);
    }
}
