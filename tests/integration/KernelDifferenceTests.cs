using Ext4Core;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;

namespace Ext4Safety.IntegrationTests;

/// <summary>The library and the kernel's driver see the same in every configuration.</summary>
[Collection(MatrixMounts.Name)]
public sealed class KernelDifferenceTests
{
    /// <summary>What a mount shows and the library does not: the server makes these of the inode's flags.</summary>
    internal static readonly HashSet<string> ShownByMountsAlone = new(StringComparer.Ordinal)
    {
        Field.StatxAttributes, Field.ExtendedFlags, Field.VolumeType, Field.VolumeIdentity, Field.VolumeNameLength, Field.VolumeFragment,
    };

    public static TheoryData<string> Configurations => new(
        ImageMatrix.All.Where(recipe => recipe.KernelRefuses is null).Select(recipe => recipe.Name));

    [NeedsTheory(Needs.Kernel)]
    [MemberData(nameof(Configurations))]
    public void The_library_reads_what_the_kernel_reads(string configuration)
    {
        string image = ImageCache.Get(ImageMatrix.Named(configuration));
        using KernelMount kernel = KernelMount.ReadOnly(image);
        using Volume volume = VolumeTree.Mount(image);
        TreePicture reference = MountedTree.Take(kernel.Directory);
        TreePicture ours = VolumeTree.Take(volume);
        ForgetUnopened(reference, ours);

        TreeComparison.AssertSame(reference, ours, ShownByMountsAlone);
    }

    /// <summary>A kernel without fs-verity opens no sealed file: what needs an open file is compared by other tests.</summary>
    internal static void ForgetUnopened(TreePicture reference, TreePicture ours)
    {
        const string NotSupported = "open: error 95";
        foreach ((ulong inode, NodePicture node) in reference.Nodes)
        {
            if (node.Fields.GetValueOrDefault(Field.Problem, "").StartsWith(NotSupported, StringComparison.Ordinal))
            {
                foreach (string field in (string[])[Field.Problem, Field.Content, Field.Map, Field.Flags, Field.Generation, Field.Project, Field.ExtendedFlags])
                {
                    node.Fields.Remove(field);
                    ours.Nodes.GetValueOrDefault(inode)?.Fields.Remove(field);
                }
            }
        }
    }

    public static TheoryData<string> UnmountableConfigurations => new(
        ImageMatrix.All.Where(recipe => recipe.KernelRefuses is not null).Select(recipe => recipe.Name));

    [NeedsTheory(Needs.Kernel)]
    [MemberData(nameof(UnmountableConfigurations))]
    public void The_library_reads_what_debugfs_reads(string configuration)
    {
        ImageRecipe recipe = ImageMatrix.Named(configuration);
        string image = ImageCache.Get(recipe);
        using Volume volume = VolumeTree.Mount(image);

        TreePicture reference = DebugfsTree.Take(image, recipe.BlockSize);
        TreePicture ours = VolumeTree.Take(volume);
        DebugfsTree.ForgetUncopied(reference, ours);

        TreeComparison.AssertSame(reference, ours, DebugfsTree.NotCarried);
    }
}
