using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Server;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;

namespace Ext4Safety.IntegrationTests;

/// <summary>A volume that is mounted through our server looks as it does when the kernel's driver mounts it.</summary>
[Collection(MatrixMounts.Name)]
public sealed class ServerDifferenceTests
{
    /// <summary>What the FUSE protocol has no field for, or the kernel answers for every FUSE mount by itself.</summary>
    internal static readonly HashSet<string> NotCarried = new(StringComparer.Ordinal)
    {
        Field.StatxAttributes, Field.VolumeType, Field.VolumeIdentity,
    };

    public static TheoryData<string> Configurations => KernelDifferenceTests.Configurations;

    [NeedsTheory(Needs.Kernel | Needs.Server)]
    [MemberData(nameof(Configurations))]
    public void The_server_shows_what_the_kernel_shows(string configuration)
    {
        string image = ImageCache.Get(ImageMatrix.Named(configuration));
        using KernelMount kernel = KernelMount.ReadOnly(image);
        using ServedMount served = ServedMount.Start(image);
        TreePicture reference = MountedTree.Take(kernel.Directory);
        TreePicture ours = MountedTree.Take(served.Directory);
        KernelDifferenceTests.ForgetUnopened(reference, ours);

        TreeComparison.AssertSame(reference, ours, NotCarried);
    }
}
