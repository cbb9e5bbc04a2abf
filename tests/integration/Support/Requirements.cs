using TestSupport;

namespace Ext4Safety.IntegrationTests.Support;

/// <summary>What a test needs from the machine.</summary>
[Flags]
public enum Needs
{
    /// <summary>mke2fs and debugfs.</summary>
    Images = 1,

    /// <summary>Root, loop devices and the kernel's driver.</summary>
    Kernel = 2,

    /// <summary>Root, /dev/fuse and the published server.</summary>
    Server = 4,

    /// <summary>The shared collection of real images.</summary>
    SharedImages = 8,

    /// <summary>What <see cref="Server"/> says, the published mount helper and bubblewrap.</summary>
    Sandbox = 16,

    /// <summary>strace.</summary>
    Trace = 32,

    /// <summary>What <see cref="Sandbox"/> says, and the server taken over.</summary>
    Escape = 64,
}

/// <summary>Says why this machine cannot run a test, or null when it can.</summary>
internal static class Machine
{
    public static string SharedImages { get; } = Environment.GetEnvironmentVariable("EXT4SAFETY_SHARED_IMAGES")
        ?? Path.GetFullPath(Path.Combine(TestTree.Root, "..", "shared", "images"));

    public static string Server { get; } = Environment.GetEnvironmentVariable("EXT4SAFETY_FUSE4FS")
        ?? Path.Combine(TestTree.Root, "out", "fuse4fs");

    public static string Helper { get; } = Path.Combine(Path.GetDirectoryName(Server)!, "fuse4fs-mount");

    public static string Escape { get; } = Path.Combine(Path.GetDirectoryName(Server)!, "escape");

    public static string? Lacks(Needs needs) => Reasons(needs).FirstOrDefault(reason => reason is not null);

    private static IEnumerable<string?> Reasons(Needs needs)
    {
        if (needs.HasFlag(Needs.Images) || needs.HasFlag(Needs.Kernel))
        {
            yield return MissingTool("mke2fs") ?? MissingTool("debugfs") ?? MissingTool("tune2fs") ?? MissingTool("e2fsck");
        }

        if (needs.HasFlag(Needs.Escape))
        {
            needs |= Needs.Sandbox;
            yield return File.Exists(Escape) && File.GetLastWriteTimeUtc(Escape) >= File.GetLastWriteTimeUtc(Server)
                ? null : $"needs {Escape}, of the same sources as the server: run ci/build-escape";
        }

        if (needs.HasFlag(Needs.Kernel) || needs.HasFlag(Needs.Server) || needs.HasFlag(Needs.Sandbox))
        {
            yield return Environment.UserName is "root" ? null : "needs root, to mount";
        }

        if (needs.HasFlag(Needs.Kernel))
        {
            yield return File.Exists("/dev/loop-control") ? null : "needs loop devices";
            yield return File.ReadLines("/proc/filesystems").Any(line => line.Trim() is "ext4")
                ? null : "needs the kernel's ext4 driver";
        }

        if (needs.HasFlag(Needs.Server) || needs.HasFlag(Needs.Sandbox))
        {
            yield return File.Exists("/dev/fuse") ? null : "needs /dev/fuse";
            yield return File.Exists(Server) ? null : $"needs the published server at {Server}: run ci/build";
        }

        if (needs.HasFlag(Needs.Sandbox))
        {
            yield return File.Exists(Helper) ? null : $"needs the published helper at {Helper}: run ci/build";
            yield return MissingTool("bwrap") ?? MissingTool("setpriv");
        }

        if (needs.HasFlag(Needs.Trace))
        {
            yield return MissingTool("strace");
        }

        if (needs.HasFlag(Needs.SharedImages))
        {
            yield return File.Exists(Path.Combine(SharedImages, "manifest.tsv"))
                ? null : $"needs the collection of real images at {SharedImages}";
            yield return MissingTool("zstd");
        }
    }

    private static string? MissingTool(string program) => ExternalTool.Exists(program) ? null : $"needs {program}";
}

/// <summary>A fact that skips, with the reason, on a machine that lacks what it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(Needs needs)
    {
        Needs = needs;
        Skip = Machine.Lacks(needs);
    }

    public Needs Needs { get; }
}

/// <summary>A theory that skips, with the reason, on a machine that lacks what it needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsTheoryAttribute : TheoryAttribute
{
    public NeedsTheoryAttribute(Needs needs)
    {
        Needs = needs;
        Skip = Machine.Lacks(needs);
    }

    public Needs Needs { get; }
}
