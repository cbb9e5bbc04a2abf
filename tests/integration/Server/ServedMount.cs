using System.Diagnostics;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Server;

/// <summary>A test that mounts through the published server; it says what is missing where it skips.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = ServedMount.Obstacle;
}

/// <summary>A volume that <c>out/fuse4fs -f</c> serves. Leaving it stops the server, whatever state it is in.</summary>
internal sealed class ServedMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _server;
    private readonly Task<string> _log;

    private ServedMount(Process server, string directory)
    {
        _server = server;
        _log = server.StandardError.ReadToEndAsync();
        Directory = directory;
    }

    /// <summary>Why nothing can be mounted here; null where it can.</summary>
    public static string? Obstacle { get; } = FindObstacle();

    /// <summary>The published server.</summary>
    public static string Program { get; } = Path.Combine(TestTree.Root, "out", "fuse4fs");

    /// <summary>Where the volume is mounted.</summary>
    public string Directory { get; }

    /// <summary>The server's process id.</summary>
    public int ProcessId => _server.Id;

    /// <summary>Mounts and waits until the mount stands in the table.</summary>
    public static ServedMount Start(string image, string options = "ro")
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("ext4safety-served-").FullName;
        ServedMount mount = new(Launch("-f", image, directory, "-o", options), directory);
        Stopwatch waited = Stopwatch.StartNew();
        while (mount.TableLine is null)
        {
            Assert.False(mount._server.HasExited, "the server ended before it mounted");
            Assert.True(waited.Elapsed < Patience, "nothing was mounted");
            Thread.Sleep(5);
        }

        return mount;
    }

    /// <summary>Runs the server to its end, for what never mounts.</summary>
    public static (int ExitCode, string Log) Run(params string[] arguments)
    {
        using Process server = Launch(arguments);
        string log = server.StandardError.ReadToEnd();
        server.WaitForExit();
        return (server.ExitCode, log);
    }

    /// <summary>The mount's line in the table; null where it is not mounted.</summary>
    public string? TableLine => File.ReadLines("/proc/mounts").FirstOrDefault(line => line.Contains($" {Directory} ", StringComparison.Ordinal));

    /// <summary>Waits for the end of the server: its exit code and everything that it logged.</summary>
    public (int ExitCode, string Log) WaitForEnd()
    {
        Assert.True(_server.WaitForExit(Patience), "the server did not end");
        return (_server.ExitCode, _log.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        // Killing the server first lets everything go that may still wait for it.
        if (!_server.HasExited)
        {
            _server.Kill();
            _server.WaitForExit();
        }

        if (TableLine is not null)
        {
            ExternalTools.Run("umount", "-l", Directory);
        }

        _server.Dispose();
        System.IO.Directory.Delete(Directory);
    }

    private static Process Launch(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;

    private static string? FindObstacle()
    {
        if (!File.Exists(Path.Combine(TestTree.Root, "out", "fuse4fs")))
        {
            return "out/fuse4fs is not built: run ci/build";
        }

        if (!File.Exists("/dev/fuse"))
        {
            return "/dev/fuse is missing";
        }

        return Environment.IsPrivilegedProcess ? null : "mounting needs root";
    }
}
