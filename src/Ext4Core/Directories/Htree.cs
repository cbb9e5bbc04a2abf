using System.Runtime.CompilerServices;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>Walks a directory's index from the root to the blocks where a hash belongs.</summary>
/// <remarks>Bounds: three levels of index blocks, and no block twice on the way down. Damage that the Linux 6.18 driver
/// answers with a linear search is returned; damage that it fails on is raised.</remarks>
internal sealed class Htree(VolumeGeometry geometry, DirectoryBlocks blocks)
{
    private const int SmallDirectoryLevels = 2;

    /// <summary>Finds the first leaf that may hold a name. One block visit, and the map's, for each level.</summary>
    public Damage Descend(Workspace workspace, in Inode directory, scoped in DirectoryName name, out HtreePath path)
    {
        path = default;
        HtreeShape shape = blocks.HtreeShapeOf(directory);
        int levelCount;
        using (DirectoryBlockLease root = blocks.BorrowRoot(workspace, directory))
        {
            HtreeRootView view = new(root.Bytes);
            Damage damage = ExamineRoot(directory, view, root.Where);
            if (!damage.IsNone)
            {
                return damage;
            }

            levelCount = view.IndirectLevels + 1;
            path.Hash = name.HashWith(view.HashVersion, geometry).Major;
            damage = path.Descend(default, view.Entries, view.Entries.Find(path.Hash), root.Where);
            if (!damage.IsNone)
            {
                return damage;
            }
        }

        while (path.LevelCount < levelCount)
        {
            FileBlock block = path.Target;
            using DirectoryBlockLease node = blocks.BorrowNode(workspace, directory, block, path.Pointer);
            HtreeEntriesView entries = new(node.Bytes, HtreeEntriesView.NodeStart);
            Damage damage = entries.Examine(shape.NodeLimit, node.Where);
            if (damage.IsNone)
            {
                damage = path.Descend(block, entries, entries.Find(path.Hash), node.Where);
            }

            if (!damage.IsNone)
            {
                return damage;
            }
        }

        return default;
    }

    /// <summary>Looks for damage in the root that makes the index unusable.</summary>
    public Damage ExamineRoot(in Inode directory, HtreeRootView root, in DiskLocation where) =>
        root.Examine(blocks.HtreeShapeOf(directory), LevelLimit, where);

    /// <summary>Moves on to the next leaf if names with the same hash may go on there: the path's deepest node that has a
    /// further entry says so, and leads down to it along first entries.</summary>
    public bool MoveNext(Workspace workspace, in Inode directory, ref HtreePath path)
    {
        int levelCount = path.LevelCount;
        do
        {
            using DirectoryBlockLease node = BorrowAgain(workspace, directory, path);
            HtreeEntriesView entries = path.LevelCount == 1
                ? new HtreeRootView(node.Bytes).Entries
                : new(node.Bytes, HtreeEntriesView.NodeStart);
            int next = path.EntryIndex + 1;
            if (next < entries.Count)
            {
                if ((entries.HashOf(next) & ~1u) != path.Hash)
                {
                    return false;
                }

                path.Select(entries, next, node.Where);
                GoDown(workspace, directory, levelCount, ref path);
                return true;
            }
        }
        while (path.Ascend());

        return false;
    }

    private int LevelLimit => geometry.Has(IncompatibleFeatures.LargeDirectories)
        ? HtreePath.MaximumLevels
        : SmallDirectoryLevels;

    private void GoDown(Workspace workspace, in Inode directory, int levelCount, ref HtreePath path)
    {
        HtreeShape shape = blocks.HtreeShapeOf(directory);
        while (path.LevelCount < levelCount)
        {
            FileBlock block = path.Target;
            using DirectoryBlockLease node = blocks.BorrowNode(workspace, directory, block, path.Pointer);
            HtreeEntriesView entries = new(node.Bytes, HtreeEntriesView.NodeStart);
            entries.Examine(shape.NodeLimit, node.Where).ThrowIfAny();
            path.Descend(block, entries, 0, node.Where).ThrowIfAny();
        }
    }

    private DirectoryBlockLease BorrowAgain(Workspace workspace, in Inode directory, in HtreePath path) =>
        path.LevelCount == 1
            ? blocks.BorrowRoot(workspace, directory)
            : blocks.BorrowNode(workspace, directory, path.Node, path.Pointer);
}

/// <summary>A way through the index: which entry was taken at each level.</summary>
internal struct HtreePath
{
    public const int MaximumLevels = 3;

    /// <summary>The hash that is looked for.</summary>
    public uint Hash;
    private Steps _steps;

    /// <summary>Levels passed so far.</summary>
    public int LevelCount { get; private set; }

    /// <summary>The deepest index block on the way.</summary>
    public readonly FileBlock Node => _steps[LevelCount - 1].Node;

    /// <summary>The entry taken in it.</summary>
    public readonly int EntryIndex => _steps[LevelCount - 1].EntryIndex;

    /// <summary>The block that this entry leads to.</summary>
    public FileBlock Target { get; private set; }

    /// <summary>Where this entry lies on the volume.</summary>
    public DiskLocation Pointer { get; private set; }

    /// <summary>Passes through one more index block, unless its entry leads back to a block on the way.</summary>
    public Damage Descend(FileBlock node, HtreeEntriesView entries, int entryIndex, in DiskLocation where)
    {
        _steps[LevelCount++] = new(node, entryIndex);
        Select(entries, entryIndex, where);
        for (int level = 0; level < LevelCount; level++)
        {
            if (_steps[level].Node == Target)
            {
                return new(CorruptionCode.HtreeCycle, Pointer, Target.Value, (uint)level);
            }
        }

        return default;
    }

    /// <summary>Takes another entry of the deepest index block.</summary>
    public void Select(HtreeEntriesView entries, int entryIndex, in DiskLocation where)
    {
        _steps[LevelCount - 1] = new(Node, entryIndex);
        Target = entries.BlockOf(entryIndex);
        Pointer = where.At(entries.OffsetOf(entryIndex) + HtreeEntriesView.DxBlock);
    }

    /// <summary>Goes back to the level above, if there is one.</summary>
    public bool Ascend()
    {
        LevelCount--;
        return LevelCount > 0;
    }

    private readonly record struct Step(FileBlock Node, int EntryIndex);

    [InlineArray(MaximumLevels)]
    private struct Steps
    {
        private Step _first;
    }
}
