using System.Diagnostics;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Server;

/// <summary>A volume that the published server serves in the foreground. Leaving it unmounts, and expects the server to end
/// well if it still served.</summary>
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

    /// <summary>Where the volume is mounted.</summary>
    public string Directory { get; }

    /// <summary>The server's process id.</summary>
    public int ProcessId => _server.Id;

    /// <summary>The mount's line in the table; null where it is not mounted.</summary>
    public string? TableLine => File.ReadLines("/proc/mounts").FirstOrDefault(line => line.Contains($" {Directory} ", StringComparison.Ordinal));

    /// <summary>Mounts and waits until the mount stands in the table.</summary>
    /// <exception cref="InvalidOperationException">The server refused; the message is what it said.</exception>
    public static ServedMount Start(string image, string options = "ro")
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("ext4safety-served-").FullName;
        ProcessStartInfo start = new(Machine.Server, ["-f", image, directory, "-o", options])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        ServedMount mount = new(Process.Start(start)!, directory);
        Stopwatch waited = Stopwatch.StartNew();
        while (mount.TableLine is null)
        {
            if (mount._server.HasExited || waited.Elapsed > Patience)
            {
                mount.GiveUp();
                throw new InvalidOperationException($"nothing was mounted: {mount._log.GetAwaiter().GetResult()}");
            }

            Thread.Sleep(5);
        }

        return mount;
    }

    /// <summary>Runs the server to its end, for what is not served in the foreground.</summary>
    public static ToolResult Run(params string[] arguments) => ExternalTool.Try(Machine.Server, arguments);

    /// <summary>Unmounts, as a user does.</summary>
    public void Unmount() => ExternalTool.Run("umount", Directory);

    /// <summary>Waits for the end of the server: its exit code and everything that it logged.</summary>
    public (int ExitCode, string Log) WaitForEnd()
    {
        Assert.True(_server.WaitForExit(Patience), "the server did not end");
        return (_server.ExitCode, _log.GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        try
        {
            if (TableLine is not null)
            {
                EndWell();
            }
        }
        finally
        {
            GiveUp();
        }
    }

    private void EndWell()
    {
        if (ExternalTool.Try("umount", Directory).ExitCode != 0)
        {
            ExternalTool.Run("umount", "-l", Directory);
        }

        (int exitCode, string log) = WaitForEnd();
        Assert.True(exitCode == 0, $"the server ended with {exitCode} after its volume was unmounted: {log}");
    }

    /// <summary>Leaves nothing behind. Killing the server first lets everything go that may still wait for it.</summary>
    private void GiveUp()
    {
        if (!_server.HasExited)
        {
            _server.Kill();
            _server.WaitForExit();
        }

        if (TableLine is not null)
        {
            ExternalTool.Run("umount", "-l", Directory);
        }

        _server.Dispose();
        System.IO.Directory.Delete(Directory);
    }
}
