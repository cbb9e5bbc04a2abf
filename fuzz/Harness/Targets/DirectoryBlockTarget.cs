using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A directory without an index: lookups and listings of its blocks.</summary>
/// <remarks>Input: options (the target's own: 1 folds case, 2 is encrypted), the number of blocks, a name to look up behind its
/// length, then blocks as parts.</remarks>
internal sealed class DirectoryBlockTarget : StagedTarget
{
    private const int MostBlocks = 4;

    private readonly DirectoryOracles _oracles = new();

    /// <inheritdoc/>
    public override string Name => "directory-block";

    /// <inheritdoc/>
    public override string Description => "lookup and listing of linear directories: plain, casefolded, encrypted, both";

    /// <summary>Every name is looked up, a block holds 341 of them, and each may be refused by a throw.</summary>
    public override long AllocationBudget => 2 << 20;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return DirectorySeeds.Linear(InputOptions.Of()).Named("three-names");
            yield return DirectorySeeds.Linear(InputOptions.Of(hasChecksums: false)).Named("three-names-without-checksums");
            yield return DirectorySeeds.Linear(InputOptions.Of(hasLargeBlocks: true)).Named("three-names-4k");
            yield return DirectorySeeds.Linear(InputOptions.Of(own: 1)).Named("names-that-fold");
            yield return DirectorySeeds.Linear(InputOptions.Of(own: 2)).Named("names-that-are-encrypted");
            yield return DirectorySeeds.Linear(InputOptions.Of(own: 3)).Named("names-that-fold-and-are-encrypted");
            yield return DirectorySeeds.Linear(InputOptions.Of(sealsChecksums: false)).Named("checksum-missing");
            yield return DirectorySeeds.Linear(InputOptions.Of(), size: 13).Named("entry-of-an-odd-size");
            yield return DirectorySeeds.Linear(InputOptions.Of(), size: 8).Named("entry-shorter-than-any");
            yield return DirectorySeeds.Linear(InputOptions.Of(), size: 2000).Named("entry-across-the-block");
            yield return DirectorySeeds.Full(InputOptions.Of(hasChecksums: false), excess: 0).Named("name-up-to-the-end");
            yield return DirectorySeeds.Full(InputOptions.Of(hasChecksums: false), excess: 1).Named("name-past-the-end");
            yield return DirectorySeeds.Full(InputOptions.Of(hasChecksums: false), excess: 1, reachesAsFar: true).Named("entry-past-the-end");
            yield return DirectorySeeds.Linear(InputOptions.Of(), inode: StagedVolume.InodesCount).Named("last-inode");
            yield return DirectorySeeds.Linear(InputOptions.Of(), inode: StagedVolume.InodesCount + 1).Named("one-inode-too-far");
            yield return DirectorySeeds.Linear(InputOptions.Of(), name: "a/b"u8).Named("name-with-a-slash");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => DirectorySeeds.Words;

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        int blocks = 1 + (reader.U8() % MostBlocks);
        ReadOnlySpan<byte> name = reader.TakeCounted();
        Inode directory = DirectoryStage.Lay(volume, options, default, blocks, ref reader);
        CorruptionException? damage = _oracles.List(volume, directory);
        RequireWork(_oracles.MostVisits, blocks + 1);
        Digest answer = _oracles.Lookup(volume, directory, name, damage is null);
        if (damage is not null)
        {
            return Verdict.Damaged(damage);
        }

        _oracles.LookupListed(volume, directory);
        return Verdict.Accepted(_oracles.Names.Digest.Add(answer.Value).Value);
    }
}
