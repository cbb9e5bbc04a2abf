using Ext4Core;

namespace Fuse4fs.Wire;

/// <summary>What the kernel keeps of an inode.</summary>
/// <remarks><c>fuse_attr</c>, 88 bytes.</remarks>
internal static class Attributes
{
    public const int Size = 88;
    private const int Ino = 0, SizeAt = 8, Blocks = 16, Atime = 24, Mtime = 32, Ctime = 40, AtimeNsec = 48, MtimeNsec = 52,
        CtimeNsec = 56, Mode = 60, Nlink = 64, Uid = 68, Gid = 72, Rdev = 76, Blksize = 80, Flags = 84;

    public static void Put(Span<byte> reply, in InodeStat stat)
    {
        reply = reply[..Size];
        Host.PutU64(reply, Ino, stat.Inode.Value);
        Host.PutU64(reply, SizeAt, (ulong)stat.Size);
        Host.PutU64(reply, Blocks, stat.Sectors);
        Host.PutU64(reply, Atime, (ulong)stat.AccessTime.Seconds);
        Host.PutU64(reply, Mtime, (ulong)stat.ModificationTime.Seconds);
        Host.PutU64(reply, Ctime, (ulong)stat.ChangeTime.Seconds);
        Host.PutU32(reply, AtimeNsec, stat.AccessTime.Nanoseconds);
        Host.PutU32(reply, MtimeNsec, stat.ModificationTime.Nanoseconds);
        Host.PutU32(reply, CtimeNsec, stat.ChangeTime.Nanoseconds);
        Host.PutU32(reply, Mode, stat.Mode);
        Host.PutU32(reply, Nlink, stat.LinkCount);
        Host.PutU32(reply, Uid, stat.UserId);
        Host.PutU32(reply, Gid, stat.GroupId);
        Host.PutU32(reply, Rdev, DeviceOf(stat.DeviceMajor, stat.DeviceMinor));
        Host.PutU32(reply, Blksize, (uint)stat.BlockSize);
        Host.PutU32(reply, Flags, 0);
    }

    /// <summary>Low byte of the minor, then 12 bits of major, then the rest of the minor.</summary>
    private static uint DeviceOf(uint major, uint minor) => (minor & 0xFF) | ((major & 0xFFF) << 8) | ((minor & 0xFFF00) << 12);
}

/// <summary>How long the kernel may believe an answer. The server owns the volume and nothing on it changes: for ever.</summary>
internal static class Validity
{
    /// <summary>In seconds: as good as for ever, and far from overflowing the kernel's clock.</summary>
    public const ulong Forever = 1ul << 32;
}

/// <summary>The answer to GETATTR.</summary>
/// <remarks><c>fuse_attr_out</c>, 104 bytes.</remarks>
internal static class AttributesReply
{
    public const int Size = 104;
    private const int AttrValid = 0, AttrValidNsec = 8, Attr = 16;

    public static int Put(Span<byte> reply, in InodeStat stat)
    {
        Host.PutU64(reply, AttrValid, Validity.Forever);
        Host.PutU64(reply, AttrValidNsec, 0);
        Attributes.Put(reply[Attr..], stat);
        return Size;
    }
}

/// <summary>The answer to LOOKUP, and the first part of a READDIRPLUS record.</summary>
/// <remarks><c>fuse_entry_out</c>, 128 bytes.</remarks>
internal static class EntryReply
{
    public const int Size = 128;
    private const int NodeIdAt = 0, Generation = 8, EntryValid = 16, AttrValid = 24, Attr = 40;

    /// <summary>An entry that exists.</summary>
    public static int Put(Span<byte> reply, in InodeStat stat)
    {
        reply[..Attr].Clear();
        Host.PutU64(reply, NodeIdAt, NodeId.FromInode(stat.Inode));
        Host.PutU64(reply, Generation, stat.Generation);
        Host.PutU64(reply, EntryValid, Validity.Forever);
        Host.PutU64(reply, AttrValid, Validity.Forever);
        Attributes.Put(reply[Attr..], stat);
        return Size;
    }

    /// <summary>An entry that does not exist, which the kernel may remember.</summary>
    public static int PutNegative(Span<byte> reply)
    {
        reply[..Size].Clear();
        Host.PutU64(reply, EntryValid, Validity.Forever);
        return Size;
    }

    /// <summary>An entry that the kernel shall look up by itself when somebody wants it.</summary>
    public static void PutUnknown(Span<byte> reply) => reply[..Size].Clear();
}
