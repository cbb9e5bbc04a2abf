using Ext4Core;
using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>IOCTL: the questions that ext4 answers. The kernel passes on as many bytes as a command's number says,
/// which is why EXT4_IOC_GETFSUUID, whose answer is longer than its number says, cannot be served.</summary>
internal static class Controls
{
    private const uint GetFlags = 0x8008_6601, GetFlags32 = 0x8004_6601, SetFlags = 0x4008_6602, SetFlags32 = 0x4004_6602;
    private const uint GetVersion = 0x8008_7601, GetVersion32 = 0x8004_7601, GetVersionOfExt4 = 0x8008_6603, GetVersionOfExt4On32 = 0x8004_6603;
    private const uint SetVersion = 0x4008_7602, SetVersionOfExt4 = 0x4008_6604;
    private const uint GetExtendedFlags = 0x801C_581F, SetExtendedFlags = 0x401C_5820;
    private const uint GetUuid = 0x8011_1500;
    private const uint GetLabel = 0x8100_9431, SetLabel = 0x4100_9432;

    /// <summary>Flags that ext4 shows to users.</summary>
    private const InodeFlags Visible = (InodeFlags)0x725B_DFFF;

    public static Answer Answer(Serving serving, in Request request, Span<byte> reply)
    {
        if (!ControlRequest.TryParse(request.Body, out ControlRequest control))
        {
            return Dispatch.Answer.Refuse(Errno.Invalid);
        }

        FsError error = serving.Admit(request, out InodeNumber inode);
        if (error == FsError.None)
        {
            error = serving.Volume.Stat(serving.Workspace, inode, out InodeStat stat);
            if (error == FsError.None)
            {
                return Answer(serving.Volume, stat, control, reply);
            }
        }

        return Dispatch.Answer.Refuse(error);
    }

    private static Answer Answer(Volume volume, in InodeStat stat, in ControlRequest control, Span<byte> reply)
    {
        Span<byte> result = reply[ControlRequest.ReplySize..];
        int length;
        switch (control.Command)
        {
            case GetFlags or GetFlags32:
                length = PutNumber(result, (uint)VisibleFlags(stat));
                break;
            case GetVersion or GetVersion32 or GetVersionOfExt4 or GetVersionOfExt4On32:
                length = PutNumber(result, stat.Generation);
                break;
            case GetExtendedFlags:
                length = PutExtendedFlags(result, stat);
                break;
            case GetUuid:
                length = PutUuid(result, volume.Geometry.Uuid);
                break;
            case GetLabel:
                length = PutLabel(result, volume.Geometry.Label);
                break;
            case SetFlags or SetFlags32 or SetVersion or SetVersionOfExt4 or SetExtendedFlags or SetLabel:
                return Dispatch.Answer.Refuse(Errno.ReadOnly);
            default:
                return Dispatch.Answer.Refuse(Errno.NotTerminal);
        }

        return length > control.ResultCapacity
            ? Dispatch.Answer.Refuse(Errno.Invalid)
            : Dispatch.Answer.Body(ControlRequest.PutReply(reply, length));
    }

    private static InodeFlags VisibleFlags(in InodeStat stat) =>
        stat.Flags & (stat.Type == FileType.Regular ? Visible & ~InodeFlags.ProjectInherit : Visible);

    private static int PutNumber(Span<byte> result, uint number)
    {
        Host.PutU32(result, 0, number);
        return sizeof(uint);
    }

    /// <summary><c>struct fsxattr</c>, 28 bytes: flags in a notation of their own, and the project.</summary>
    private static int PutExtendedFlags(Span<byte> result, in InodeStat stat)
    {
        const int size = 28, projectAt = 12;
        InodeFlags flags = VisibleFlags(stat);
        result[..size].Clear();
        Host.PutU32(
            result,
            0,
            Translate(flags, InodeFlags.Immutable, 0x8)
            | Translate(flags, InodeFlags.AppendOnly, 0x10)
            | Translate(flags, InodeFlags.Synchronous, 0x20)
            | Translate(flags, InodeFlags.NoAccessTime, 0x40)
            | Translate(flags, InodeFlags.NoDump, 0x80)
            | Translate(flags, InodeFlags.ProjectInherit, 0x200)
            | Translate(flags, InodeFlags.DirectAccess, 0x8000)
            | Translate(flags, InodeFlags.Verity, 0x2_0000));
        Host.PutU32(result, projectAt, stat.Project);
        return size;
    }

    private static uint Translate(InodeFlags flags, InodeFlags flag, uint bit) => flags.HasFlag(flag) ? bit : 0;

    /// <summary><c>struct fsuuid2</c>: a length and 16 bytes.</summary>
    private static int PutUuid(Span<byte> result, ReadOnlySpan<byte> uuid)
    {
        result[0] = (byte)uuid.Length;
        uuid.CopyTo(result[1..]);
        return 1 + uuid.Length;
    }

    /// <summary>The label and a NUL, as many bytes as ext4 gives.</summary>
    private static int PutLabel(Span<byte> result, ReadOnlySpan<byte> label)
    {
        const int longestLabel = 16;
        result[..(longestLabel + 1)].Clear();
        label.CopyTo(result);
        return longestLabel + 1;
    }
}
