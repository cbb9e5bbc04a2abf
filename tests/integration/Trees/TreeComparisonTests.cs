using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;

namespace Ext4Safety.IntegrationTests.Trees;

public sealed class TreeComparisonTests
{
    [NeedsFact(Needs.Kernel)]
    public void Two_pictures_of_one_image_are_the_same()
    {
        string image = ImageCache.Get(ImageMatrix.Named("ext4-2018"));

        TreeComparison.AssertSame(Take(image), Take(image));
    }

    [NeedsFact(Needs.Kernel)]
    public void Debugfs_and_the_kernel_agree()
    {
        string image = ImageCache.Get(ImageMatrix.Named("ext4-2018"));

        TreePicture debugfs = DebugfsTree.Take(image, blockSize: 4096);
        HashSet<string> notCarried = [.. DebugfsTree.NotCarried, .. KernelDifferenceTests.ShownByMountsAlone];
        TreePicture kernel = Take(image);
        DebugfsTree.ForgetUncopied(debugfs, kernel);

        TreeComparison.AssertSame(kernel, debugfs, notCarried);
    }

    /// <summary>A mount of its own each time: reading fills the page cache, which changes the kernel's map of unwritten runs.</summary>
    private static TreePicture Take(string image)
    {
        using KernelMount mount = KernelMount.ReadOnly(image);
        return MountedTree.Take(mount.Directory);
    }
}
