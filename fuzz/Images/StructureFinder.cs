using System.Globalization;
using System.Reflection;
using System.Text;
using Ext4Core;
using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Images;

/// <summary>Finds structures of a sound volume by words, and fields of them by the names that ext4 gives them.</summary>
internal sealed class StructureFinder
{
    /// <summary>Where a number lies in the inode that leads to its data.</summary>
    private const string MapWord = "map";

    /// <summary>The views whose fields a structure of each kind may have.</summary>
    private static readonly Dictionary<string, Type[]> Views = new(StringComparer.Ordinal)
    {
        ["superblock"] = [typeof(SuperblockView)],
        ["group"] = [typeof(GroupDescriptorView)],
        ["block-bitmap"] = [],
        ["inode-bitmap"] = [],
        ["mmp"] = [typeof(MultipleMountView)],
        ["inode"] = [typeof(InodeView), typeof(InodeExtraView)],
        [MapWord] = [typeof(ExtentNodeView), typeof(ExtentView), typeof(ExtentIndexView)],
        ["node"] = [typeof(ExtentNodeView), typeof(ExtentView), typeof(ExtentIndexView)],
        ["entry"] = [typeof(DirectoryEntryView)],
        ["block"] = [typeof(DirectoryEntryView), typeof(HtreeRootView), typeof(HtreeEntriesView)],
        ["attributes"] = [typeof(AttributeBlockView), typeof(AttributeEntryView)],
        ["inline-attributes"] = [typeof(AttributeEntryView)],
        ["journal"] = [typeof(JournalHeaderView), typeof(JournalSuperblockView)],
    };

    private readonly IBlockDevice _device;
    private readonly Volume _volume;
    private readonly VolumeStack _stack;
    private readonly Workspace _workspace;

    /// <summary>A finder on a volume.</summary>
    /// <param name="device">The volume as its bytes are, whatever its journal says.</param>
    public StructureFinder(IBlockDevice device)
    {
        _device = device;
        _volume = Volume.Mount(device, new() { SkipJournal = true });
        _stack = new(device, _volume.Geometry, 1 << 20, new());
        _workspace = _stack.CreateWorkspace();
    }

    /// <summary>The sound volume's dimensions.</summary>
    public VolumeGeometry Geometry => _volume.Geometry;

    /// <summary>Where a field lies. Unit: bytes from the volume's start.</summary>
    /// <exception cref="FormatException">There is no such structure or field; the message names it.</exception>
    public long Find(string structure, string field)
    {
        string[] words = WordsOf(structure);
        return Find(words) + OffsetOf(words[0], field);
    }

