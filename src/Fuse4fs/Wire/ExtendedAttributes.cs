using Ext4Core;
using Ext4Core.Inodes;
using Ext4Core.Layout;

namespace Fuse4fs.Wire;

/// <summary>The answer to STATX.</summary>
/// <remarks><c>fuse_statx_out</c>, 288 bytes: a validity and <c>struct statx</c>.</remarks>
internal static class ExtendedAttributesReply
{
    public const int RequestSize = 24, Size = 288;
    private const int AttrValid = 0, Statx = 32;
    private const uint BasicStatistics = 0x7FF, BirthTime = 0x800;

    private const int Mask = Statx, Blksize = Statx + 4, AttributesAt = Statx + 8, Nlink = Statx + 16, Uid = Statx + 20, Gid = Statx + 24,
        Mode = Statx + 28, Ino = Statx + 32, SizeAt = Statx + 40, Blocks = Statx + 48, AttributesMask = Statx + 56, Atime = Statx + 64,
        Btime = Statx + 80, Ctime = Statx + 96, Mtime = Statx + 112, RdevMajor = Statx + 128, RdevMinor = Statx + 132;

    /// <summary>Flags of an inode that statx(2) tells, all at the same bits in both.</summary>
    private const InodeFlags Told = InodeFlags.Compressed | InodeFlags.Immutable | InodeFlags.AppendOnly | InodeFlags.NoDump
        | InodeFlags.Encrypted | InodeFlags.Verity;

    public static int Put(Span<byte> reply, in InodeStat stat)
    {
        reply = reply[..Size];
        reply.Clear();
        Host.PutU64(reply, AttrValid, Validity.Forever);
        Host.PutU32(reply, Mask, BasicStatistics | (stat.HasCreationTime ? BirthTime : 0));
        Host.PutU32(reply, Blksize, (uint)stat.BlockSize);
        Host.PutU64(reply, AttributesAt, (ulong)(stat.Flags & Told));
        Host.PutU64(reply, AttributesMask, (ulong)Told);
        Host.PutU32(reply, Nlink, stat.LinkCount);
        Host.PutU32(reply, Uid, stat.UserId);
        Host.PutU32(reply, Gid, stat.GroupId);
        Host.PutU16(reply, Mode, stat.Mode);
        Host.PutU64(reply, Ino, stat.Inode.Value);
        Host.PutU64(reply, SizeAt, (ulong)stat.Size);
        Host.PutU64(reply, Blocks, stat.Sectors);
        PutTime(reply, Atime, stat.AccessTime);
        PutTime(reply, Ctime, stat.ChangeTime);
        PutTime(reply, Mtime, stat.ModificationTime);
        if (stat.HasCreationTime)
        {
            PutTime(reply, Btime, stat.CreationTime);
        }

        Host.PutU32(reply, RdevMajor, stat.DeviceMajor);
        Host.PutU32(reply, RdevMinor, stat.DeviceMinor);
        return Size;
    }

    private static void PutTime(Span<byte> reply, int at, Timestamp time)
    {
        Host.PutU64(reply, at, (ulong)time.Seconds);
        Host.PutU32(reply, at + 8, time.Nanoseconds);
    }
}
