using Ext4Core.Directories;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Directories to start from.</summary>
internal static class DirectorySeeds
{
    private const int DotSize = 12;

    /// <summary>Words that directories are made of.</summary>
    public static DictionaryWord[] Words =>
    [
        new("dot", [StagedVolume.Subject, 0, 0, 0, 12, 0, 1, 2, (byte)'.', 0, 0, 0]),
        new("dot_dot", [2, 0, 0, 0, 12, 0, 2, 2, (byte)'.', (byte)'.', 0, 0]),
        new("entry", [StagedVolume.Companion, 0, 0, 0, 12, 0, 1, 1, (byte)'a', 0, 0, 0]),
        new("free_entry", [0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0]),
        new("tail", [0, 0, 0, 0, 12, 0, 0, 0xDE]),
        new("whole_block_1k", [0, 4]),
        new("rest_of_block_1k", [0xE8, 3]),
        new("rest_behind_dots", [0xF4, 3]),
        new("root_info", [0, 0, 0, 0, 1, 8, 0, 0]),
        new("root_limit_1k", [123, 0]),
        new("node_limit_1k", [126, 0]),
        new("node", [0, 0, 0, 0, 0, 4, 0, 0, 126, 0, 1, 0]),
        new("sharp_s", [0xC3, 0x9F]),
        new("combining_marks", [0xCC, 0x81, 0xCC, 0xA3]),
    ];

    /// <summary>A directory of one block: its two own names and one more, and behind it free space.</summary>
    public static InputWriter Linear(
        InputOptions options, int? size = null, uint inode = StagedVolume.Companion, ReadOnlySpan<byte> name = default)
    {
        bool isEncrypted = DirectoryStage.FlagsOf(options).HasFlag(InodeFlags.Encrypted);
        name = !name.IsEmpty ? name : isEncrypted ? "sixteen bytes it"u8 : "stra\u00DFe"u8;
        int due = DirectoryEntryView.SizeFor(name.Length) + (options.Own == 3 ? DirectoryEntryView.HashSize : 0);
        byte[] block = new byte[options.HasLargeBlocks ? 4096 : 1024];
        int end = block.Length - (options.HasChecksums ? DirectoryTailView.Size : 0);
        int at = PutDots(block);
        int next = DirectoryBlockWriter.Put(block, at, due, inode, name, DirectoryEntryType.Regular);
        DirectoryBlockWriter.Put(block, next, end - next, 0, default, default);
        Le.PutU16(block, at + DirectoryEntryView.DeRecLen, (ushort)(size ?? due));
        return new InputWriter(options).U8(0).Counted("STRASSE"u8).Part(0, block);
    }

    /// <summary>A directory of one block whose last name ends where the block does, or behind it; its entry reaches as far, or not.</summary>
    public static InputWriter Full(InputOptions options, int excess, bool reachesAsFar = false)
    {
        byte[] block = new byte[1024];
        ReadOnlySpan<byte> name = "last"u8;
        int at = PutDots(block);
        int last = block.Length - DirectoryEntryView.SizeFor(name.Length);
        DirectoryBlockWriter.Put(block, at, last - at, StagedVolume.Companion, "first"u8, DirectoryEntryType.Regular);
        DirectoryBlockWriter.Put(block, last, block.Length - last, StagedVolume.Companion, name, DirectoryEntryType.Regular);
        block[last + DirectoryEntryView.DeNameLen] += (byte)excess;
        int size = DirectoryEntryView.SizeFor(name.Length + (reachesAsFar ? excess : 0));
        Le.PutU16(block, last + DirectoryEntryView.DeRecLen, DirectoryEntryView.EncodeSize(size, block.Length));
        return new InputWriter(options).U8(0).Counted(name).Part(0, block);
    }

    /// <summary>An indexed directory: a root with two leaves, or with index nodes between.</summary>
    public static InputWriter Indexed(InputOptions options, int levels, ushort limitChange = 0, uint secondBlock = 2)
    {
        byte[] root = new byte[options.HasLargeBlocks ? 4096 : 1024];
        bool isEncrypted = DirectoryStage.FlagsOf(options).HasFlag(InodeFlags.Encrypted);
        ReadOnlySpan<byte> name = isEncrypted ? "sixteen bytes it"u8 : "name"u8;
        HtreeShape shape = new(root.Length, options.HasChecksums, options.Own == 3);
        HashVersion version = options.Own == 3 ? HashVersion.SipHash : HashVersion.HalfMd4;
        uint middle = options.Own == 0
            ? DirectoryHash.Compute(HashVersion.HalfMd4Unsigned, stackalloc uint[4], name).Major
            : 0x8000_0000;
        HtreeWriter.PutRoot(root, StagedVolume.Subject, version, levels, shape);
        InputWriter writer = new InputWriter(options).U8((byte)(levels + 2)).Counted(name);
        byte[] node = root;
        int start = new HtreeRootView(root).Entries.Start;
        for (int level = 0; level < levels; level++)
        {
            HtreeWriter.Append(node, start, 0, (uint)(level + 1));
            writer.Part(level, node);
            node = new byte[root.Length];
            HtreeWriter.PutNode(node, shape);
            start = HtreeEntriesView.NodeStart;
        }

        HtreeWriter.Append(node, start, 0, (uint)levels + 1);
        HtreeWriter.Append(node, start, middle, (uint)levels + secondBlock);
        Le.PutU16(node, start, (ushort)(Le.U16(node, start) + limitChange));
        return writer.Part(levels, node).Part(levels + 1, Leaf(options, isEncrypted ? "16 bytes as well"u8 : "other"u8)).Part(levels + 2, Leaf(options, name));
    }

    private static byte[] Leaf(InputOptions options, ReadOnlySpan<byte> name)
    {
        byte[] block = new byte[options.HasLargeBlocks ? 4096 : 1024];
        int end = block.Length - (options.HasChecksums ? DirectoryTailView.Size : 0);
        DirectoryBlockWriter.Put(block, 0, end, StagedVolume.Companion, name, DirectoryEntryType.Regular);
        return block;
    }

    private static int PutDots(Span<byte> block)
    {
        int at = DirectoryBlockWriter.Put(block, 0, DotSize, StagedVolume.Subject, "."u8, DirectoryEntryType.Directory);
        return DirectoryBlockWriter.Put(block, at, DotSize, 2, ".."u8, DirectoryEntryType.Directory);
    }
}
