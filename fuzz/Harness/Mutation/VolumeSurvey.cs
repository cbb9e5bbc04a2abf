using Ext4Core;
using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>A structure that is sealed as a whole.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Where it starts. Unit: bytes of the volume.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Owner">The inode that it belongs to, or the group.</param>
/// <param name="Home">The block that it stands for: its own, but for a copy in the journal.</param>
internal readonly record struct SealedStructure(
    StructureKind Kind, long Offset, int Size, uint Owner, ulong Home)
{
    /// <summary>The first byte behind it.</summary>
    public long End => Offset + Size;
}

/// <summary>A part of a structure that has fields.</summary>
/// <param name="Shape">Which.</param>
/// <param name="Offset">Where it starts. Unit: bytes of the volume.</param>
/// <param name="Size">Bytes of it that exist.</param>
internal readonly record struct StructurePart(StructureShape Shape, long Offset, int Size)
{
    /// <summary>The first byte behind it.</summary>
    public long End => Offset + Size;
}

/// <summary>Blocks of a file that lie side by side.</summary>
/// <param name="Inode">The file.</param>
/// <param name="First">The first of them, as the file counts.</param>
/// <param name="Offset">Where they start. Unit: bytes of the volume.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct SurveyedRun(uint Inode, uint First, long Offset, long Length)
{
    /// <summary>The first byte behind them.</summary>
    public long End => Offset + Length;
}

/// <summary>A volume as it is once its log is replayed, and where in the log what changed stands.</summary>
/// <param name="Survey">The volume behind the log.</param>
/// <param name="Copies">For each logged block the offset of its last copy. Unit: bytes of the volume.</param>
internal sealed record ReplayedVolume(VolumeSurvey Survey, Dictionary<ulong, long> Copies);

/// <summary>Every structure on a sound volume, found by one walk.</summary>
internal sealed class VolumeSurvey
{
    /// <summary>Parts of one shape in one structure that are worth a mutation: the many entries of a block are alike.</summary>
    private const int MostChosenParts = 24;

    /// <summary>More would be a volume that nobody surveys for its names.</summary>
    private const uint MostInodes = 1 << 20;

    /// <summary>Its map leads to the volume's own blocks, which no other file may have.</summary>
    private const uint ResizeInode = 7;

    private readonly SparseDevice _device;
    private readonly VolumeStack _stack;
    private readonly Workspace _workspace;
    private readonly List<SealedStructure> _structures = [];
    private readonly List<StructurePart> _parts = [];
    private readonly List<SurveyedRun> _runs = [];
    private readonly List<VerityFile> _verityFiles = [];
    private readonly HashSet<uint> _quotas = [];
    private readonly byte[] _block;

    /// <summary>Looks at a sound volume. The superblock's own checksum does not matter.</summary>
    public VolumeSurvey(SparseDevice device)
        : this(device, isReplayed: false)
    {
    }

