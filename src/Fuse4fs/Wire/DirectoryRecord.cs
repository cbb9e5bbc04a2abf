using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Fuse4fs.Wire;

/// <summary>One entry in the answer to READDIR, and the second part of one in the answer to READDIRPLUS.</summary>
/// <remarks><c>fuse_dirent</c>, 24 bytes, then the name, then zeros up to a multiple of 8.</remarks>
internal static class DirectoryRecord
{
    public const int HeaderSize = 24;
    private const int Ino = 0, Off = 8, Namelen = 16, Type = 20;

    /// <summary>The room that an entry takes.</summary>
    public static int LengthFor(int nameLength) => (HeaderSize + nameLength + 7) & ~7;

    /// <summary>Writes one entry.</summary>
    /// <param name="record">Exactly as long as the entry needs.</param>
    /// <param name="inode">The inode that user space sees.</param>
    /// <param name="nextCookie">Where a later listing goes on after this entry.</param>
    /// <param name="type">What the entry says that it refers to.</param>
    /// <param name="name">The entry's name.</param>
    public static void Put(Span<byte> record, InodeNumber inode, ulong nextCookie, FileType type, ReadOnlySpan<byte> name)
    {
        Host.PutU64(record, Ino, inode.Value);
        Host.PutU64(record, Off, nextCookie);
        Host.PutU32(record, Namelen, (uint)name.Length);
        Host.PutU32(record, Type, (uint)type);
        name.CopyTo(record[HeaderSize..]);
        record[(HeaderSize + name.Length)..].Clear();
    }

    /// <summary>The name in a record that was just written.</summary>
    public static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> record) => record.Slice(HeaderSize, (int)Host.U32(record, Namelen));

    /// <summary>The inode in a record that was just written.</summary>
    public static ulong InodeOf(ReadOnlySpan<byte> record) => Host.U64(record, Ino);
}
