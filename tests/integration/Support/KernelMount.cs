namespace Ext4Safety.IntegrationTests.Support;

/// <summary>An image mounted by the kernel on a loop device. Leaving it unmounts and frees the device.</summary>
internal sealed class KernelMount : IDisposable
{
    private static readonly HashSet<string> Active = [];

    static KernelMount() => AppDomain.CurrentDomain.ProcessExit += (_, _) => ReleaseAll();

    private KernelMount(string directory) => Directory = directory;

    /// <summary>Where the tree is.</summary>
    public string Directory { get; }

    /// <summary>Mounts read-only; nothing on the image changes.</summary>
    public static KernelMount ReadOnly(string image, string options = "") =>
        TryMount(image, Join("ro", options), out string error) ?? throw new InvalidOperationException($"mount {image}: {error}");

    /// <summary>Mounts for filling.</summary>
    public static KernelMount Writable(string image, string options = "") =>
        TryMount(image, Join("rw", options), out string error) ?? throw new InvalidOperationException($"mount {image}: {error}");

    /// <summary>Mounts, or says why the kernel will not.</summary>
    public static KernelMount? TryMount(string image, string options, out string error)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("ext4safety-kernel-").FullName;
        ToolResult result = Tool.Try("mount", "-t", "ext4", "-o", Join("loop", options), image, directory);
        error = result.Error.Trim();
        if (result.ExitCode != 0)
        {
            System.IO.Directory.Delete(directory);
            return null;
        }

        lock (Active)
        {
            Active.Add(directory);
        }

        return new(directory);
    }

    public void Dispose()
    {
        Release(Directory);
        lock (Active)
        {
            Active.Remove(Directory);
        }
    }

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first},{second}";

    private static void Release(string directory)
    {
        if (Tool.Try("umount", directory).ExitCode != 0)
        {
            Tool.Run("umount", "-l", directory);
        }

        System.IO.Directory.Delete(directory);
    }

    private static void ReleaseAll()
    {
        string[] left;
        lock (Active)
        {
            left = [.. Active];
        }

        foreach (string directory in left)
        {
            Release(directory);
        }
    }
}
