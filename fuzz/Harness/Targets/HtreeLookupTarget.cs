using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A lookup through a directory's index.</summary>
/// <remarks>Input: options (the target's own: 1 folds case, 2 is encrypted), the number of blocks, a name to look up behind its
/// length, then blocks as parts. What is found through the index must be in the blocks.</remarks>
internal sealed class HtreeLookupTarget : StagedTarget
{
    private const int MostBlocks = 16;

    private readonly DirectoryOracles _oracles = new();

    /// <inheritdoc/>
    public override string Name => "htree-lookup";

    /// <inheritdoc/>
    public override string Description => "lookup of a name through the index of a directory, and linearly where it is unusable";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds => IndexSeeds();

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => DirectorySeeds.Words;

    /// <summary>Seeds of the two targets that have an index.</summary>
    public static IEnumerable<Seed> IndexSeeds()
    {
        yield return DirectorySeeds.Indexed(InputOptions.Of(), levels: 0).Named("two-leaves");
        yield return DirectorySeeds.Indexed(InputOptions.Of(hasChecksums: false), levels: 0).Named("two-leaves-without-checksums");
        yield return DirectorySeeds.Indexed(InputOptions.Of(), levels: 1).Named("one-level-of-nodes");
        yield return DirectorySeeds.Indexed(InputOptions.Of(), levels: 2).Named("two-levels-of-nodes");
        yield return DirectorySeeds.Indexed(InputOptions.Of(hasLargeBlocks: true), levels: 1).Named("one-level-of-nodes-4k");
        yield return DirectorySeeds.Indexed(InputOptions.Of(own: 1), levels: 0).Named("names-that-fold");
        yield return DirectorySeeds.Indexed(InputOptions.Of(own: 3), levels: 0).Named("hashes-beside-names");
        yield return DirectorySeeds.Indexed(InputOptions.Of(sealsChecksums: false), levels: 0).Named("checksum-missing");
        yield return DirectorySeeds.Indexed(InputOptions.Of(hasChecksums: false), levels: 0, limitChange: 1).Named("limit-one-too-high");
        yield return DirectorySeeds.Indexed(InputOptions.Of(hasChecksums: false), levels: 0, secondBlock: 3).Named("leaf-behind-the-end");
    }

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        int blocks = 1 + (reader.U8() % MostBlocks);
        ReadOnlySpan<byte> name = reader.TakeCounted();
        Inode directory = DirectoryStage.Lay(volume, options, InodeFlags.Index, blocks, ref reader);
        Inode linear = directory;
        linear.Flags &= ~InodeFlags.Index;
        CorruptionException? damage = options.HasChecksums ? null : _oracles.List(volume, linear);
        Digest answer = _oracles.Lookup(volume, directory, name, damage is null && !options.HasChecksums);

        // Leaves that share a hash, each with the way up and down the levels, and then every block once.
        RequireWork(volume.Workspace.BlocksSpent, (blocks * 2 * (HtreePath.MaximumLevels + 1)) + blocks + HtreePath.MaximumLevels);
        return Verdict.Accepted(answer.Value);
    }
}