    private VolumeSurvey(SparseDevice device, bool isReplayed)
    {
        _device = device;
        byte[] superblock = new byte[SuperblockView.Size];
        _device.Peek(SuperblockView.VolumeOffset, superblock);
        SuperblockWriter.Seal(superblock);
        Geometry = new(
            new SuperblockView(superblock), new(SuperblockView.VolumeOffset), device.Length, new(StructureKind.Superblock, 0, 0));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Geometry.InodesCount, MostInodes, nameof(device));
        _stack = new(_device, Geometry, 1 << 18, new());
        _workspace = _stack.CreateWorkspace();
        _block = new byte[Geometry.BlockSize];
        Survey(new SuperblockView(superblock));
        Nodes = [.. _structures.Where(structure => structure.Kind is StructureKind.ExtentNode or StructureKind.IndirectBlock)];
        Structures = [.. _structures.OrderBy(structure => structure.Offset)];
        Log = [.. _structures.Where(structure => structure.Kind is StructureKind.JournalBlock or StructureKind.FileData)];
        VerityFiles = [.. _verityFiles];
        Replayed = isReplayed ? null : Replay();
        AddPartsOfCopies();
        Parts = [.. _parts.OrderBy(part => part.Offset)];
        Runs = [.. _runs.OrderBy(run => run.Offset)];
        ByShape = Parts.Where(part => !IsBackup(part)).GroupBy(part => part.Shape).Select(Chosen).ToArray();
    }

    /// <summary>The volume's dimensions.</summary>
    public VolumeGeometry Geometry { get; }

    /// <summary>Every structure, by offset; none overlaps another.</summary>
    public SealedStructure[] Structures { get; }

    /// <summary>The structures of the journal's log, in its order.</summary>
    public SealedStructure[] Log { get; }

    /// <summary>The nodes of block maps outside of inodes, each file's in the order of a walk.</summary>
    public SealedStructure[] Nodes { get; }

    /// <summary>Every part, by offset.</summary>
    public StructurePart[] Parts { get; }

    /// <summary>Every run of blocks that a file has, by offset.</summary>
    public SurveyedRun[] Runs { get; }

    /// <summary>The volume as its log leaves it; nothing where no block is logged.</summary>
    public ReplayedVolume? Replayed { get; }

    /// <summary>Every file that fs-verity protects.</summary>
    public VerityFile[] VerityFiles { get; }

    /// <summary>Of each shape that is on the volume, the parts to choose from: the first ones of every structure.</summary>
    public StructurePart[][] ByShape { get; }

    /// <summary>The first structure that ends behind an offset; as many as there are, where none does.</summary>
    public int IndexOf(long offset)
    {
        int low = 0;
        int high = Structures.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (Structures[middle].End <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Writes each logged block to its place. What a later transaction revoked is free by then.</summary>
    private ReplayedVolume? Replay()
    {
        SealedStructure[] copies = [.. Log.Where(structure => structure.Kind == StructureKind.FileData)];
        if (copies.Length == 0)
        {
            return null;
        }

        SparseDevice device = new();
        device.Reset(_device.Image, _device.Length);
        Dictionary<ulong, long> places = [];
        foreach (SealedStructure copy in copies)
        {
            _device.Peek(copy.Offset, _block);
            device.Poke(OffsetOf(copy.Home), _block);
            places[copy.Home] = copy.Offset;
        }

        return new(new(device, isReplayed: true), places);
    }

    /// <summary>A copy in the log has the parts of the block that it stands for.</summary>
    private void AddPartsOfCopies()
    {
        foreach (StructurePart part in Replayed?.Survey.Parts ?? [])
        {
            if (Replayed!.Copies.TryGetValue((ulong)part.Offset >> Geometry.BlockBits, out long copy))
            {
                _parts.Add(part with { Offset = copy + (part.Offset & (Geometry.BlockSize - 1)) });
            }
        }
    }

    /// <summary>Many, and only an audit reads them.</summary>
    private static bool IsBackup(in StructurePart part) => part.Shape == FieldCatalogue.Superblock && part.Offset != SuperblockView.VolumeOffset;

    private StructurePart[] Chosen(IEnumerable<StructurePart> parts) =>
        [.. parts.GroupBy(part => IndexOf(part.Offset)).SelectMany(structure => structure.Take(MostChosenParts))];

    private long OffsetOf(ulong block) => (long)block << Geometry.BlockBits;

    private void Add(StructureKind kind, long offset, int size, uint owner) =>
        _structures.Add(new(kind, offset, size, owner, (ulong)offset >> Geometry.BlockBits));

    private void AddPart(StructureShape shape, long offset, int size = int.MaxValue)
    {
        DiskField last = shape.Fields[^1];
        _parts.Add(new(shape, offset, Math.Min(size, last.Offset + last.Size)));
    }

    private void Survey(SuperblockView superblock)
    {
        Add(StructureKind.Superblock, SuperblockView.VolumeOffset, SuperblockView.Size, 0);
        AddPart(FieldCatalogue.Superblock, SuperblockView.VolumeOffset);
        if (Geometry.Has(IncompatibleFeatures.MultipleMountProtection))
        {
            long offset = OffsetOf(superblock.MultipleMountBlock.Value);
            Add(StructureKind.MultipleMountProtection, offset, MultipleMountView.Size, 0);
            AddPart(FieldCatalogue.MultipleMount, offset);
        }

        if (Geometry.Has(ReadOnlyCompatibleFeatures.Quota))
        {
            _quotas.UnionWith(
                [(uint)superblock.UserQuotaInode.Value, (uint)superblock.GroupQuotaInode.Value, (uint)superblock.ProjectQuotaInode.Value]);
        }

        uint journal = Geometry.Has(CompatibleFeatures.HasJournal) ? (uint)superblock.JournalInode.Value : 0;
        uint orphans = Geometry.Has(CompatibleFeatures.OrphanFile) ? (uint)superblock.OrphanFileInode.Value : 0;
        for (uint index = 0; index < Geometry.GroupCount; index++)
        {
            AddGroup(Geometry.Group(index), journal, orphans);
        }
    }

    private void AddGroup(GroupNumber group, uint journal, uint orphans)
    {
        if (group.Value > 0 && Geometry.HasSuperblock(group))
        {
            long backup = OffsetOf(Geometry.FirstBlockOf(group).Value);
            Add(StructureKind.Superblock, backup, SuperblockView.Size, group.Value);
            AddPart(FieldCatalogue.Superblock, backup);
        }

        BlockNumber block = Geometry.DescriptorBlock(group.Value / Geometry.DescriptorsPerBlock, default);
        long offset = OffsetOf(block.Value) + (group.Value % Geometry.DescriptorsPerBlock * Geometry.DescriptorSize);
        Add(StructureKind.GroupDescriptor, offset, Geometry.DescriptorSize, group.Value);
        AddPart(FieldCatalogue.Descriptor, offset, Geometry.DescriptorSize);
        _workspace.Begin();
        GroupPlaces places = _stack.Groups.ReadUnverified(_workspace, group);
        if (!places.Flags.HasFlag(GroupFlags.BlocksUninitialised))
        {
            Add(StructureKind.BlockBitmap, OffsetOf(places.BlockBitmap.First.Value), (int)Geometry.ClustersPerGroup / 8, group.Value);
        }

        if (places.Flags.HasFlag(GroupFlags.InodesUninitialised))
        {
            return;
        }

        Add(StructureKind.InodeBitmap, OffsetOf(places.InodeBitmap.First.Value), (int)Geometry.InodesPerGroup / 8, group.Value);
        for (uint index = 0; index < Geometry.InodesPerGroup - places.UnusedInodes; index++)
        {
            InodeNumber number = new((group.Value * Geometry.InodesPerGroup) + index + 1);
            AddInode(places, number, index, number.Value == journal, number.Value == orphans);
        }
    }

    private void AddInode(in GroupPlaces places, InodeNumber number, uint index, bool isJournal, bool isOrphanFile)
    {
        long offset = OffsetOf(places.InodeTable[index / Geometry.InodesPerBlock].Value)
            + (index % Geometry.InodesPerBlock * Geometry.InodeSize);
        Add(StructureKind.Inode, offset, Geometry.InodeSize, number.Value);
        byte[] bytes = new byte[Geometry.InodeSize];
        _device.Peek(offset, bytes);
        InodeView view = new(bytes);
        if (view.Mode == 0)
        {
            return;
        }

        AddPart(FieldCatalogue.Inode, offset);
        if (Geometry.InodeSize > InodeView.Size)
        {
            AddPart(FieldCatalogue.InodeExtra, offset);
        }

        _workspace.Begin();
        _stack.Inodes.LoadAny(_workspace, number, out Inode inode);
        AddAttributesInInode(bytes, offset);
        AddAttributeBlock(inode);
        bool hasMap = !inode.HasInlineData && number.Value != ResizeInode && (inode.Type is FileType.Regular or FileType.Directory
            || (inode.Type == FileType.SymbolicLink && inode.Is(InodeFlags.Extents) && inode.Sectors != 0));
        if (hasMap)
        {
            AddMap(inode, offset, isJournal, isOrphanFile);
        }
    }

    private void AddAttributesInInode(ReadOnlySpan<byte> inode, long offset)
    {
        int first = InodeAttributesView.FirstEntryOf(inode);
        if (first != 0)
        {
            AddAttributes(inode[first..], offset + first, 0);
        }
    }

    /// <summary>Entries of a list, and the access control lists among their values.</summary>
    private void AddAttributes(ReadOnlySpan<byte> list, long offset, int at)
    {
        int position = at;
        AttributeListView view = AttributeListView.Admitted(list, at);
        for (int start = position; view.TryRead(ref position, out AttributeEntryView entry); start = position)
        {
            AddPart(FieldCatalogue.AttributeEntry, offset + start);
            bool isList = entry.Namespace is AttributeNamespace.AccessList or AttributeNamespace.DefaultAccessList;
            if (isList && entry.ValueInode.Value == 0)
            {
                AddPart(FieldCatalogue.AccessControlList, offset + entry.ValueOffset);
            }
        }
    }

    private void AddAttributeBlock(in Inode inode)
    {
        if (inode.AttributeBlock.Value == 0)
        {
            return;
        }

        long offset = OffsetOf(inode.AttributeBlock.Value);
        if (_structures.Exists(structure => structure.Offset == offset))
        {
            return;
        }

        Add(StructureKind.AttributeBlock, offset, Geometry.BlockSize, inode.Number.Value);
        AddPart(FieldCatalogue.AttributeBlock, offset);
        _device.Peek(offset, _block);
        AddAttributes(_block, offset, AttributeBlockView.HeaderSize);
    }

    private void AddMap(in Inode inode, long offset, bool isJournal, bool isOrphanFile)
    {
        SystemZones zones = new(Geometry, _stack.Groups, _workspace, int.MaxValue);
        Collector collector = new(this, inode, isJournal, isOrphanFile);
        if (inode.Is(InodeFlags.Extents))
        {
            AddExtentParts(inode.BlockMap, offset + InodeView.IBlock);
            new ExtentTree(Geometry, _stack.Cache, zones).Walk(_workspace, inode, collector);
        }
        else
        {
            new IndirectMap(Geometry, _stack.Cache, zones).Walk(_workspace, inode, collector);
        }

        if (collector.Descriptor is { } descriptor)
        {
            _device.Peek(descriptor, _block);
            _verityFiles.Add(new(inode, descriptor, _block, Geometry.BlockBits, [.. _runs.Where(run => run.Inode == collector.Inode)]));
        }

        if (isJournal)
        {
            new JournalSurvey(this, collector.Blocks).Add();
        }
    }

    private void AddExtentParts(ReadOnlySpan<byte> node, long offset)
    {
        AddPart(FieldCatalogue.ExtentNode, offset);
        ExtentNodeView view = ExtentNodeView.Admitted(node);
        StructureShape shape = view.Depth == 0 ? FieldCatalogue.Extent : FieldCatalogue.ExtentIndex;
        for (int entryIndex = 0; entryIndex < view.EntryCount; entryIndex++)
        {
            AddPart(shape, offset + ExtentNodeView.HeaderSize + (entryIndex * ExtentNodeView.EntrySize));
        }
    }

    private void AddDirectoryBlock(ulong block, in Inode inode, bool isFirst)
    {
        long offset = OffsetOf(block);
        _device.Peek(offset, _block);
        bool isFree = DirectoryEntryView.SizeAt(_block, 0, Geometry.BlockSize) == Geometry.BlockSize
            && !new DirectoryEntryView(_block, 0).IsUsed;
        if (inode.Is(InodeFlags.Index) && (isFirst || isFree))
        {
            AddIndexBlock(offset, inode.Number.Value, isFirst);
            return;
        }

        Add(StructureKind.DirectoryBlock, offset, Geometry.BlockSize, inode.Number.Value);
        for (int at = 0; at < Geometry.BlockSize - DirectoryTailView.Size;)
        {
            AddPart(FieldCatalogue.DirectoryEntry, offset + at);
            at += Math.Max(DirectoryEntryView.SizeAt(_block, at, Geometry.BlockSize), DirectoryEntryView.MinimumSize);
        }

        if (Geometry.HasMetadataChecksum)
        {
            AddPart(FieldCatalogue.DirectoryTail, offset + Geometry.BlockSize - DirectoryTailView.Size);
        }
    }

    private void AddIndexBlock(long offset, uint inode, bool isRoot)
    {
        Add(StructureKind.HtreeNode, offset, Geometry.BlockSize, inode);
        AddPart(FieldCatalogue.DirectoryEntry, offset);
        HtreeEntriesView entries = isRoot ? new HtreeRootView(_block).Entries : new(_block, HtreeEntriesView.NodeStart);
        if (isRoot)
        {
            AddPart(FieldCatalogue.DirectoryEntry, offset + DirectoryEntryView.MinimumSize);
            AddPart(FieldCatalogue.HtreeRoot, offset);
        }

        for (int entryIndex = 0; entryIndex < entries.Count; entryIndex++)
        {
            AddPart(FieldCatalogue.HtreeEntries, offset + entries.OffsetOf(entryIndex));
        }

        if (Geometry.HasMetadataChecksum)
        {
            AddPart(FieldCatalogue.HtreeTail, offset + entries.OffsetOf(entries.Limit));
        }
    }

    /// <summary>Sees the blocks of one inode.</summary>
    private sealed class Collector(VolumeSurvey survey, Inode inode, bool isJournal, bool isOrphanFile) : IMapVisitor
    {
        public List<ulong> Blocks { get; } = [];

        public uint Inode => inode.Number.Value;

        public long? Descriptor { get; private set; }

        public bool EnterNode(BlockNumber block, in DiskLocation where)
        {
            VolumeGeometry geometry = survey.Geometry;
            long offset = survey.OffsetOf(block.Value);
            StructureKind kind = inode.Is(InodeFlags.Extents) ? StructureKind.ExtentNode : StructureKind.IndirectBlock;
            survey.Add(kind, offset, geometry.BlockSize, inode.Number.Value);
            if (kind == StructureKind.ExtentNode)
            {
                survey._device.Peek(offset, survey._block);
                survey.AddExtentParts(survey._block, offset);
            }
            else
            {
                survey.AddPart(FieldCatalogue.BlockPointers, offset);
            }

            return true;
        }

        public void VisitRun(FileBlock first, BlockRange blocks, bool isUnwritten, in DiskLocation where)
        {
            survey._runs.Add(new(
                inode.Number.Value, first.Value, survey.OffsetOf(blocks.First.Value), (long)blocks.Count << survey.Geometry.BlockBits));
            for (uint index = 0; index < blocks.Count; index++)
            {
                ulong block = blocks[index].Value;
                if (isJournal)
                {
                    Blocks.Add(block);
                }
                else if (isOrphanFile)
                {
                    survey.AddOrphanBlock(block, inode.Number.Value);
                }
                else if (inode.Type == FileType.Directory)
                {
                    survey.AddDirectoryBlock(block, inode, first.Value + index == 0);
                }
                else if (survey._quotas.Contains(inode.Number.Value))
                {
                    survey.AddQuotaBlock(block, inode.Number.Value, first.Value + index == 0);
                }
                else if (inode.Is(InodeFlags.Verity) && ((long)(first.Value + index) << survey.Geometry.BlockBits) >= VerityTree.StartOf(inode.Size))
                {
                    Descriptor = survey.AddVerityBlock(block, inode.Number.Value) ?? Descriptor;
                }
            }
        }

        public void ReportDamage(CorruptionException damage) => throw damage;
    }

    private void AddOrphanBlock(ulong block, uint inode)
    {
        long offset = OffsetOf(block);
        Add(StructureKind.OrphanFile, offset, Geometry.BlockSize, inode);
        AddPart(FieldCatalogue.OrphanBlock, offset + Geometry.BlockSize - OrphanBlockView.TailSize);
    }

    /// <summary>Records are told by the count in front of them.</summary>
    private void AddQuotaBlock(ulong block, uint inode, bool isFirst)
    {
        const int CountOffset = 8;
        long offset = OffsetOf(block);
        Add(StructureKind.QuotaFile, offset, Geometry.BlockSize, inode);
        _device.Peek(offset, _block);
        if (isFirst)
        {
            AddPart(FieldCatalogue.QuotaFile, offset);
        }

        for (int at = 0; at < Geometry.BlockSize; at += QuotaFileView.BlockSize)
        {
            int count = Le.U16(_block, at + CountOffset);
            for (int index = 0; count is > 0 and <= QuotaRecordView.CountInBlock && index < count; index++)
            {
                AddPart(FieldCatalogue.QuotaRecord, offset + at + QuotaRecordView.First + (index * QuotaRecordView.Size));
            }
        }
    }

    /// <summary>A descriptor is told by its version and the size at its block's end; the other blocks hold hashes.</summary>
    /// <returns>The descriptor's offset, if this is one.</returns>
    private long? AddVerityBlock(ulong block, uint inode)
    {
        long offset = OffsetOf(block);
        _device.Peek(offset, _block);
        bool isDescriptor = _block[VerityDescriptorView.DVersion] == VerityDescriptorView.ExpectedVersion
            && Le.U32(_block, Geometry.BlockSize - sizeof(uint)) == VerityDescriptorView.Size;
        Add(isDescriptor ? StructureKind.VerityDescriptor : StructureKind.VerityTree, offset, Geometry.BlockSize, inode);
        if (!isDescriptor)
        {
            return null;
        }

        AddPart(FieldCatalogue.VerityDescriptor, offset);
        return offset;
    }

    /// <summary>The journal's blocks, as its log goes through them.</summary>
    private sealed class JournalSurvey(VolumeSurvey survey, List<ulong> blocks)
    {
        private const uint Journal = 8;
        private readonly byte[] _bytes = new byte[survey.Geometry.BlockSize];
        private int _at;

        public void Add()
        {
            Peek(0);
            survey.Add(StructureKind.JournalSuperblock, OffsetOf(0), JournalSuperblockView.Size, Journal);
            survey.AddPart(FieldCatalogue.JournalHeader, OffsetOf(0));
            survey.AddPart(FieldCatalogue.JournalSuperblock, OffsetOf(0));
            JournalSuperblockView superblock = new(_bytes);
            JournalFormat format = new(survey.Geometry.BlockSize, superblock.Compatible, superblock.Incompatible);
            uint fastCommits = format.Has(JournalIncompatibleFeatures.FastCommit) ? superblock.FastCommitBlocks : 0;
            if (superblock.Start == 0)
            {
                return;
            }

            uint sequence = superblock.Sequence;
            int last = blocks.Count - (int)fastCommits;
            for (_at = (int)superblock.Start; _at < last && IsOurs(sequence);)
            {
                sequence += AddBlock(format) ? 1u : 0u;
            }

            for (int index = last + 1; fastCommits > 0 && index < blocks.Count && HasRecords(index); index++)
            {
                AddFastCommits(index);
            }
        }

        private long OffsetOf(int index) => survey.OffsetOf(blocks[index]);

        private void Peek(int index) => survey._device.Peek(OffsetOf(index), _bytes);

        private bool IsOurs(uint sequence)
        {
            Peek(_at);
            JournalHeaderView header = new(_bytes);
            return header.Magic == JournalHeaderView.ExpectedMagic && header.Sequence == sequence;
        }

        /// <summary>Adds one block of the log, and those that it logs; true when it ends a transaction.</summary>
        private bool AddBlock(in JournalFormat format)
        {
            long offset = OffsetOf(_at);
            survey.AddPart(FieldCatalogue.JournalHeader, offset);
            survey.Add(StructureKind.JournalBlock, offset, survey.Geometry.BlockSize, Journal);
            _at++;
            switch (new JournalHeaderView(_bytes).Type)
            {
                case JournalBlockType.Descriptor:
                    AddLogged(format, offset);
                    return false;
                case JournalBlockType.Revoke:
                    survey.AddPart(FieldCatalogue.JournalRevoke, offset);
                    return false;
                default:
                    survey.AddPart(FieldCatalogue.JournalCommit, offset);
                    return true;
            }
        }

        private void AddLogged(in JournalFormat format, long offset)
        {
            JournalTagReader tags = new(_bytes, format);
            while (tags.MoveNext())
            {
                survey.AddPart(FieldCatalogue.JournalTag, offset + tags.Offset, format.TagSize);
                survey._structures.Add(new(StructureKind.FileData, OffsetOf(_at), survey.Geometry.BlockSize, Journal, tags.Home.Value));
                _at++;
            }
        }

        private bool HasRecords(int index)
        {
            Peek(index);
            return new FastCommitRecordView(_bytes).Tag is >= FastCommitTag.AddRange and <= FastCommitTag.Head;
        }

        private void AddFastCommits(int index)
        {
            long offset = OffsetOf(index);
            survey.Add(StructureKind.FastCommitBlock, offset, survey.Geometry.BlockSize, Journal);
            for (int at = 0; at + FastCommitRecordView.HeaderSize <= _bytes.Length;)
            {
                FastCommitRecordView record = new(_bytes.AsSpan(at));
                if (!record.Fits || ShapeOf(record.Tag) is not { } shape)
                {
                    break;
                }

                survey.AddPart(FieldCatalogue.FastCommitRecord, offset + at);
                survey.AddPart(shape, offset + at + FastCommitRecordView.HeaderSize);
                at += record.Whole.Length;
            }
        }

        private static StructureShape? ShapeOf(FastCommitTag tag) => tag switch
        {
            FastCommitTag.AddRange => FieldCatalogue.FastCommitAddRange,
            FastCommitTag.DeleteRange => FieldCatalogue.FastCommitDeleteRange,
            FastCommitTag.Create or FastCommitTag.Link or FastCommitTag.Unlink => FieldCatalogue.FastCommitName,
            FastCommitTag.Inode => FieldCatalogue.FastCommitInode,
            FastCommitTag.Head => FieldCatalogue.FastCommitHead,
            FastCommitTag.Tail => FieldCatalogue.FastCommitTail,
            _ => null,
        };
    }
}
