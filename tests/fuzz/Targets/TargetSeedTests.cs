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
        ("directory-block", "name-past-the-end", CorruptionCode.DirectoryNameOverflow),
        ("directory-block", "entry-past-the-end", CorruptionCode.DirectoryEntryCrossesBlock),
        ("directory-block", "one-inode-too-far", CorruptionCode.InodeOutOfRange),
        ("directory-block", "name-with-a-slash", CorruptionCode.DirectoryNameForbidden),
        ("htree-lookup", "checksum-missing", CorruptionCode.HtreeChecksum),
        ("htree-lookup", "leaf-behind-the-end", CorruptionCode.HtreeBlockOutOfRange),
        ("htree-listing", "checksum-missing", CorruptionCode.HtreeChecksum),
        ("superblock", "checksum-wrong", CorruptionCode.SuperblockChecksum),
        ("superblock", "magic-off-by-one", CorruptionCode.SuperblockMagic),
        ("superblock", "block-size-too-large", CorruptionCode.BlockSizeOutOfRange),
        ("superblock", "cluster-size-without-clusters", CorruptionCode.ClusterSizeOutOfRange),
        ("superblock", "group-larger-than-its-bitmap", CorruptionCode.BlocksPerGroupOutOfRange),
        ("superblock", "one-block-behind-the-device", CorruptionCode.BlocksCountOutOfRange),
        ("superblock", "one-inode-too-many", CorruptionCode.InodesCountMismatch),
        ("superblock", "first-inode-too-low", CorruptionCode.FirstInodeOutOfRange),
        ("superblock", "first-block-before-the-first", CorruptionCode.FirstDataBlockOutOfRange),
        ("group-descriptors", "checksum-wrong", CorruptionCode.GroupDescriptorChecksum),
        ("group-descriptors", "bitmap-before-the-volume", CorruptionCode.BlockBitmapOutOfRange),
        ("group-descriptors", "bitmap-behind-the-volume", CorruptionCode.InodeBitmapOutOfRange),
        ("group-descriptors", "table-across-the-end", CorruptionCode.InodeTableOutOfRange),
        ("group-descriptors", "table-far-behind-the-volume", CorruptionCode.InodeTableOutOfRange),
        ("group-descriptors", "two-bitmaps-in-one-block", CorruptionCode.SystemZonesOverlap),
        ("bitmap", "checksum-missing", CorruptionCode.BlockBitmapChecksum),
        ("attribute-block", "checksum-missing", CorruptionCode.AttributeChecksum),
        ("attribute-block", "magic-off-by-one", CorruptionCode.AttributeMagic),
        ("attribute-block", "two-blocks", CorruptionCode.AttributeBlockCountMismatch),
        ("attribute-block", "value-behind-the-block", CorruptionCode.AttributeValueOutOfRange),
        ("attribute-block", "value-over-the-names", CorruptionCode.AttributeValueOverlapsNames),
        ("attribute-block", "value-inode-without-the-feature", CorruptionCode.AttributeInodeWithoutFeature),
        ("inode-attributes", "name-reaches-past-the-inode", CorruptionCode.AttributeEntryOverflow),
        ("inode-attributes", "name-one-byte-longer-than-it-is", CorruptionCode.AttributeNameLengthMismatch),
        ("inode-attributes", "value-too-large", CorruptionCode.AttributeValueTooLarge),
        ("inode-attributes", "value-in-the-root", CorruptionCode.AttributeInodeOutOfRange),
        ("value-inode", "value-of-a-wrong-checksum", CorruptionCode.AttributeValueChecksum),
        ("value-inode", "value-one-byte-longer-than-its-inode", CorruptionCode.AttributeInodeSizeMismatch),
        ("value-inode", "value-without-the-feature", CorruptionCode.AttributeInodeWithoutFeature),
        ("value-inode", "value-in-an-ordinary-file", CorruptionCode.AttributeInodeFlagsContradict),
        ("value-inode", "value-with-a-hole", CorruptionCode.AttributeInodeHasHole),
        ("access-control-list", "version-two", CorruptionCode.AccessListVersionMismatch),
        ("access-control-list", "one-byte-too-long", CorruptionCode.AccessListSize),
        ("access-control-list", "tag-of-nobody", CorruptionCode.AccessListTagUnknown),
        ("access-control-list", "user-without-identity", CorruptionCode.AccessListSize),
        ("journal-superblock", "fast-commits-one-block-too-many", CorruptionCode.JournalLengthOutOfRange),
        ("journal-superblock", "one-block-too-long", CorruptionCode.JournalLengthOutOfRange),
        ("journal-superblock", "one-block-too-short", CorruptionCode.JournalLengthOutOfRange),
        ("journal-superblock", "log-starts-in-the-superblock", CorruptionCode.JournalFirstOutOfRange),
        ("journal-superblock", "two-versions-of-checksums", CorruptionCode.JournalFeaturesContradict),
        ("journal-scan", "checksums-missing", CorruptionCode.JournalBlockChecksum),
        ("journal-scan", "home-behind-the-volume", CorruptionCode.JournalHomeOutOfRange),
        ("journal-scan", "revokes-behind-their-block", CorruptionCode.JournalRevokeCountOutOfRange),
        ("journal-scan", "one-block-too-many", CorruptionCode.JournalBlocksTooMany),
        ("journal-overlay", "checksums-missing", CorruptionCode.JournalBlockChecksum),
        ("journal-overlay", "home-behind-the-volume", CorruptionCode.JournalHomeOutOfRange),
        ("journal-overlay", "revokes-behind-their-block", CorruptionCode.JournalRevokeCountOutOfRange),
        ("journal-overlay", "one-block-too-many", CorruptionCode.JournalBlocksTooMany),
        ("journal-revoke", "one-too-many", CorruptionCode.JournalRevokesTooMany),
        ("journal-revoke", "more-than-the-block-holds", CorruptionCode.JournalRevokeCountOutOfRange),
        ("fast-commit", "checksum-missing", CorruptionCode.FastCommitChecksum),
        ("fast-commit", "name-without-a-name", CorruptionCode.FastCommitRecordImpossible),
        ("fast-commit", "create-without-its-inode", CorruptionCode.FastCommitInodeMissing),
        ("fast-commit", "one-record-too-many", CorruptionCode.FastCommitRecordsTooMany),
        ("orphan-file", "checksum-missing", CorruptionCode.OrphanBlockChecksum),
        ("orphan-file", "size-of-half-a-block", CorruptionCode.OrphanFileSizeImpossible),
        ("orphan-file", "last-block-missing", CorruptionCode.OrphanFileHasHole),
        ("orphan-file", "block-without-magic", CorruptionCode.OrphanBlockMagic),
        ("orphan-list", "circle-of-two", CorruptionCode.OrphanListOverflow),
        ("orphan-list", "its-own-next", CorruptionCode.OrphanListOverflow),
        ("orphan-list", "one-inode-too-far", CorruptionCode.InodeOutOfRange),
        ("orphan-list", "reserved-inode", CorruptionCode.InodeOutOfRange),
        ("orphan-list", "checksum-missing", CorruptionCode.InodeChecksum),
        ("multiple-mount", "checksum-wrong", CorruptionCode.MultipleMountChecksum),
        ("multiple-mount", "magic-off-by-one", CorruptionCode.MultipleMountMagic),
        ("verity-descriptor", "file-of-too-many-levels", CorruptionCode.VerityLevelsOverflow),
        ("verity-descriptor", "algorithm-that-nobody-knows", CorruptionCode.VerityAlgorithmUnknown),
        ("verity-descriptor", "blocks-larger-than-the-volumes", CorruptionCode.VerityBlockSizeOutOfRange),
        ("verity-descriptor", "blocks-too-small", CorruptionCode.VerityBlockSizeOutOfRange),
        ("verity-descriptor", "one-byte-short", CorruptionCode.VerityDescriptorSize),
        ("verity-descriptor", "file-of-another-size", CorruptionCode.VerityFileSizeMismatch),
        ("verity-tree", "blocks-larger-than-the-volumes", CorruptionCode.VerityBlockSizeOutOfRange),
        ("fuse-request", "attributes-of-a-damaged-file", CorruptionCode.ExtentMagic),

        // Bitmaps and counts do not know of fast commits before they are replayed on the disk.
        ("volume", "fast-commit-dirty", CorruptionCode.InodeBlocksMismatch),
    ];

    private static readonly (string Target, string Seed)[] Refused =
    [
        ("partition-table", "primary-that-is-empty"),
        ("partition-table", "primary-past-the-end"),
        ("partition-table", "third-logical-of-two"),
        ("partition-table", "chain-in-a-circle"),
        ("partition-table", "chain-out-of-its-container"),
        ("partition-table", "guid-table-unsealed"),
        ("partition-table", "guid-partition-past-the-end"),
        ("partition-table", "guid-partition-ends-before-it-begins"),
        ("superblock", "feature-that-nobody-knows"),
        ("case-folding", "not-text"),
        ("journal-superblock", "feature-that-nobody-knows"),
        ("journal-scan", "clean-journal"),
        ("journal-overlay", "clean-journal"),
        ("fast-commit", "feature-that-nobody-knows"),
        ("verity-tree", "tree-of-zeros"),
        ("volume", "external-journal"),
        ("volume-operations", "external-journal"),
        ("fuse-request", "lookup-of-a-path"),
        ("fuse-request", "attributes-of-no-inode"),
        ("fuse-request", "read-behind-everything"),
        ("fuse-request", "read-of-too-much"),
        ("fuse-request", "listing-without-room"),
        ("fuse-request", "initialize"),
        ("fuse-request", "write"),
        ("fuse-request", "lookup-of-the-wrong-length"),
        ("fuse-request", "header-cut-short"),
        ("mount-options", "number-too-small"),
        ("mount-options", "number-too-large"),
        ("mount-options", "path-without-a-letter"),
        ("mount-options", "word-that-nobody-knows"),
        ("mount-options", "value-where-none-belongs"),
        ("mount-options", "value-missing"),
        ("service-server", "volume-refused"),
        ("service-server", "mount-point-refused"),
        ("service-server", "mount-refused"),
        ("service-server", "mount-refused-after-a-note"),
        ("service-server", "others-let-in-without-a-grant"),
        ("service-server", "device-busy"),
        ("service-server", "option-that-nobody-knows"),
        ("service-server", "reply-too-long"),
        ("service-server", "reply-with-a-descriptor"),
        ("service-server", "file-that-was-not-asked-for"),
        ("service-server", "file-without-descriptor"),
        ("service-server", "file-with-descriptor-and-error"),
        ("service-server", "file-with-two-descriptors"),
        ("service-server", "silence"),
        ("service-server", "hello-with-an-unknown-flag"),
        ("service-server", "hello-of-no-version"),
        ("service-server", "hello-of-later-versions"),
        ("service-server", "hello-one-byte-too-long"),
        ("service-server", "arguments-by-another-name"),
        ("service-server", "arguments-that-are-no-block"),
        ("service-server", "arguments-of-more-words-than-fit"),
        ("service-server", "arguments-that-are-no-text"),
        ("service-server", "insecure-by-the-helper"),
        ("service-server", "insecure-by-the-helper-with-a-value"),
        ("service-server", "lock-file-by-the-helper"),
        ("service-helper", "worked-example-of-a-refusal"),
        ("service-helper", "mount-that-fails"),
        ("service-helper", "device-busy"),
        ("service-helper", "kernel-that-takes-no-option"),
        ("service-helper", "no-fuse-device"),
        ("service-helper", "verdict"),
        ("service-helper", "goodbye-with-a-code"),
        ("service-helper", "goodbye-without-a-mount"),
        ("service-helper", "goodbye-malformed"),
        ("service-helper", "no-command"),
        ("service-helper", "no-packet"),
        ("service-helper", "descriptor-from-the-server"),
        ("service-helper", "two-descriptors-from-the-server"),
        ("service-helper", "silence"),
        ("service-helper", "hello-of-another-version"),
        ("service-helper", "hello-with-padding"),
    ];

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
