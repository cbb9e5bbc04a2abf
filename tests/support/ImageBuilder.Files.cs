using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace TestSupport;

/// <summary>A run of a file's blocks as a test wants it.</summary>
/// <param name="First">First file block.</param>
/// <param name="Count">Blocks in the run.</param>
/// <param name="IsUnwritten">Allocated, but to read as zeros.</param>
public readonly record struct PlannedRun(uint First, uint Count, bool IsUnwritten = false);

/// <summary>A run of a file's blocks as the builder laid it out.</summary>
public readonly record struct PlacedRun(uint First, uint Count, ulong Start, bool IsUnwritten);

/// <summary>Files and the maps of their blocks.</summary>
public sealed partial class ImageBuilder
{
    public const ushort FileMode = 0x81A4;
    private const int DirectPointers = 12;
    private const int PointerSize = 4;
    private readonly Dictionary<uint, List<PlacedRun>> _placed = [];

    private InodeFlags MapFlags => _shape.Has(IncompatibleFeatures.Extents) ? InodeFlags.Extents : default;

    /// <summary>Where the builder put a file's blocks, in file order.</summary>
    public IReadOnlyList<PlacedRun> RunsOf(uint inode) => _placed[inode];

    /// <summary>The extent nodes in blocks that belong to an inode.</summary>
    public IReadOnlyList<ulong> ExtentNodesOf(uint inode) =>
        [.. _extentNodes.Where(node => node.Inode == inode).Select(node => node.Block)];

    /// <summary>Adds a regular file with a name in the root directory and its blocks where the plan says; written blocks hold
    /// the pattern, unwritten ones hold bytes that nobody may see.</summary>
    /// <param name="name">A name that is not there yet.</param>
    /// <param name="runs">The file's blocks, in order and without overlap.</param>
    /// <param name="size">Size in bytes; null for the end of the last run.</param>
    /// <param name="depth">Levels of extent nodes in blocks, at least.</param>
    /// <param name="isFragmented">Whether runs must not continue each other on the volume.</param>
    public uint AddFile(string name, IReadOnlyList<PlannedRun> runs, ulong? size = null, int depth = 0, bool isFragmented = false)
    {
        uint number = AddInode(FileMode, MapFlags);
        WriteMap(number, runs, depth, isFragmented);
        ulong end = runs.Count == 0 ? 0 : (ulong)runs[^1].First + runs[^1].Count;
        InodeWriter.PutSize(Inode(number), size ?? end << _layout.BlockBits);
        AddName(name, number);
        Seal();
        return number;
    }

