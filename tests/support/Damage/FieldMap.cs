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

namespace TestSupport.Damage;

/// <summary>Every field of metadata on a sound volume, found once and then damaged many times.</summary>
public sealed class FieldMap
{
    private readonly VolumeStack _stack;
    private readonly Workspace _workspace;
    private readonly byte[] _volume;
    private readonly List<MetadataField> _fields = [];
    private readonly List<SealedStructure> _structures = [];

    /// <summary>Looks at a sound volume.</summary>
    public FieldMap(byte[] volume)
    {
        _volume = volume;
        Geometry = new(
            new SuperblockView(volume.AsSpan(SuperblockView.VolumeOffset)), new(SuperblockView.VolumeOffset), volume.Length,
            new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
        _stack = new(new MemoryBlockDevice(volume), Geometry, 1 << 20, new());
        _workspace = _stack.CreateWorkspace();
        AddSuperblock();
        for (uint index = 0; index < Geometry.GroupCount; index++)
        {
            AddGroup(Geometry.Group(index));
        }
    }

    /// <summary>Every field, structure after structure.</summary>
    public IReadOnlyList<MetadataField> Fields => _fields;

    /// <summary>Every structure.</summary>
    public IReadOnlyList<SealedStructure> Structures => _structures;

    internal VolumeGeometry Geometry { get; }

    private long OffsetOf(BlockNumber block) => (long)block.Value << Geometry.BlockBits;

    private void Add(SealedStructure owner, string name, int at, int size) =>
        _fields.Add(new(name, owner.Offset + at, size, owner));

    private void AddWords(SealedStructure owner, string name, int from, int to, int size)
    {
        for (int at = from; at + size <= to; at += size)
        {
            Add(owner, name, at, size);
        }
    }

    private void AddSuperblock()
    {
        SealedStructure owner = new(StructureKind.Superblock, SuperblockView.VolumeOffset, SuperblockView.Size);
        _structures.Add(owner);
        AddWords(owner, "superblock word", 0, 0x68, 4);
        AddWords(owner, "superblock half", 0x34, 0x68, 2);
        AddWords(owner, "superblock word", 0xC8, 0x200, 4);
        AddWords(owner, "superblock byte", 0xFC, 0x100, 1);
        Add(owner, "s_desc_size", SuperblockView.SDescSize, 2);
        Add(owner, "s_log_groups_per_flex", SuperblockView.SLogGroupsPerFlex, 1);
        Add(owner, "s_checksum_type", SuperblockView.SChecksumType, 1);
        AddWords(owner, "superblock word", 0x240, 0x290, 4);
        Add(owner, "s_checksum", SuperblockView.SChecksum, 4);
    }

    private void AddGroup(GroupNumber group)
    {
        uint blockIndex = group.Value / Geometry.DescriptorsPerBlock;
        BlockNumber block = Geometry.DescriptorBlock(blockIndex, default);
        int within = (int)(group.Value % Geometry.DescriptorsPerBlock) * Geometry.DescriptorSize;
        SealedStructure owner = new(
            StructureKind.GroupDescriptor, OffsetOf(block) + within, Geometry.DescriptorSize, group.Value);
        _structures.Add(owner);
        AddWords(owner, "descriptor word", 0, Geometry.DescriptorSize, 4);
        AddWords(owner, "descriptor half", 0, Geometry.DescriptorSize, 2);
        _workspace.Begin();
        GroupPlaces places = _stack.Groups.ReadUnverified(_workspace, group);
        AddBitmap(StructureKind.BlockBitmap, places.BlockBitmap.First, group, (int)Geometry.ClustersPerGroup / 8);
        AddBitmap(StructureKind.InodeBitmap, places.InodeBitmap.First, group, (int)Geometry.InodesPerGroup / 8);
        for (uint index = 0; index < Geometry.InodesPerGroup; index++)
        {
            AddInode(places, new((group.Value * Geometry.InodesPerGroup) + index + 1), index);
        }
    }

    private void AddBitmap(StructureKind kind, BlockNumber block, GroupNumber group, int checkedBytes)
    {
        SealedStructure owner = new(kind, OffsetOf(block), checkedBytes, group.Value);
        _structures.Add(owner);
        AddWords(owner, "bitmap word", 0, Math.Min(checkedBytes, 64), 8);
    }

    private void AddInode(in GroupPlaces places, InodeNumber number, uint index)
    {
        BlockNumber block = places.InodeTable[index / Geometry.InodesPerBlock];
        long offset = OffsetOf(block) + ((index % Geometry.InodesPerBlock) * Geometry.InodeSize);
        ReadOnlySpan<byte> bytes = _volume.AsSpan((int)offset, Geometry.InodeSize);
        InodeView view = new(bytes);
        if (view.LinkCount == 0)
        {
            return;
        }

        uint seed = _stack.Inodes.ChecksumSeed(number, view.Generation);
        SealedStructure owner = new(StructureKind.Inode, offset, Geometry.InodeSize, number.Value, seed);
        _structures.Add(owner);
        AddWords(owner, "inode half", 0, InodeView.IBlock, 2);
        AddWords(owner, "inode word", 0, InodeView.Size, 4);
        AddWords(owner, "i_block half", InodeView.IBlock, InodeView.IBlock + InodeView.BlockMapSize, 2);
        if (Geometry.InodeSize > InodeView.Size)
        {
            AddWords(owner, "inode extra half", InodeView.Size, Math.Min(Geometry.InodeSize, 0xA0), 2);
            AddWords(owner, "inode attribute half", 0xA0, Math.Min(Geometry.InodeSize, 0x120), 2);
        }

        _workspace.Begin();
        _stack.Inodes.LoadAny(_workspace, number, out Inode inode);
        AddAttributes(inode, seed);
        AddMap(inode, seed);
    }

    private void AddAttributes(in Inode inode, uint seed)
    {
        if (inode.AttributeBlock.Value == 0)
        {
            return;
        }

        long offset = (long)inode.AttributeBlock.Value << Geometry.BlockBits;
        SealedStructure owner = new(StructureKind.AttributeBlock, offset, Geometry.BlockSize, inode.Number.Value, seed);
        _structures.Add(owner);
        AddWords(owner, "attribute word", 0, 96, 4);
        AddWords(owner, "attribute byte", AttributeBlockView.HeaderSize, 80, 1);
    }

    private void AddMap(in Inode inode, uint seed)
    {
        bool hasMap = inode.Type is FileType.Regular or FileType.Directory && !inode.HasInlineData;
        if (!hasMap || inode.Number.Value == 7)
        {
            return;
        }

        SystemZones zones = new(Geometry, _stack.Groups, _workspace, int.MaxValue);
        Collector collector = new(this, inode, seed);
        if (inode.Is(InodeFlags.Extents))
        {
            new ExtentTree(Geometry, _stack.Cache, zones).Walk(_workspace, inode, collector);
        }
        else
        {
            new IndirectMap(Geometry, _stack.Cache, zones).Walk(_workspace, inode, collector);
        }
    }

    private void AddExtentNode(BlockNumber block, uint inode, uint seed)
    {
        SealedStructure owner = new(StructureKind.ExtentNode, OffsetOf(block), Geometry.BlockSize, inode, seed);
        _structures.Add(owner);
        AddWords(owner, "extent half", 0, 72, 2);
        AddWords(owner, "extent word", 0, 72, 4);
        Add(owner, "extent checksum", Geometry.BlockSize - 4, 4);
    }

    private void AddIndirectBlock(BlockNumber block, uint inode)
    {
        SealedStructure owner = new(StructureKind.IndirectBlock, OffsetOf(block), Geometry.BlockSize, inode);
        _structures.Add(owner);
        AddWords(owner, "pointer", 0, 64, 4);
    }

    /// <summary>Entries of the first blocks of a directory, which for one with an index hold the root and nodes of it.</summary>
    private void AddDirectoryBlock(BlockNumber block, uint inode, uint seed, bool isIndex)
    {
        StructureKind kind = isIndex ? StructureKind.HtreeNode : StructureKind.DirectoryBlock;
        SealedStructure owner = new(kind, OffsetOf(block), Geometry.BlockSize, inode, seed);
        _structures.Add(owner);
        AddWords(owner, "entry word", 0, 96, 4);
        AddWords(owner, "entry half", 0, 96, 2);
        AddWords(owner, "entry byte", 0, 48, 1);
        AddWords(owner, "tail half", Geometry.BlockSize - 12, Geometry.BlockSize, 2);
    }

    private void AddJournal(BlockNumber block)
    {
        SealedStructure owner = new(StructureKind.JournalSuperblock, OffsetOf(block), 1024);
        _structures.Add(owner);
        AddWords(owner, "journal word", 0, 0x100, 4);
    }

    /// <summary>Sees the blocks of one inode.</summary>
    private sealed class Collector(FieldMap map, Inode inode, uint seed) : IMapVisitor
    {
        private const uint JournalInode = 8;
        private const int MostBlocks = 4;
        private int _seen;

        public bool EnterNode(BlockNumber block, in DiskLocation where)
        {
            if (inode.Is(InodeFlags.Extents))
            {
                map.AddExtentNode(block, inode.Number.Value, seed);
            }
            else
            {
                map.AddIndirectBlock(block, inode.Number.Value);
            }

            return true;
        }

        public void VisitRun(FileBlock first, BlockRange blocks, bool isUnwritten, in DiskLocation where)
        {
            for (uint index = 0; index < blocks.Count && _seen < MostBlocks; index++, _seen++)
            {
                if (inode.Type == FileType.Directory)
                {
                    bool isIndex = inode.Is(InodeFlags.Index) && first.Value + index == 0;
                    map.AddDirectoryBlock(blocks[index], inode.Number.Value, seed, isIndex);
                }
                else if (inode.Number.Value == JournalInode && _seen == 0)
                {
                    map.AddJournal(blocks[index]);
                }
            }
        }

        public void ReportDamage(CorruptionException damage) => throw damage;
    }
}
