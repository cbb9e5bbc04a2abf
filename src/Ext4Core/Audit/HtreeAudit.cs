using Ext4Core.Directories;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>A directory's index: whether it leads to each block once, in the order of hashes, and whether each name lies in the
/// block that its hash says.</summary>
/// <remarks>Mirrors what e2fsck's passes 1 and 2 ask of an index. Bound: an index block is read once, when it is first led to.</remarks>
internal sealed class HtreeAudit(AuditContext context)
{
    private const int BlockBytes = 40;
    private readonly Htree _htree = new(context.Geometry, context.DirectoryBlocks);
    private readonly Dictionary<uint, HashRange> _blocks = [];
    private HashVersion _version;
    private HashRange _range;
    private long _taken;

    /// <summary>Whether the whole index could be read, so that a block which it does not lead to is lost.</summary>
    private bool _isWhole;

    private VolumeGeometry Geometry => context.Geometry;

    /// <summary>Reads the index of a directory, if it has one, and forgets the one before.</summary>
    public void Read(in Inode directory)
    {
        _blocks.Clear();
        context.Budget.GiveBack(_taken);
        _taken = 0;
        _range = HashRange.Any;
        _isWhole = !directory.HasInlineData && context.DirectoryBlocks.IsIndexed(directory);
        if (!_isWhole)
        {
            return;
        }

        try
        {
            using DirectoryBlockLease root = context.DirectoryBlocks.BorrowRoot(context.Workspace, directory);
            HtreeRootView view = new(root.Bytes);
            _htree.ExamineRoot(directory, view, root.Where).ThrowIfAny();
            _version = view.HashVersion;
            _blocks.Add(0, HashRange.Any);
            ReadEntries(directory, view.Entries, view.IndirectLevels, HashRange.All, root.Where);
        }
        catch (CorruptionException damage)
        {
            Report(damage);
        }
    }

    /// <summary>Turns to a block of the directory: names are held against what the index says of it.</summary>
    public void Enter(uint index, in DiskLocation where)
    {
        if (!_blocks.TryGetValue(index, out _range))
        {
            _range = HashRange.Any;
            if (_isWhole)
            {
                context.Findings.Add(CorruptionCode.HtreeBlockUnreferenced, where, index, 0);
            }
        }
    }

    /// <summary>Whether a name lies where its hash says.</summary>
    public void CheckName(in Inode directory, DirectoryEntryView entry, in DiskLocation where)
    {
        if (_range.IsAny || !TryHash(directory, entry, out uint hash))
        {
            return;
        }

        if (hash < _range.Low || hash > _range.High)
        {
            uint limit = hash < _range.Low ? _range.Low : _range.High;
            context.Findings.Add(CorruptionCode.HtreeHashOutOfRange, where.At(DirectoryEntryView.DeName), hash, limit);
        }
    }

    private void ReadEntries(
        in Inode directory, HtreeEntriesView entries, int levelsBelow, HashRange range, in DiskLocation where)
    {
        uint low = range.Low;
        for (int index = 0; index < entries.Count; index++)
        {
            DiskLocation entry = where.At(entries.OffsetOf(index));
            uint hash = index == 0 ? low : entries.HashOf(index) & ~1u;
            if (hash < low || hash > range.High)
            {
                Report(new(CorruptionCode.HtreeOrder, entry, hash, hash < low ? low : range.High));
                return;
            }

            low = hash;
            uint high = index + 1 < entries.Count ? LastBefore(entries.HashOf(index + 1)) : range.High;
            Follow(directory, entries.BlockOf(index), levelsBelow, new(low, high), entry.At(HtreeEntriesView.DxBlock));
        }
    }

    /// <summary>The last hash in front of an entry; the entry's own where it says that the block before holds some of the same.</summary>
    private static uint LastBefore(uint entryHash) => (entryHash & 1) != 0 ? entryHash & ~1u : Math.Max(entryHash, 1) - 1;

    private void Follow(in Inode directory, FileBlock block, int levelsBelow, HashRange range, in DiskLocation pointer)
    {
        uint count = context.DirectoryBlocks.CountOf(directory);
        if (block.Value >= count)
        {
            Report(new(CorruptionCode.HtreeBlockOutOfRange, pointer, block.Value, count));
            return;
        }

        if (!context.Budget.TryTake(BlockBytes))
        {
            context.Findings.Skip("the order of names in directories with an index: more blocks than the memory limit allows");
            _isWhole = false;
            return;
        }

        _taken += BlockBytes;
        if (!_blocks.TryAdd(block.Value, levelsBelow > 0 ? HashRange.Any : range))
        {
            context.Findings.Add(CorruptionCode.HtreeBlockTwice, pointer, block.Value, 0);
            return;
        }

        if (levelsBelow > 0)
        {
            ReadNode(directory, block, levelsBelow - 1, range, pointer);
        }
    }

    private void ReadNode(in Inode directory, FileBlock block, int levelsBelow, HashRange range, in DiskLocation pointer)
    {
        context.Workspace.Begin();
        try
        {
            using DirectoryBlockLease node = context.DirectoryBlocks.BorrowNode(context.Workspace, directory, block, pointer);
            HtreeEntriesView entries = new(node.Bytes, HtreeEntriesView.NodeStart);
            entries.Examine(context.DirectoryBlocks.HtreeShapeOf(directory).NodeLimit, node.Where).ThrowIfAny();
            ReadEntries(directory, entries, levelsBelow, range, node.Where);
        }
        catch (CorruptionException damage)
        {
            Report(damage);
        }
    }

    private void Report(CorruptionException damage)
    {
        context.Findings.Add(damage);
        _isWhole = false;
    }

    /// <summary>A name's hash: the stored one, or the one of its bytes or of its folded form.</summary>
    private bool TryHash(in Inode directory, DirectoryEntryView entry, out uint hash)
    {
        if (context.DirectoryBlocks.ShapeOf(directory).HasHashes)
        {
            hash = entry.Hash & ~1u;
            return true;
        }

        hash = 0;
        if (!DirectoryHash.TryResolve(_version, Geometry.HashesUnsigned, out HashVersion version))
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[CaseFolding.MaximumLength];
        ReadOnlySpan<byte> name = entry.Name;
        int length = directory.Is(InodeFlags.CaseFold) ? CaseFolding.Fold(name, buffer) : CaseFolding.Opaque;
        hash = DirectoryHash.Compute(version, Geometry.HashSeed, length == CaseFolding.Opaque ? name : buffer[..length]).Major;
        return true;
    }

    /// <summary>The hashes that a block may hold, both ends included.</summary>
    private readonly record struct HashRange(uint Low, uint High)
    {
        /// <summary>The whole of an index.</summary>
        public static HashRange All => new(0, uint.MaxValue);

        /// <summary>Nothing is known: an index block, or one that no index leads to.</summary>
        public static HashRange Any => new(1, 0);

        public bool IsAny => Low > High;
    }
}