    /// <summary>Where a structure begins. Unit: bytes from the volume's start.</summary>
    public long Find(string[] words) => words switch
    {
        ["superblock"] => SuperblockView.VolumeOffset,
        ["superblock", "of", var group] => Of(_volume.Geometry.FirstBlockOf(Group(group))),
        ["group", var group] => GroupAt(Group(group)),
        ["block-bitmap", var group] => Of(Places(Group(group)).BlockBitmap.First),
        ["inode-bitmap", var group] => Of(Places(Group(group)).InodeBitmap.First),
        ["mmp"] => (long)ReadNumber(SuperblockView.VolumeOffset + OffsetOf("superblock", "s_mmp_block"), 8) << _volume.Geometry.BlockBits,
        ["inode", var file] => InodeAt(File(file)),
        [MapWord, var file] => InodeAt(File(file)) + InodeView.IBlock,
        [MapWord, var file, "entry", var entry] => InodeAt(File(file)) + InodeView.IBlock + NodeEntry(entry),
        ["node", var file, var node] => NodeAt(File(file), node),
        ["node", var file, var node, "entry", var entry] => NodeAt(File(file), node) + NodeEntry(entry),
        ["block", var file, var block] => BlockAt(File(file), block),
        ["entry", var file, var block, var entry] => EntryAt(BlockAt(File(file), block), entry),
        ["attributes", var file] => AttributesAt(File(file)),
        ["attributes", var file, "entry", var entry] => AttributeEntryAt(AttributesAt(File(file)) + AttributeHeader, entry),
        ["inline-attributes", var file, "entry", var entry] => AttributeEntryAt(InlineAttributesAt(File(file)), entry),
        ["journal", var block] => JournalAt(uint.Parse(block, CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"no structure is called \"{string.Join(' ', words)}\""),
    };

    /// <summary>A structure's words.</summary>
    public static string[] WordsOf(string structure) => structure.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Where the descriptor of a group lies. Unit: bytes from the volume's start.</summary>
    public long DescriptorAt(string group) => GroupAt(Group(group));

    /// <summary>The inode that a word stands for, the seed of the checksums of what belongs to it, and what its blocks are.</summary>
    public (InodeNumber Number, uint Seed, bool IsDirectory, bool HasIndex) InodeOf(string word)
    {
        InodeNumber number = File(word);
        InodeView inode = new(Bytes(InodeAt(number), InodeView.Size));
        return (number, _stack.Inodes.ChecksumSeed(number, inode.Generation), inode.Mode >> 12 == (int)FileType.Directory, inode.Flags.HasFlag(InodeFlags.Index));
    }

    /// <summary>The number that stands there.</summary>
    public ulong ReadNumber(long offset, int width, bool isBigEndian = false)
    {
        Span<byte> bytes = stackalloc byte[width];
        _device.Read(new(offset), bytes);
        ulong value = 0;
        for (int index = 0; index < width; index++)
        {
            value = (value << 8) | bytes[isBigEndian ? index : width - 1 - index];
        }

        return value;
    }

    private byte[] Bytes(long offset, int count)
    {
        byte[] bytes = new byte[count];
        _device.Read(new(offset), bytes);
        return bytes;
    }

    private static int OffsetOf(string kind, string field)
    {
        if (field.StartsWith("0x", StringComparison.Ordinal))
        {
            return int.Parse(field.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        string constant = string.Concat(field.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
        foreach (Type view in Views[kind])
        {
            if (view.GetField(constant, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic) is { IsLiteral: true } found)
            {
                return (int)found.GetRawConstantValue()!;
            }
        }

        throw new FormatException($"a structure of kind \"{kind}\" has no field {field}: its views state no constant {constant}");
    }

    private long Of(BlockNumber block) => _volume.Geometry.OffsetOf(block).Value;

    private GroupNumber Group(string text) => _volume.Geometry.Group(uint.Parse(text, CultureInfo.InvariantCulture));

    private GroupPlaces Places(GroupNumber group)
    {
        _workspace.Begin();
        return _stack.Groups.ReadUnverified(_workspace, group);
    }

    private long GroupAt(GroupNumber group)
    {
        uint index = group.Value / _volume.Geometry.DescriptorsPerBlock;
        uint within = group.Value % _volume.Geometry.DescriptorsPerBlock;
        return Of(_volume.Geometry.DescriptorBlock(index, default)) + (within * _volume.Geometry.DescriptorSize);
    }

    /// <summary>An inode by its path, or by its number in angle brackets, as debugfs takes them.</summary>
    private InodeNumber File(string text)
    {
        if (text.StartsWith('<'))
        {
            uint number = uint.Parse(text.AsSpan(1, text.Length - 2), CultureInfo.InvariantCulture);
            return number > 0 && number <= _volume.Geometry.InodesCount ? new(number) : throw new FormatException($"no inode has the number {text}");
        }

        InodeNumber current = InodeNumber.Root;
        foreach (string name in text.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (_volume.Lookup(_workspace, current, Encoding.UTF8.GetBytes(name), out current) != FsError.None)
            {
                throw new FormatException($"the volume has no {text}");
            }
        }

        return current;
    }

    private long InodeAt(InodeNumber inode)
    {
        uint index = (inode.Value - 1) % _volume.Geometry.InodesPerGroup;
        BlockRange table = Places(_volume.Geometry.GroupOf(inode)).InodeTable;
        return Of(table[index / _volume.Geometry.InodesPerBlock]) + (index % _volume.Geometry.InodesPerBlock * _volume.Geometry.InodeSize);
    }

    private long BlockAt(InodeNumber inode, string block)
    {
        FileBlock wanted = new(uint.Parse(block, CultureInfo.InvariantCulture));
        return _volume.BlockOf(_workspace, inode, wanted, out BlockNumber found) == FsError.None && found.Value != 0
            ? Of(found)
            : throw new FormatException($"inode {inode.Value} has no block {block}");
    }

    /// <summary>A block of the journal, whose blocks no walk of a mounted volume may touch; its map has to be a root of extents.</summary>
    private long JournalAt(uint block)
    {
        const uint JournalInode = 8;
        long map = InodeAt(File($"<{JournalInode}>")) + InodeView.IBlock;
        for (int index = 0; index < (int)ReadNumber(map + OffsetOf(MapWord, "eh_entries"), 2); index++)
        {
            long entry = map + NodeEntry($"{index}");
            ulong first = ReadNumber(entry + OffsetOf(MapWord, "ee_block"), 4);
            if (block >= first && block < first + ReadNumber(entry + OffsetOf(MapWord, "ee_len"), 2))
            {
                return (long)(ReadNumber(entry + OffsetOf(MapWord, "ee_start_lo"), 4) + block - first) << _volume.Geometry.BlockBits;
            }
        }

        throw new FormatException($"no extent in the journal's inode covers block {block}");
    }

    private static int NodeEntry(string entry) =>
        ExtentNodeView.HeaderSize + (int.Parse(entry, CultureInfo.InvariantCulture) * ExtentNodeView.EntrySize);

    private long NodeAt(InodeNumber number, string node)
    {
        _workspace.Begin();
        _stack.Inodes.LoadAny(_workspace, number, out Inode inode);
        NodeCollector nodes = new();
        if (inode.Is(InodeFlags.Extents))
        {
            new ExtentTree(_volume.Geometry, _stack.Cache, _stack.Zones).Walk(_workspace, inode, nodes);
        }
        else
        {
            new IndirectMap(_volume.Geometry, _stack.Cache, _stack.Zones).Walk(_workspace, inode, nodes);
        }

        int index = int.Parse(node, CultureInfo.InvariantCulture);
        return index < nodes.Blocks.Count
            ? Of(nodes.Blocks[index])
            : throw new FormatException($"the map of inode {number.Value} has {nodes.Blocks.Count} nodes outside of it, none is {node}");
    }

    private long EntryAt(long block, string entry)
    {
        for (int left = int.Parse(entry, CultureInfo.InvariantCulture); left > 0; left--)
        {
            block += (long)ReadNumber(block + DirectoryRecLen, 2);
        }

        return block;
    }

    private const int DirectoryRecLen = 4, AttributeHeader = 32, AttributeFixed = 16;

    private long AttributesAt(InodeNumber number)
    {
        _workspace.Begin();
        _stack.Inodes.LoadAny(_workspace, number, out Inode inode);
        return inode.AttributeBlock.Value != 0
            ? (long)inode.AttributeBlock.Value << _volume.Geometry.BlockBits
            : throw new FormatException($"inode {number.Value} has no attribute block");
    }

    /// <summary>Behind the fields of the inode and the magic number that follows them.</summary>
    private long InlineAttributesAt(InodeNumber inode)
    {
        long extra = InodeAt(inode) + InodeView.Size;
        return extra + (long)ReadNumber(extra, 2) + sizeof(uint);
    }

    private long AttributeEntryAt(long at, string entry)
    {
        for (int left = int.Parse(entry, CultureInfo.InvariantCulture); left > 0; left--)
        {
            at += (AttributeFixed + (long)ReadNumber(at, 1) + 3) & ~3L;
        }

        return at;
    }

    private sealed class NodeCollector : IMapVisitor
    {
        public List<BlockNumber> Blocks { get; } = [];

        public bool EnterNode(BlockNumber block, in DiskLocation where)
        {
            Blocks.Add(block);
            return true;
        }

        public void VisitRun(FileBlock first, BlockRange blocks, bool isUnwritten, in DiskLocation where)
        {
            // Only the nodes are asked for.
        }

        public void ReportDamage(CorruptionException damage) => throw damage;
    }
}