    /// <summary>An extent leaf of some length whose header claims <paramref name="entries"/> entries; those that fit are there.</summary>
    public static byte[] ExtentNode(int entries, int bytes, int depth = 0)
    {
        byte[] node = new byte[bytes];
        ExtentNodeWriter.Initialise(node, depth);
        int room = (bytes - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize;
        for (uint entry = 0; entry < Math.Min(entries, room); entry++)
        {
            ExtentNodeWriter.AppendExtent(node, entry, 1, 100 + entry, isUnwritten: false);
        }

        Le.PutU16(node, ExtentNodeView.EhEntries, (ushort)entries);
        return node;
    }

    private ulong WriteMap(uint number, IReadOnlyList<PlannedRun> runs, int depth, bool isFragmented = false)
    {
        List<PlacedRun> placed = Place(number, runs, isFragmented, out ulong clusters);
        _placed[number] = placed;
        ulong metadata = new InodeView(Inode(number)).Flags.HasFlag(InodeFlags.Extents)
            ? WriteExtents(number, placed, depth)
            : WriteIndirect(number, placed);
        ulong blocks = (clusters + metadata) << _layout.ClusterBits;
        InodeWriter.PutBlocks(Inode(number), blocks << (_layout.BlockBits - 9));
        return placed.Count == 0 ? 0 : placed[0].Start;
    }

    /// <summary>Takes blocks for each run: a cluster that two runs share is taken once.</summary>
    private List<PlacedRun> Place(uint number, IReadOnlyList<PlannedRun> runs, bool isFragmented, out ulong clusters)
    {
        List<PlacedRun> placed = [];
        clusters = 0;
        uint clusterBlocks = 1u << _layout.ClusterBits;
        ulong lastCluster = ulong.MaxValue;
        ulong lastStart = 0;
        foreach (PlannedRun run in runs)
        {
            if (isFragmented)
            {
                LeaveGap();
            }

            uint done = 0;
            while (done < run.Count)
            {
                ulong block = (ulong)run.First + done;
                uint within = (uint)(block & (clusterBlocks - 1));
                uint limit = Math.Min(run.Count - done, ExtentNodeWriter.MaximumUnwritten - clusterBlocks);
                if (block >> _layout.ClusterBits == lastCluster)
                {
                    uint shared = Math.Min(limit, clusterBlocks - within);
                    placed.Add(new((uint)block, shared, lastStart + within, run.IsUnwritten));
                    done += shared;
                    continue;
                }

                ulong start = Allocate(within + limit, out uint taken);
                uint count = Math.Min(limit, taken - within);
                placed.Add(new((uint)block, count, start + within, run.IsUnwritten));
                ulong takenClusters = (taken + clusterBlocks - 1) >> _layout.ClusterBits;
                clusters += takenClusters;
                lastCluster = (block >> _layout.ClusterBits) + takenClusters - 1;
                lastStart = start + ((takenClusters - 1) << _layout.ClusterBits);
                done += count;
            }
        }

        foreach (PlacedRun run in placed)
        {
            Fill(number, run);
        }

        return placed;
    }

    private void Fill(uint number, PlacedRun run)
    {
        for (uint index = 0; index < run.Count; index++)
        {
            Span<byte> block = Block(run.Start + index);
            if (run.IsUnwritten)
            {
                block.Fill(0xEE);
            }
            else
            {
                FillPattern(block, number, run.First + index);
            }
        }
    }

    /// <summary>Writes an extent tree of at least <paramref name="depth"/> levels; returns the clusters that its blocks take.</summary>
    private ulong WriteExtents(uint number, List<PlacedRun> extents, int depth)
    {
        const int RootRoom = (InodeView.BlockMapSize - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize;
        int room = (_shape.BlockSize - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize;
        int levels = depth;
        int fanout = 2;
        if (extents.Count == 0)
        {
            levels = 0;
        }

        while (Capacity(RootRoom, fanout, levels) < extents.Count)
        {
            if (fanout < room)
            {
                fanout = levels == 0 ? room : fanout + 1;
            }

            if (levels == 0 || fanout == room)
            {
                levels++;
                fanout = levels == 1 ? 2 : fanout;
            }
        }

        List<(uint First, ulong Child)> children = [];
        ulong blocks = 0;
        for (int level = 0; level < levels; level++)
        {
            List<(uint First, ulong Child)> nodes = [];
            int total = level == 0 ? extents.Count : children.Count;
            for (int start = 0; start < total; start += fanout)
            {
                ulong block = Allocate();
                _extentNodes.Add((number, block));
                blocks++;
                Span<byte> node = Block(block);
                ExtentNodeWriter.Initialise(node, level);
                FillNode(node, level, extents, children, start, Math.Min(total, start + fanout));
                nodes.Add((level == 0 ? extents[start].First : children[start].First, block));
            }

            children = nodes;
        }

        Span<byte> root = Inode(number).Slice(InodeView.IBlock, InodeView.BlockMapSize);
        ExtentNodeWriter.Initialise(root, levels);
        FillNode(root, levels, extents, children, 0, levels == 0 ? extents.Count : children.Count);
        return blocks;
    }

    private static long Capacity(int rootRoom, int fanout, int levels)
    {
        long capacity = rootRoom;
        for (int level = 0; level < levels; level++)
        {
            capacity *= fanout;
        }

        return capacity;
    }

    private static void FillNode(
        Span<byte> node, int level, List<PlacedRun> extents, List<(uint First, ulong Child)> children, int start, int end)
    {
        for (int index = start; index < end; index++)
        {
            if (level == 0)
            {
                PlacedRun run = extents[index];
                ExtentNodeWriter.AppendExtent(node, run.First, run.Count, run.Start, run.IsUnwritten);
            }
            else
            {
                ExtentNodeWriter.AppendIndex(node, children[index].First, children[index].Child);
            }
        }
    }

    /// <summary>Writes block pointers, with blocks of pointers where they are needed; returns how many of these there are.</summary>
    private ulong WriteIndirect(uint number, List<PlacedRun> runs)
    {
        ulong blocks = 0;
        foreach (PlacedRun run in runs)
        {
            for (uint index = 0; index < run.Count; index++)
            {
                blocks += PutPointer(number, run.First + index, (uint)(run.Start + index));
            }
        }

        return blocks;
    }

    private ulong PutPointer(uint number, ulong fileBlock, uint block)
    {
        int bits = _layout.BlockBits - 2;
        Span<byte> map = Inode(number).Slice(InodeView.IBlock, InodeView.BlockMapSize);
        if (fileBlock < DirectPointers)
        {
            Le.PutU32(map, (int)fileBlock * PointerSize, block);
            return 0;
        }

        fileBlock -= DirectPointers;
        int level = 1;
        while (fileBlock >= 1ul << (bits * level))
        {
            fileBlock -= 1ul << (bits * level);
            level++;
        }

        ulong added = 0;
        int offset = (DirectPointers + level - 1) * PointerSize;
        Span<byte> pointers = map;
        for (; level > 0; level--)
        {
            ulong child = Le.U32(pointers, offset);
            if (child == 0)
            {
                child = Allocate();
                added++;
                Block(child).Clear();
                Le.PutU32(pointers, offset, (uint)child);
            }

            pointers = Block(child);
            offset = (int)((fileBlock >> (bits * (level - 1))) & ((1ul << bits) - 1)) * PointerSize;
        }

        Le.PutU32(pointers, offset, block);
        return added;
    }
}
