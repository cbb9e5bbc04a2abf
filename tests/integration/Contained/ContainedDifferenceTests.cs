using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;

namespace Ext4Safety.IntegrationTests.Contained;

/// <summary>Containment changes no answer: the contained mount goes through the comparison of the uncontained one again.</summary>
[Collection(MatrixMounts.Name)]
public sealed class ContainedDifferenceTests
{
    /// <summary>One of each kind of walk; the variable EXT4SAFETY_ALL_CONTAINED asks for all that the kernel mounts.</summary>
    private static readonly string[] OneOfEachKind =
        ["ext2", "ext4-2023", "blocks-1k", "bigalloc-64k", "inline-data", "ea-inode", "encrypt", "everything"];

    public static TheoryData<string> Configurations => Environment.GetEnvironmentVariable("EXT4SAFETY_ALL_CONTAINED") is null
        ? new(OneOfEachKind)
        : KernelDifferenceTests.Configurations;

    [NeedsTheory(Needs.Kernel | Needs.Sandbox)]
    [MemberData(nameof(Configurations))]
    public void The_contained_server_shows_what_the_kernel_shows(string configuration)
    {
        string image = ImageCache.Get(ImageMatrix.Named(configuration));
        using KernelMount kernel = KernelMount.ReadOnly(image);
        using ContainedMount contained = ContainedMount.Start(image);
        TreePicture reference = MountedTree.Take(kernel.Directory);
        TreePicture ours = MountedTree.Take(contained.Directory);
        KernelDifferenceTests.ForgetUnopened(reference, ours);

        TreeComparison.AssertSame(reference, ours, ServerDifferenceTests.NotCarried);
    }
}
