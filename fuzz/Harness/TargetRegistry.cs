using Ext4Safety.Fuzz.Targets;

namespace Ext4Safety.Fuzz;

/// <summary>Every target there is.</summary>
public static class TargetRegistry
{
    /// <summary>How each target is made, by its name, in the order that lists show.</summary>
    private static readonly (string Name, Func<FuzzTarget> Make)[] Makers =
    [
        ("partition-table", static () => new PartitionTableTarget()),
        ("superblock", static () => new SuperblockTarget()),
        ("group-descriptors", static () => new GroupDescriptorsTarget()),
        ("bitmap", static () => new BitmapTarget()),
        ("extent-node", static () => new ExtentNodeTarget()),
        ("extent-tree", static () => new ExtentTreeTarget()),
        ("indirect-map", static () => new IndirectMapTarget()),
        ("inode", static () => new InodeTarget()),
        ("inline-data", static () => new InlineDataTarget()),
        ("directory-block", static () => new DirectoryBlockTarget()),
        ("htree-lookup", static () => new HtreeLookupTarget()),
        ("htree-listing", static () => new HtreeListingTarget()),
        ("volume", static () => new VolumeTarget()),
        ("volume-operations", static () => new VolumeOperationsTarget()),
        ("case-folding", static () => new CaseFoldingTarget()),
        ("attribute-block", static () => new AttributeBlockTarget()),
        ("inode-attributes", static () => new InodeAttributesTarget()),
        ("value-inode", static () => new ValueInodeTarget()),
        ("access-control-list", static () => new AccessControlListTarget()),
        ("journal-superblock", static () => new JournalSuperblockTarget()),
        ("journal-scan", static () => new JournalScanTarget()),
        ("journal-revoke", static () => new JournalRevokeTarget()),
        ("journal-overlay", static () => new JournalOverlayTarget()),
        ("fast-commit", static () => new FastCommitTarget()),
        ("orphan-file", static () => new OrphanFileTarget()),
        ("orphan-list", static () => new OrphanListTarget()),
        ("multiple-mount", static () => new MultipleMountTarget()),
        ("verity-descriptor", static () => new VerityDescriptorTarget()),
        ("verity-tree", static () => new VerityTreeTarget()),
        ("fuse-request", static () => new FuseRequestTarget()),
        ("mount-options", static () => new MountOptionsTarget()),
        ("service-server", static () => new ServiceServerTarget()),
        ("service-helper", static () => new ServiceHelperTarget()),
        ("canary", static () => new CanaryTarget()),
    ];

    /// <summary>Every target, each made anew, in the order that lists show.</summary>
    public static IReadOnlyList<FuzzTarget> All => [.. Makers.Select(maker => maker.Make())];

    /// <summary>The target of this name, made anew; nothing if there is none.</summary>
    public static FuzzTarget? Find(string name) =>
        Makers.FirstOrDefault(maker => maker.Name.Equals(name, StringComparison.Ordinal)).Make?.Invoke();
}
