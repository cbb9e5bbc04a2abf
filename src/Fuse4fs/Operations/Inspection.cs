using Ext4Core;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>GETATTR, STATX, ACCESS and STATFS: what is told without opening anything.</summary>
internal static class Inspection
{
    /// <summary>One inode.</summary>
    public static Answer GetAttributes(Serving serving, in Request request, Span<byte> reply)
    {
        FsError error = Stat(serving, request, out InodeStat stat);
        return error == FsError.None ? Answer.Body(AttributesReply.Put(reply, stat)) : Answer.Refuse(error);
    }

    /// <summary>One inode; the kernel asks when somebody wants the time of birth.</summary>
    public static Answer GetExtendedAttributes(Serving serving, in Request request, Span<byte> reply)
    {
        if (request.Body.Length != ExtendedAttributesReply.RequestSize)
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = Stat(serving, request, out InodeStat stat);
        return error == FsError.None ? Answer.Body(ExtendedAttributesReply.Put(reply, stat)) : Answer.Refuse(error);
    }

    /// <summary>Asked only where the kernel does not check permissions: everybody may do what root may do on a read-only volume.</summary>
    public static Answer Access(Serving serving, in Request request)
    {
        const int anyExecute = 0x49;
        if (!AccessRequest.TryParse(request.Body, out AccessRequest access))
        {
            return Answer.Refuse(Errno.Invalid);
        }

        FsError error = Stat(serving, request, out InodeStat stat);
        if (error != FsError.None)
        {
            return Answer.Refuse(error);
        }

        if ((access.Mask & AccessRequest.Write) != 0)
        {
            return Answer.Refuse(Errno.ReadOnly);
        }

        bool wantsToRun = (access.Mask & AccessRequest.Execute) != 0 && stat.Type == Ext4Core.Inodes.FileType.Regular;
        return wantsToRun && (stat.Mode & anyExecute) == 0 ? Answer.Refuse(Errno.AccessDenied) : Answer.Done;
    }

    /// <summary>Counted once, remembered after that.</summary>
    public static Answer Statistics(Serving serving, Span<byte> reply) =>
        Answer.Body(StatisticsReply.Put(reply, serving.Volume.Statistics(serving.Workspace)));

    private static FsError Stat(Serving serving, in Request request, out InodeStat stat)
    {
        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error != FsError.None)
        {
            stat = default;
            return error;
        }

        return serving.Volume.Stat(serving.Workspace, inode, out stat);
    }
}
