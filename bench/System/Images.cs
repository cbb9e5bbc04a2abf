namespace Ext4Safety.SystemBench;

/// <summary>The volumes that are measured: made once, then kept.</summary>
/// <param name="directory">Where they are kept.</param>
internal sealed class Images(string directory)
{
    private const long VolumeBytes = 512L << 20;
    private const long HugeBytes = 16L << 40;

    /// <summary>A file system in memory: others end a file one block below 16 TiB.</summary>
    private const string Memory = "/dev/shm";

    /// <summary>The filled volume: the original of every copy.</summary>
    public string Original => Path.Combine(directory, "original.img");

    /// <summary>An almost empty volume of 64 MiB.</summary>
    public string Small => Path.Combine(directory, "small.img");

    /// <summary>An almost empty, sparse volume of 16 TiB.</summary>
    public static string Huge => Path.Combine(Memory, "ext4safety-huge.img");

    /// <summary>A copy for one server.</summary>
    public string CopyFor(string name)
    {
        string copy = Path.Combine(directory, $"{name}.img");
        if (!File.Exists(copy))
        {
            _ = Shell.Run("cp", "--sparse=always", Original, copy);
        }

        // The host's cache is warm for everybody.
        using FileStream stream = File.OpenRead(copy);
        stream.CopyTo(Stream.Null, 1 << 20);
        return copy;
    }

    /// <summary>Makes what does not exist yet.</summary>
    public void Prepare()
    {
        _ = Directory.CreateDirectory(directory);
        Make(Original, VolumeBytes, ["-O", "^has_journal", "-N", "230000"], isFilled: true);
        Make(Small, 64L << 20, ["-O", "^has_journal"], isFilled: false);
        Make(Huge, HugeBytes, ["-O", "^has_journal,^resize_inode,sparse_super2", "-i", "67108864", "-G", "4096"], isFilled: false);
    }

    private static void Make(string image, long bytes, string[] options, bool isFilled)
    {
        if (File.Exists(image))
        {
            return;
        }

        string draft = image + ".draft";
        File.Delete(draft);
        using (FileStream stream = File.Create(draft))
        {
            stream.SetLength(bytes);
        }

        _ = Shell.Run("mke2fs", ["-q", "-F", "-t", "ext4", "-b", "4096", "-E", "lazy_itable_init=1,nodiscard", .. options, draft]);
        if (isFilled)
        {
            Fill(draft);
        }

        File.Move(draft, image);
    }

    private static void Fill(string image)
    {
        string mountPoint = Directory.CreateTempSubdirectory("ext4safety-fill").FullName;
        _ = Shell.Run("mount", "-o", "loop,init_itable=0", image, mountPoint);
        try
        {
            Tree.Fill(mountPoint);
        }
        finally
        {
            _ = Shell.Run("umount", mountPoint);
            Directory.Delete(mountPoint);
        }
    }
}
