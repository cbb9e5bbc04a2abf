using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Images;

/// <summary>Finds structures of a base volume by words, and fields of them by the names that ext4 gives them.</summary>
internal sealed class StructureFinder
{
    private const string JournalInode = "<8>";

    /// <summary>The shapes whose fields a structure of each kind may have.</summary>
    private static readonly Dictionary<string, StructureShape[]> Shapes = new(StringComparer.Ordinal)
    {
        ["superblock"] = [FieldCatalogue.Superblock],
        ["group"] = [FieldCatalogue.Descriptor],
        ["block-bitmap"] = [],
        ["inode-bitmap"] = [],
        ["mmp"] = [FieldCatalogue.MultipleMount],
        ["inode"] = [FieldCatalogue.Inode, FieldCatalogue.InodeExtra],
        ["map"] = [FieldCatalogue.ExtentNode, FieldCatalogue.Extent, FieldCatalogue.ExtentIndex],
        ["node"] = [FieldCatalogue.ExtentNode, FieldCatalogue.Extent, FieldCatalogue.ExtentIndex],
        ["entry"] = [FieldCatalogue.DirectoryEntry],
        ["block"] = [FieldCatalogue.DirectoryEntry, FieldCatalogue.HtreeRoot, FieldCatalogue.HtreeEntries],
        ["attributes"] = [FieldCatalogue.AttributeBlock, FieldCatalogue.AttributeEntry],
        ["inline-attributes"] = [FieldCatalogue.AttributeEntry],
        ["journal"] = [FieldCatalogue.JournalHeader, FieldCatalogue.JournalSuperblock],
    };

    private readonly SparseImage _image;
    private readonly VolumeSurvey _survey;
    private readonly Volume _volume;
    private readonly Workspace _workspace;

    /// <summary>A finder on a volume as its bytes are, whatever its journal says.</summary>
    /// <exception cref="FormatException">The volume of zeros has no structures.</exception>
    public StructureFinder(BaseVolume volume)
    {
        _image = volume.Image;
        _survey = volume.Survey ?? throw new FormatException($"{volume.Name} has no structures");
        SparseDevice device = new();
        device.Reset(_image, _image.Length);
        _volume = Volume.Mount(device, new() { SkipJournal = true });
        _workspace = _volume.CreateWorkspace();
    }

    /// <summary>Where a field lies. Unit: bytes from the volume's start.</summary>
    /// <exception cref="FormatException">There is no such structure or field; the message names it.</exception>
    public long Find(string structure, string field)
    {
        string[] words = structure.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Find(words) + OffsetOf(words[0], field);
    }

    private long Find(string[] words) => words switch
    {
        ["superblock"] => SuperblockView.VolumeOffset,
        ["superblock", "of", var group] => Structure(StructureKind.Superblock, Number(group)),
        ["group", var group] => Structure(StructureKind.GroupDescriptor, Number(group)),
        ["block-bitmap", var group] => Structure(StructureKind.BlockBitmap, Number(group)),
        ["inode-bitmap", var group] => Structure(StructureKind.InodeBitmap, Number(group)),
        ["mmp"] => Structure(StructureKind.MultipleMountProtection, 0),
        ["inode", var file] => InodeAt(file),
        ["map", var file] => InodeAt(file) + InodeView.IBlock,
        ["map", var file, "entry", var entry] => InodeAt(file) + InodeView.IBlock + NodeEntry(entry),
        ["node", var file, var node] => NodeAt(file, node),
        ["node", var file, var node, "entry", var entry] => NodeAt(file, node) + NodeEntry(entry),
        ["block", var file, var block] => BlockAt(file, block),
        ["entry", var file, var block, var entry] => EntryAt(BlockAt(file, block), entry),
        ["attributes", var file] => AttributesAt(file),
        ["attributes", var file, "entry", var entry] => AttributeEntryAt(AttributesAt(file) + AttributeBlockView.HeaderSize, entry),
        ["inline-attributes", var file, "entry", var entry] => AttributeEntryAt(InlineAttributesAt(InodeAt(file)), entry),
        ["journal", var block] => BlockAt(JournalInode, block),
        _ => throw new FormatException($"no structure is called \"{string.Join(' ', words)}\""),
    };

