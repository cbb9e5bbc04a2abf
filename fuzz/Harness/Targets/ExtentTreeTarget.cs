using Ext4Core.Extents;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A whole extent tree: the root in the inode, and nodes in blocks.</summary>
/// <remarks>Input: options, 60 bytes of root, a file block that is wanted, then nodes as parts. The walk and the mapper must say
/// the same of every run.</remarks>
internal sealed class ExtentTreeTarget : StagedTarget
{
    /// <summary>Levels of blocks below the root.</summary>
    private const int MostVisits = ExtentNodeView.MaximumDepth;

    private readonly MapRecorder _recorder = new();

    /// <inheritdoc/>
    public override string Name => "extent-tree";

    /// <inheritdoc/>
    public override string Description => "walk and mapping of a whole extent tree over a small device";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            foreach (bool isLarge in new[] { false, true })
            {
                string size = isLarge ? "-4k" : "-1k";
                InputOptions options = InputOptions.Of(hasLargeBlocks: isLarge);
                yield return Flat(options).Named("flat" + size);
                yield return Deep(options, 1, firstOfSecond: 10).Named("two-leaves" + size);
                yield return Deep(options, 3, firstOfSecond: 10).Named("three-levels" + size);
            }

            yield return Deep(InputOptions.Of(), 1, firstOfSecond: 3).Named("leaf-ends-where-the-next-starts");
            yield return Deep(InputOptions.Of(), 1, firstOfSecond: 2).Named("leaf-reaches-into-the-next");
            yield return Deep(InputOptions.Of(sealsChecksums: false), 1, firstOfSecond: 10).Named("checksum-missing");
            yield return Deep(InputOptions.Of(), 1, firstOfSecond: 10, childDepth: 1).Named("leaf-of-the-wrong-depth");
            yield return Deep(InputOptions.Of(hasChecksums: false), 5, firstOfSecond: 10).Named("greatest-depth");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => ExtentWords.All;

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        Span<byte> root = stackalloc byte[InodeView.BlockMapSize];
        reader.Fill(root);
        uint wanted = reader.U32();
        while (reader.TryTakePart(out int place, out ReadOnlySpan<byte> bytes))
        {
            Span<byte> block = volume.Lay(place, bytes);
            if (options.SealsChecksums)
            {
                ExtentNodeWriter.Seal(block, volume.SubjectSeed);
            }
        }

        Inode inode = volume.SubjectOf(FileType.Regular, InodeFlags.Extents, 1 << 20, root);
        return Walk(volume, inode, wanted, input.Length);
    }

    private Verdict Walk(StagedVolume volume, in Inode inode, uint wanted, int inputLength)
    {
        ExtentTree tree = new(volume.Geometry, volume.Stack.Cache, volume.Stack.Zones);
        _recorder.Begin();
        tree.Walk(volume.Workspace, inode, _recorder);

        // Each entry of an index leads to one visit, and each distinct node is looked into once.
        RequireWork(volume.Workspace.BlocksSpent, (inputLength / ExtentNodeView.EntrySize) + 1);
        if (_recorder.FirstDamage is { } damage)
        {
            _ = Map(volume, inode, wanted);
            return Verdict.Damaged(damage);
        }

        Digest digest = _recorder.Digest;
        uint next = 0;
        foreach (ref readonly RecordedRun run in _recorder.Runs)
        {
            Require(run.First >= next, "runs of a walk go backwards");
            CompareRun(volume, inode, run, next);
            next = run.First + run.Count;
        }

        MappedRun mapped = Map(volume, inode, wanted);
        ulong end = tree.FindEnd(volume.Workspace, inode);
        Require(end == 0 || end >= next, "the tree ends before its last run");
        return Verdict.Accepted(digest.Add((ulong)mapped.Kind).Add(mapped.First.Value).Add(mapped.Count).Add(end).Value);
    }

    /// <summary>The mapper must say of a run, from its start, middle and end, what the walk said; and in front of it a hole.</summary>
    private static void CompareRun(StagedVolume volume, in Inode inode, in RecordedRun run, uint endOfLast)
    {
        foreach (uint skip in (ReadOnlySpan<uint>)[0, run.Count / 2, run.Count - 1])
        {
            MappedRun mapped = Map(volume, inode, run.First + skip);
            Require(
                mapped.Kind == (run.IsUnwritten ? RunKind.Unwritten : RunKind.Written)
                && mapped.First.Value == run.Block + skip && mapped.Count == run.Count - skip,
                "the mapper says other than the walk of a run");
        }

        if (endOfLast < run.First)
        {
            MappedRun gap = Map(volume, inode, endOfLast);
            Require(
                gap.Kind == RunKind.Hole && gap.Count <= run.First - endOfLast,
                "the mapper says other than the walk of a hole");
        }
    }

    private static MappedRun Map(StagedVolume volume, in Inode inode, uint wanted)
    {
        volume.Workspace.Begin();
        MappedRun run = volume.Stack.Mapper.Resolve(volume.Workspace, inode, new(wanted), uint.MaxValue);
        Require(run.Count > 0, "a run without a block");
        MappedRun content = volume.Stack.Mapper.ResolveContent(volume.Workspace, inode, new(wanted));
        Require(
            content.Count > 0 && (content.Kind == RunKind.Written) == (run.Kind == RunKind.Written),
            "the search for content says other than the mapper");
        RequireWork(volume.Workspace.BlocksSpent, 2 * MostVisits);
        return run;
    }

    private static InputWriter Flat(InputOptions options)
    {
        byte[] root = new byte[InodeView.BlockMapSize];
        ExtentNodeWriter.Initialise(root, depth: 0);
        ExtentNodeWriter.AppendExtent(root, 0, 3, StagedVolume.BlockOf(0), isUnwritten: false);
        ExtentNodeWriter.AppendExtent(root, 8, 1000, 20_000, isUnwritten: true);
        return new InputWriter(options).Bytes(root).U32(9);
    }

    /// <summary>A root, a chain of index nodes, and two leaves below the last of them.</summary>
    private static InputWriter Deep(InputOptions options, int depth, uint firstOfSecond, int childDepth = 0)
    {
        int blockSize = options.HasLargeBlocks ? 4096 : 1024;
        InputWriter writer = new(options);
        byte[] node = new byte[InodeView.BlockMapSize];
        for (int level = depth; level > 0; level--)
        {
            ExtentNodeWriter.Initialise(node, level);
            ExtentNodeWriter.AppendIndex(node, 0, StagedVolume.BlockOf(level - 1));
            if (level == 1)
            {
                ExtentNodeWriter.AppendIndex(node, firstOfSecond, StagedVolume.BlockOf(depth));
            }

            _ = level == depth ? writer.Bytes(node).U32(4) : writer.Part(level, node);
            node = new byte[blockSize];
        }

        ExtentNodeWriter.Initialise(node, childDepth);
        if (childDepth == 0)
        {
            ExtentNodeWriter.AppendExtent(node, 0, 3, 1000, isUnwritten: false);
        }
        else
        {
            ExtentNodeWriter.AppendIndex(node, 0, 1000);
        }

        writer.Part(0, node);
        ExtentNodeWriter.Initialise(node, depth: 0);
        ExtentNodeWriter.AppendExtent(node, firstOfSecond, 5, 3000, isUnwritten: false);
        return writer.Part(depth, node);
    }
}
