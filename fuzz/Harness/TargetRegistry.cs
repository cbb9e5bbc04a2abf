using Ext4Safety.Fuzz.Targets;

namespace Ext4Safety.Fuzz;

/// <summary>Every target there is.</summary>
public static class TargetRegistry
{
    /// <summary>Every target, each made anew, in the order that lists show.</summary>
    public static IReadOnlyList<FuzzTarget> All =>
    [
        new SuperblockTarget(),
        new GroupDescriptorsTarget(),
        new BitmapTarget(),
        new ExtentNodeTarget(),
        new ExtentTreeTarget(),
        new IndirectMapTarget(),
        new InodeTarget(),
        new InlineDataTarget(),
        new DirectoryBlockTarget(),
        new HtreeLookupTarget(),
        new HtreeListingTarget(),
        new VolumeTarget(),
        new VolumeOperationsTarget(),
        new CaseFoldingTarget(),
        new AttributeBlockTarget(),
        new InodeAttributesTarget(),
        new ValueInodeTarget(),
        new AccessControlListTarget(),
        new JournalSuperblockTarget(),
        new JournalScanTarget(),
        new JournalRevokeTarget(),
        new JournalOverlayTarget(),
        new FastCommitTarget(),
        new OrphanFileTarget(),
        new OrphanListTarget(),
        new MultipleMountTarget(),
        new VerityDescriptorTarget(),
        new VerityTreeTarget(),
        new FuseRequestTarget(),
        new MountOptionsTarget(),
        new CanaryTarget(),
    ];

    /// <summary>The target of this name, or nothing.</summary>
    public static FuzzTarget? Find(string name) =>
        All.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));
}
