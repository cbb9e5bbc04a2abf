using Ext4Core.Integrity;
using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests.Targets;

/// <summary>Every seed gives the verdict that its name promises: valid ones are taken, those one step outside are refused for
/// the reason that was meant.</summary>
public sealed class TargetSeedTests
{
    private static readonly (string Target, string Seed, CorruptionCode Code)[] Damaged =
    [
        ("extent-node", "root-one-level-too-deep", CorruptionCode.ExtentDepth),
        ("extent-node", "interior-without-entries", CorruptionCode.ExtentNodeEmpty),
        ("extent-node", "leaf-with-one-entry-more-than-fits", CorruptionCode.ExtentEntriesOverflow),
        ("extent-node", "leaf-with-room-for-one-entry-too-many", CorruptionCode.ExtentMaximumEntries),
        ("extent-node", "leaf-without-magic", CorruptionCode.ExtentMagic),
        ("extent-tree", "leaf-reaches-into-the-next", CorruptionCode.ExtentOrder),
        ("extent-tree", "checksum-missing", CorruptionCode.ExtentChecksum),
        ("extent-tree", "leaf-of-the-wrong-depth", CorruptionCode.ExtentDepth),
        ("indirect-map", "one-block-behind-the-volume", CorruptionCode.BlockOutOfRange),
        ("inode", "extra-fields-reach-past-the-inode", CorruptionCode.InodeExtraSizeOutOfRange),
        ("inode", "extra-fields-of-an-odd-size", CorruptionCode.InodeExtraSizeOutOfRange),
        ("inode", "not-in-use", CorruptionCode.InodeNotInUse),
        ("inode", "type-that-does-not-exist", CorruptionCode.InodeTypeUnknown),
        ("inode", "size-that-is-negative", CorruptionCode.InodeSizeImpossible),
        ("inode", "inline-data-and-extents-at-once", CorruptionCode.InodeFlagsContradict),
        ("inode", "checksum-missing", CorruptionCode.InodeChecksum),
        ("inline-data", "directory-without-parent", CorruptionCode.InodeOutOfRange),
        ("inline-data", "entry-across-the-two-areas", CorruptionCode.DirectoryEntryCrossesBlock),
        ("directory-block", "checksum-missing", CorruptionCode.DirectoryTailMissing),
        ("directory-block", "entry-of-an-odd-size", CorruptionCode.DirectoryEntryUnaligned),
        ("directory-block", "entry-shorter-than-any", CorruptionCode.DirectoryEntryTooShort),
        ("directory-block", "entry-across-the-block", CorruptionCode.DirectoryEntryCrossesBlock),
        ("directory-block", "one-inode-too-far", CorruptionCode.InodeOutOfRange),
        ("directory-block", "name-with-a-slash", CorruptionCode.DirectoryNameForbidden),
        ("htree-lookup", "checksum-missing", CorruptionCode.HtreeChecksum),
        ("htree-lookup", "leaf-behind-the-end", CorruptionCode.HtreeBlockOutOfRange),
        ("htree-listing", "checksum-missing", CorruptionCode.HtreeChecksum),
    ];

    private static readonly (string Target, string Seed)[] Refused = [];

    public static TheoryData<string, string> Seeds
    {
        get
        {
            TheoryData<string, string> seeds = [];
            foreach (FuzzTarget target in TargetRegistry.All)
            {
                foreach (Seed seed in target.Seeds)
                {
                    seeds.Add(target.Name, seed.Name);
                }
            }

            return seeds;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_seed_gives_the_verdict_that_it_is_meant_to_give(string targetName, string seedName)
    {
        FuzzTarget target = TargetRegistry.Find(targetName)!;
        Verdict verdict = FuzzRun.Once(target, target.Seeds.Single(seed => string.Equals(seed.Name, seedName, StringComparison.Ordinal)).Bytes);

        Assert.Equal(Expected(targetName, seedName), (verdict.Outcome, verdict.Code));
    }

    [Fact]
    public void Every_seed_that_is_expected_to_be_refused_exists()
    {
        List<(string Target, string Seed)> seeds =
            [.. TargetRegistry.All.SelectMany(target => target.Seeds.Select(seed => (target.Name, seed.Name)))];
        Assert.Empty(Damaged.Select(row => (row.Target, row.Seed)).Concat(Refused).Except(seeds));
    }

    private static (Outcome Outcome, CorruptionCode Code) Expected(string target, string seed)
    {
        CorruptionCode code = Damaged.FirstOrDefault(row => (target, seed).Equals((row.Target, row.Seed))).Code;
        Outcome outcome = Refused.Contains((target, seed)) ? Outcome.Refused : Outcome.Accepted;
        return code == default ? (outcome, code) : (Outcome.Damaged, code);
    }
}
