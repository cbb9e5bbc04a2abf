using System.Diagnostics;

namespace Ext4Safety.IntegrationTests.Support;

/// <summary>An image mounted by our server, as a user does it. Leaving it unmounts, and the server ends.</summary>
internal sealed class ServedMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _server;

    private ServedMount(Process server, string directory)
    {
        _server = server;
        Directory = directory;
    }

    /// <summary>Where the tree is.</summary>
    public string Directory { get; }

    /// <summary>Mounts, and returns when the mount is live.</summary>
    /// <exception cref="InvalidOperationException">The server refused; the message is what it said.</exception>
    public static ServedMount Start(string image, string options = "ro")
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("ext4safety-served-").FullName;
        ProcessStartInfo start = new(Machine.Server, ["-f", image, directory, "-o", options])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        Process server = Process.Start(start)!;
        server.StandardInput.Close();
        List<string> log = [];
        using ManualResetEventSlim isSettled = new();
        server.ErrorDataReceived += (_, line) =>
        {
            lock (log)
            {
                log.Add(line.Data ?? "");
            }

            if (line.Data is null || line.Data.Contains("event=mounted", StringComparison.Ordinal))
            {
                isSettled.Set();
            }
        };
        server.BeginErrorReadLine();
        bool isMounted = isSettled.Wait(Patience) && !server.HasExited && IsMounted(directory);
        if (isMounted)
        {
            return new(server, directory);
        }

        server.Kill();
        server.Dispose();
        System.IO.Directory.Delete(directory);
        lock (log)
        {
            throw new InvalidOperationException(string.Join('\n', log));
        }
    }

    public void Dispose()
    {
        if (Tool.Try("umount", Directory).ExitCode != 0)
        {
            Tool.Run("umount", "-l", Directory);
        }

        bool hasEnded = _server.WaitForExit(Patience);
        int code = hasEnded ? _server.ExitCode : -1;
        if (!hasEnded)
        {
            _server.Kill();
        }

        _server.Dispose();
        System.IO.Directory.Delete(Directory);
        Assert.True(code == 0, $"the server ended with {code} after its volume was unmounted");
    }

    private static bool IsMounted(string directory) =>
        File.ReadLines("/proc/self/mounts").Any(line => line.Contains($" {directory} fuse", StringComparison.Ordinal));
}
