using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>GETXATTR and LISTXATTR.</summary>
internal static class Xattrs
{
    /// <summary>The largest value and the longest list that Linux knows.</summary>
    private const int MostBytes = 1 << 16;

    private static ReadOnlySpan<byte> AccessControlListPrefix => "system.posix_acl_"u8;

    /// <summary>One walk through the inode's attributes.</summary>
    public static Answer Get(Serving serving, in Request request, Span<byte> reply)
    {
        if (!XattrRequest.TryParseGet(request.Body, out XattrRequest get))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        if (!serving.Served.ShowsAccessControlLists && get.Name.StartsWith(AccessControlListPrefix))
        {
            return Answer.Refuse(Errno.NotSupported);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        Span<byte> value = reply[..(int)Math.Min(get.Capacity, MostBytes)];
        error = serving.Volume.GetAttribute(serving.Workspace, inode, get.Name, value, out int length);
        return error == FsError.None ? Tell(reply, get.Capacity, length) : Answer.Refuse(error);
    }

    /// <summary>One walk through the inode's attributes. Root alone learns of "trusted." ones: nothing tells us who else has
    /// the capability.</summary>
    public static Answer List(Serving serving, in Request request, Span<byte> reply)
    {
        if (!XattrRequest.TryParseList(request.Body, out XattrRequest list))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        Span<byte> names = reply[..MostBytes];
        error = serving.Volume.ListAttributes(serving.Workspace, inode, isPrivileged: request.UserId == 0, names, out int length);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        if (!serving.Served.ShowsAccessControlLists)
        {
            length = DropAccessControlLists(names[..length]);
        }

        return Tell(reply, list.Capacity, length);
    }

    /// <summary>What was found stands in the reply already, unless the caller wants its length alone.</summary>
    private static Answer Tell(Span<byte> reply, uint capacity, int length)
    {
        if (capacity == 0)
        {
            return Answer.Body(XattrLength.Put(reply, (uint)length));
        }

        return length > capacity ? Answer.Refuse(Errno.Range) : Answer.Body(length);
    }

    /// <summary>Moves the other names to the front and gives their length.</summary>
    private static int DropAccessControlLists(Span<byte> names)
    {
        int kept = 0;
        for (int at = 0; at < names.Length;)
        {
            Span<byte> rest = names[at..];
            Span<byte> name = rest[..(rest.IndexOf((byte)0) + 1)];
            if (!name.StartsWith(AccessControlListPrefix))
            {
                name.CopyTo(names[kept..]);
                kept += name.Length;
            }

            at += name.Length;
        }

        return kept;
    }
}
