using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Volumes;

/// <summary>What becomes of a volume with one file in it: the report of the first thing that is wrong.</summary>
internal static class Damaged
{
    /// <summary>The report of a mount.</summary>
    public static CorruptionException Mount(ImageBuilder image) =>
        Assert.Throws<CorruptionException>(() => image.Mount().Dispose());

    /// <summary>The report of one look at an inode.</summary>
    public static CorruptionException Stat(ImageBuilder image, uint inode)
    {
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        return Assert.Throws<CorruptionException>(() => _ = volume.Stat(workspace, new(inode), out _));
    }

    /// <summary>The report of reading a whole file.</summary>
    public static CorruptionException Read(ImageBuilder image, uint inode)
    {
        using Volume volume = image.Mount();
        return Assert.Throws<CorruptionException>(() => { _ = ReadAll(volume, inode); });
    }

    /// <summary>A file's contents, of a volume that has nothing to report.</summary>
    public static byte[] ReadAll(ImageBuilder image, uint inode)
    {
        using Volume volume = image.Mount();
        return ReadAll(volume, inode);
    }

    private static byte[] ReadAll(Volume volume, uint inode)
    {
        Workspace workspace = volume.CreateWorkspace();
        Assert.Equal(FsError.None, volume.Stat(workspace, new(inode), out InodeStat stat));
        byte[] bytes = new byte[Math.Min(stat.Size, 1 << 20)];
        Assert.Equal(FsError.None, volume.Read(workspace, new(inode), 0, bytes, out int count));
        return bytes[..count];
    }
}
