using TestSupport;

namespace Ext4Safety.IntegrationTests.Support;

/// <summary>An image mounted by the kernel on a loop device. Leaving it unmounts and frees the device.</summary>
internal sealed class KernelMount : IDisposable
{
    private static readonly HashSet<string> Active = [];

    static KernelMount() => AppDomain.CurrentDomain.ProcessExit += (_, _) => ReleaseAll();

    private readonly string? _device;
    private readonly string? _copy;

    private KernelMount(string directory, string? device = null, string? copy = null) =>
        (Directory, _device, _copy) = (directory, device, copy);

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
        ToolResult result = ExternalTool.Try("mount", "-t", "ext4", "-o", Join("loop", options), image, directory);
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

    /// <summary>Mounts a copy read-only on a device that can be written, so that the kernel replays a dirty journal.</summary>
    public static KernelMount? TryRecover(string image, out string error)
    {
        string copy = Path.GetTempFileName();
        ExternalTool.Run("cp", "--sparse=always", image, copy);
        string device = ExternalTool.Run("losetup", "-f", "--show", copy).Trim();
        string directory = System.IO.Directory.CreateTempSubdirectory("ext4safety-kernel-").FullName;
        ToolResult result = ExternalTool.Try("mount", "-t", "ext4", "-o", "ro", device, directory);
        error = result.Error.Trim();
        KernelMount mount = new(directory, device, copy);
        if (result.ExitCode != 0)
        {
            mount.Free();
            System.IO.Directory.Delete(directory);
            return null;
        }

        lock (Active)
        {
            Active.Add(directory);
        }

        return mount;
    }

    public void Dispose()
    {
        Release(Directory);
        Free();
        lock (Active)
        {
            Active.Remove(Directory);
        }
    }

    private void Free()
    {
        if (_device is not null)
        {
            ExternalTool.Run("losetup", "-d", _device);
            File.Delete(_copy!);
        }
    }

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first},{second}";

    /// <summary>Unmounts for good: a lazy unmount would leave the image half written. A mount is busy for a moment when a
    /// process that another test starts has not yet closed what it inherited.</summary>
    private static void Release(string directory)
    {
        const int Attempts = 50;
        for (int attempt = 1; ExternalTool.Try("umount", directory) is { ExitCode: not 0 } refusal; attempt++)
        {
            if (attempt == Attempts)
            {
                ExternalTool.Run("umount", "-l", directory);
                throw new InvalidOperationException($"{directory} stays busy, so its image is not complete: {refusal.Error}");
            }

            Thread.Sleep(TimeSpan.FromMilliseconds(100));
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