    private static int OffsetOf(string kind, string field)
    {
        if (field.StartsWith("0x", StringComparison.Ordinal))
        {
            return int.Parse(field.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        foreach (DiskField known in Shapes[kind].SelectMany(shape => shape.Fields))
        {
            if (known.Name.Equals(field, StringComparison.Ordinal))
            {
                return known.Offset;
            }
        }

        throw new FormatException($"a structure of kind \"{kind}\" has no field {field}");
    }

    private static uint Number(string text) => uint.Parse(text, CultureInfo.InvariantCulture);

    private long Structure(StructureKind kind, uint owner)
    {
        SealedStructure found = Array.Find(_survey.Structures, structure => structure.Kind == kind && structure.Owner == owner);
        return found.Kind == kind ? found.Offset : throw new FormatException($"the volume has no {kind} {owner}");
    }

    /// <summary>An inode by its path, or by its number in angle brackets, as debugfs takes them.</summary>
    private uint File(string text)
    {
        if (text.StartsWith('<'))
        {
            return Number(text[1..^1]);
        }

        InodeNumber current = InodeNumber.Root;
        foreach (string name in text.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (_volume.Lookup(_workspace, current, Encoding.UTF8.GetBytes(name), out current) != FsError.None)
            {
                throw new FormatException($"the volume has no {text}");
            }
        }

        return current.Value;
    }

    private long InodeAt(string file) => Structure(StructureKind.Inode, File(file));

    private long BlockAt(string file, string block)
    {
        uint inode = File(file);
        uint wanted = Number(block);
        int bits = _volume.Geometry.BlockBits;
        SurveyedRun run = Array.Find(_survey.Runs, run => run.Inode == inode && wanted >= run.First && wanted - run.First < run.Length >> bits);
        return run.Length > 0
            ? run.Offset + ((long)(wanted - run.First) << bits)
            : throw new FormatException($"inode {inode} has no block {block}");
    }

    private static int NodeEntry(string entry) => ExtentNodeView.HeaderSize + ((int)Number(entry) * ExtentNodeView.EntrySize);

    private long NodeAt(string file, string node)
    {
        uint inode = File(file);
        SealedStructure[] nodes = Array.FindAll(_survey.Nodes, structure => structure.Owner == inode);
        return Number(node) < nodes.Length
            ? nodes[Number(node)].Offset
            : throw new FormatException($"the map of inode {inode} has {nodes.Length} nodes outside of it, none is {node}");
    }

    private long EntryAt(long block, string entry)
    {
        for (uint left = Number(entry); left > 0; left--)
        {
            block += U16(block + DirectoryEntryView.DeRecLen);
        }

        return block;
    }

    private long AttributesAt(string file)
    {
        uint block = U32(InodeAt(file) + InodeView.IFileAclLo);
        return block != 0
            ? (long)block << _volume.Geometry.BlockBits
            : throw new FormatException($"inode {File(file)} has no attribute block");
    }

    /// <summary>Behind the fields of the inode and the magic number that follows them.</summary>
    private long InlineAttributesAt(long inode) => inode + InodeView.Size + U16(inode + InodeView.Size) + sizeof(uint);

    private long AttributeEntryAt(long at, string entry)
    {
        for (uint left = Number(entry); left > 0; left--)
        {
            at += AttributeEntryView.StrideOf(U16(at + AttributeEntryView.ENameLen) & byte.MaxValue);
        }

        return at;
    }

    private ushort U16(long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        _image.CopyTo(offset, bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    private uint U32(long offset)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        _image.CopyTo(offset, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
