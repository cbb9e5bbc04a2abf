using Ext4Core;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>LOOKUP: from a name to a node.</summary>
internal static class Entries
{
    /// <summary>One walk through the directory and one inode. A name that does not exist is a success: the kernel remembers it.</summary>
    public static Answer Lookup(Serving serving, in Request request, Span<byte> reply)
    {
        if (!Names.TryParse(request.Body, out ReadOnlySpan<byte> name))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber directory);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        if (name.SequenceEqual("."u8))
        {
            return LookupHandle(serving, directory, reply);
        }

        error = serving.Volume.Lookup(serving.Workspace, directory, name, out InodeNumber child);
        if (error != FsError.None)
        {
            return error == FsError.NotFound ? Answer.Body(EntryReply.PutNegative(reply)) : Answer.Refuse(error);
        }

        error = serving.Volume.Stat(serving.Workspace, child, out InodeStat stat);
        return error == FsError.None ? Answer.Body(EntryReply.Put(reply, stat)) : Answer.Refuse(error);
    }

    /// <summary>A file handle that came back from an NFS client names the node itself, whatever it is, if it still is.</summary>
    private static Answer LookupHandle(Serving serving, InodeNumber inode, Span<byte> reply) =>
        Containment.TryStatHandle(serving.Volume, serving.Workspace, inode, out InodeStat stat)
            ? Answer.Body(EntryReply.Put(reply, stat))
            : Answer.Refuse(FsError.Stale);
}
