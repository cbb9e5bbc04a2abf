using Ext4Core.Extents;
using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The block map of ext2 and ext3: fifteen pointers in the inode, and blocks of pointers.</summary>
/// <remarks>Input: options, 60 bytes of pointers, a file block that is wanted, then blocks of pointers as parts.</remarks>
internal sealed class IndirectMapTarget : StagedTarget
{
    /// <summary>Levels of blocks of pointers.</summary>
    private const int MostVisits = 3;

    private readonly MapRecorder _recorder = new();

    /// <inheritdoc/>
    public override string Name => "indirect-map";

    /// <inheritdoc/>
    public override string Description => "walk and mapping of direct and indirect block pointers over a small device";

    /// <inheritdoc/>
    /// <remarks>Each pointer may be damage that is reported.</remarks>
    public override int MaximumLength => 512;

    /// <inheritdoc/>
    public override long AllocationBudget => 96 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Direct(70, 71, 72).Named("direct-run");
            yield return Direct(70, 0, 72).Named("direct-with-a-hole");
            yield return Direct(StagedVolume.BlocksCount).Named("last-block-of-the-volume");
            yield return Direct(StagedVolume.BlocksCount + 1).Named("one-block-behind-the-volume");
            yield return Levels(1).Named("one-level");
            yield return Levels(2).Named("two-levels");
            yield return Levels(3).Named("three-levels");
            yield return new InputWriter(InputOptions.Of(hasLargeBlocks: true)).Bytes(Pointers((12, StagedVolume.FirstPlace)))
                .U32(13).Part(0, Words(90, 91, 0, 93)).Named("one-level-4k");
            yield return new InputWriter(InputOptions.Of()).Bytes(Pointers((13, StagedVolume.FirstPlace)))
                .U32(300).Part(0, Words(StagedVolume.FirstPlace)).Named("pointer-to-its-own-block");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("first_place", [StagedVolume.FirstPlace, 0, 0, 0]),
        new("second_place", [StagedVolume.FirstPlace + 1, 0, 0, 0]),
        new("last_block", [0, 0, 1, 0]),
    ];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        Span<byte> pointers = stackalloc byte[InodeView.BlockMapSize];
        reader.Fill(pointers);
        uint wanted = reader.U32();
        while (reader.TryTakePart(out int place, out ReadOnlySpan<byte> bytes))
        {
            _ = volume.Lay(place, bytes);
        }

        Inode inode = volume.SubjectOf(FileType.Regular, default, 1 << 20, pointers);
        IndirectMap map = new(volume.Geometry, volume.Stack.Cache, volume.Stack.Zones);
        _recorder.Begin();
        map.Walk(volume.Workspace, inode, _recorder);

        // Blocks that inputs cannot fill hold no pointers: they are visited, and lead nowhere.
        RequireWork(volume.Workspace.BlocksSpent, (input.Length / sizeof(uint)) + 1);
        if (_recorder.FirstDamage is { } damage)
        {
            _ = Map(volume, inode, wanted);
            return Verdict.Damaged(damage);
        }

        foreach (ref readonly RecordedRun run in _recorder.Runs)
        {
            MappedRun mapped = Map(volume, inode, run.First);
            Require(
                mapped.Kind == RunKind.Written && mapped.First.Value == run.Block && mapped.Count == run.Count,
                "the mapper says other than the walk of a run");
        }

        MappedRun last = Map(volume, inode, wanted);
        return Verdict.Accepted(_recorder.Digest.Add((ulong)last.Kind).Add(last.First.Value).Add(last.Count).Value);
    }

    private static MappedRun Map(StagedVolume volume, in Inode inode, uint wanted)
    {
        volume.Workspace.Begin();
        MappedRun run = volume.Stack.Mapper.Resolve(volume.Workspace, inode, new(wanted), uint.MaxValue);
        MappedRun one = volume.Stack.Mapper.Resolve(volume.Workspace, inode, new(wanted), 1);
        MappedRun content = volume.Stack.Mapper.ResolveContent(volume.Workspace, inode, new(wanted));
        Require(run.Count > 0 && content.Count > 0, "a run without a block");
        Require(
            one.Count == 1 && one.Kind == run.Kind && one.First == run.First && content.Kind == run.Kind
            && content.Count >= run.Count,
            "two questions about one block have different answers");
        RequireWork(volume.Workspace.BlocksSpent, 3 * MostVisits);
        return run;
    }

    private static InputWriter Direct(params ReadOnlySpan<uint> blocks)
    {
        byte[] pointers = new byte[InodeView.BlockMapSize];
        Words(blocks).CopyTo(pointers, 0);
        return new InputWriter(InputOptions.Of()).Bytes(pointers).U32(1);
    }

    private static InputWriter Levels(int levels)
    {
        InputWriter writer = new InputWriter(InputOptions.Of(hasChecksums: false))
            .Bytes(Pointers((11 + levels, StagedVolume.FirstPlace))).U32(12);
        for (int level = 1; level < levels; level++)
        {
            writer.Part(level - 1, Words(StagedVolume.FirstPlace + (uint)level));
        }

        return writer.Part(levels - 1, Words(90, 91, 0, 93));
    }

    private static byte[] Pointers(params ReadOnlySpan<(int Index, int Block)> set)
    {
        byte[] pointers = new byte[InodeView.BlockMapSize];
        foreach ((int index, int block) in set)
        {
            Le.PutU32(pointers, index * sizeof(uint), (uint)block);
        }

        return pointers;
    }

    private static byte[] Words(params ReadOnlySpan<uint> values)
    {
        byte[] words = new byte[values.Length * sizeof(uint)];
        for (int index = 0; index < values.Length; index++)
        {
            Le.PutU32(words, index * sizeof(uint), values[index]);
        }

        return words;
    }
}
