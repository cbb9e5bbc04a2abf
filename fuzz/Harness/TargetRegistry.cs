using Ext4Safety.Fuzz.Targets;

namespace Ext4Safety.Fuzz;

/// <summary>Every target there is.</summary>
public static class TargetRegistry
{
    /// <summary>Every target, each made anew, in the order that lists show.</summary>
    public static IReadOnlyList<FuzzTarget> All =>
    [
        new ExtentNodeTarget(),
        new ExtentTreeTarget(),
        new IndirectMapTarget(),
        new InodeTarget(),
        new InlineDataTarget(),
        new DirectoryBlockTarget(),
        new HtreeLookupTarget(),
        new HtreeListingTarget(),
        new VolumeTarget(),
        new CanaryTarget(),
    ];

    /// <summary>The target of this name, or nothing.</summary>
    public static FuzzTarget? Find(string name) =>
        All.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));
}
