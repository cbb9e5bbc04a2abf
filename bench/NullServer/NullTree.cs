using Ext4Core;
using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Ext4Safety.NullServer;

/// <summary>The tree that every server of the comparison serves, as arithmetic on node numbers: <c>big</c>,
/// <c>tree/dNNN/fNNN</c> and <c>names/entry-NNNNNN</c>. Here a node and its inode have the same number.</summary>
internal static class NullTree
{
    public const int BlockSize = 4096;
    public const int LongestName = 16;

    private const uint Root = 1, TreeDirectory = 3, NamesDirectory = 4, Big = 5;
    private const uint FirstDirectory = 1_000, FirstFile = 100_000, FirstName = 1_000_000;
    private const int DirectoryCount = 100, FilesPerDirectory = 100, NameCount = 200_000;
    private const long BigBytes = 128L << 20, FileBytes = 1024;

    public static int CountOf(InodeNumber directory) => directory.Value switch
    {
        Root => 3,
        TreeDirectory => DirectoryCount,
        NamesDirectory => NameCount,
        _ => FilesPerDirectory,
    };

    /// <summary>One entry of a directory; its name is written into <paramref name="name"/>.</summary>
    public static InodeNumber ChildAt(InodeNumber directory, int index, Span<byte> name, out int nameLength)
    {
        switch (directory.Value)
        {
            case Root:
                ReadOnlySpan<byte> text = index switch { 0 => "tree"u8, 1 => "names"u8, _ => "big"u8 };
                text.CopyTo(name);
                nameLength = text.Length;
                return new(TreeDirectory + (uint)index);
            case TreeDirectory:
                nameLength = PutNumber(name, "d"u8, index, 3);
                return new(FirstDirectory + (uint)index);
            case NamesDirectory:
                nameLength = PutNumber(name, "entry-"u8, index, 6);
                return new(FirstName + (uint)index);
            default:
                nameLength = PutNumber(name, "f"u8, index, 3);
                return new(FirstFile + ((directory.Value - FirstDirectory) * FilesPerDirectory) + (uint)index);
        }
    }

    /// <summary>The node behind a name; the default where there is none.</summary>
    public static InodeNumber Find(InodeNumber directory, ReadOnlySpan<byte> name)
    {
        switch (directory.Value)
        {
            case Root:
                return new(name.SequenceEqual("tree"u8) ? TreeDirectory
                    : name.SequenceEqual("names"u8) ? NamesDirectory
                    : name.SequenceEqual("big"u8) ? Big : 0);
            case TreeDirectory:
                return Numbered(name, "d"u8, DirectoryCount, FirstDirectory);
            case NamesDirectory:
                return Numbered(name, "entry-"u8, NameCount, FirstName);
            default:
                return Numbered(name, "f"u8, FilesPerDirectory, FirstFile + ((directory.Value - FirstDirectory) * FilesPerDirectory));
        }
    }

    public static FileType TypeOf(InodeNumber node) =>
        node.Value is Big or >= FirstFile ? FileType.Regular : FileType.Directory;

    public static long SizeOf(InodeNumber node) => node.Value switch
    {
        Big => BigBytes,
        >= FirstName => 0,
        >= FirstFile => FileBytes,
        _ => BlockSize,
    };

    public static InodeStat Stat(InodeNumber node)
    {
        const ushort permissions = 0x1ED;
        Inode inode = default;
        inode.Number = node;
        inode.Mode = (ushort)(((int)TypeOf(node) << 12) | permissions);
        inode.LinkCount = 1;
        inode.Size = (ulong)SizeOf(node);
        inode.Sectors = inode.Size / 512;
        return new(inode, BlockSize);
    }

    private static int PutNumber(Span<byte> name, ReadOnlySpan<byte> prefix, int number, int digits)
    {
        prefix.CopyTo(name);
        for (int at = prefix.Length + digits - 1; at >= prefix.Length; at--)
        {
            name[at] = (byte)('0' + (number % 10));
            number /= 10;
        }

        return prefix.Length + digits;
    }

    private static InodeNumber Numbered(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix, int count, uint first)
    {
        if (!name.StartsWith(prefix))
        {
            return default;
        }

        uint number = 0;
        foreach (byte digit in name[prefix.Length..])
        {
            if (digit is < (byte)'0' or > (byte)'9' || number >= count)
            {
                return default;
            }

            number = (number * 10) + digit - '0';
        }

        return number < count ? new(first + number) : default;
    }
}
