using Ext4Core.Directories;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A listing of a directory that has an index.</summary>
/// <remarks>Input: as for the lookup. The index must change nothing about what is listed, and its search must be ordered.</remarks>
internal sealed class HtreeListingTarget : StagedTarget
{
    private const int MostBlocks = 16;

    private readonly DirectoryOracles _indexed = new();
    private readonly DirectoryOracles _linear = new();

    /// <inheritdoc/>
    public override string Name => "htree-listing";

    /// <inheritdoc/>
    public override string Description => "listing of a directory that has an index, against the same blocks without one";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds => HtreeLookupTarget.IndexSeeds();

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => DirectorySeeds.Words;

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        int blocks = 1 + (reader.U8() % MostBlocks);
        _ = reader.TakeCounted();
        Inode directory = DirectoryStage.Lay(volume, options, InodeFlags.Index, blocks, ref reader);
        CorruptionException? damage = _indexed.List(volume, directory);
        // Every block once, and once more each node that the root has room to name.
        RequireWork(_indexed.MostVisits, blocks + (volume.BlockSize / HtreeEntriesView.EntrySize) + 2);
        CheckSearch(volume.Place(0), options);
        if (damage is not null)
        {
            return Verdict.Damaged(damage);
        }

        if (!options.HasChecksums && !directory.Is(InodeFlags.Encrypted))
        {
            Inode linear = directory;
            linear.Flags &= ~InodeFlags.Index;
            damage = _linear.List(volume, linear);
            Require(damage is null && _linear.Names.Digest == _indexed.Names.Digest, "the index changes what is listed");
        }

        return Verdict.Accepted(_indexed.Names.Digest.Value);
    }

    /// <summary>In a sound root the entry that a hash belongs to starts at or before it, and the next one behind it.</summary>
    private static void CheckSearch(ReadOnlySpan<byte> root, InputOptions options)
    {
        HtreeRootView view = new(root);
        HtreeShape shape = new(root.Length, options.HasChecksums, options is { Own: 3, IsPlain: false });
        if (!view.Examine(shape, HtreePath.MaximumLevels, default).IsNone)
        {
            return;
        }

        HtreeEntriesView entries = view.Entries;
        for (int index = 0; index + 1 < entries.Count; index++)
        {
            if (entries.HashOf(index) >= entries.HashOf(index + 1))
            {
                return;
            }
        }

        for (int index = 0; index < entries.Count; index++)
        {
            Require(entries.Find(entries.HashOf(index)) == index, "the search in an ordered index finds another entry");
        }
    }
}
