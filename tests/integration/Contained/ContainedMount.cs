using System.Diagnostics;
using System.Globalization;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Contained;

/// <summary>A volume that the published helper mounts through a server in a sandbox of its own. Leaving it unmounts.</summary>
internal sealed class ContainedMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _source;
    private readonly string _logFile;
    private int? _lastSeen;

    private ContainedMount(string source, string directory, string logFile) => (_source, Directory, _logFile) = (source, directory, logFile);

    /// <summary>Where the volume is mounted.</summary>
    public string Directory { get; }

    /// <summary>What the server has logged.</summary>
    public string Log => File.ReadAllText(_logFile);

    /// <summary>The mount's line in the table; null where it is not mounted.</summary>
    public string? TableLine => File.ReadLines("/proc/mounts").FirstOrDefault(line => line.Contains($" {Directory} ", StringComparison.Ordinal));

    /// <summary>The server's process id, as it is seen from here; null where there is none.</summary>
    public int? ProcessId => Process.GetProcessesByName("fuse4fs").Select(process => process.Id).FirstOrDefault(Holds) is not 0 and var id ? _lastSeen = id : null;

    /// <summary>Mounts, and returns when the volume is served.</summary>
    /// <exception cref="InvalidOperationException">Nothing was mounted; the message is what the helper said.</exception>
    public static ContainedMount Start(string source, string options = "ro", params string[] tracer)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("ext4safety-contained-").FullName;
        string log = Path.GetTempFileName();
        ToolResult result = Run([.. tracer, Machine.Helper, "--alone", source, directory, "-o", options], log);
        ContainedMount mount = new(source, directory, log);
        if (result.ExitCode != 0)
        {
            mount.Dispose();
            throw new InvalidOperationException(result.Everything);
        }

        return mount;
    }

    /// <summary>Runs the helper, whatever it says.</summary>
    public static ToolResult Run(string[] command, string log = "/dev/null") =>
        ExternalTool.Try("env", ["-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", $"FUSE4FS_LOGFILE={log}", .. command]);

    /// <summary>Unmounts, and waits for the end of the server.</summary>
    public void Unmount()
    {
        ExternalTool.Run("umount", Directory);
        WaitForEnd();
    }

    /// <summary>Waits until no server holds the volume any more, and the one that was last seen is gone: it lets go of the mount last.</summary>
    public void WaitForEnd()
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (ProcessId is not null || (_lastSeen is int server && System.IO.Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{server}"))))
        {
            Assert.True(waited.Elapsed < Patience, "the server did not end");
            Thread.Sleep(5);
        }
    }

    public void Dispose()
    {
        if (TableLine is not null && ExternalTool.Try("umount", Directory).ExitCode != 0)
        {
            ExternalTool.Run("umount", "-l", Directory);
        }

        System.IO.Directory.Delete(Directory);
        File.Delete(_logFile);
    }

    private bool Holds(int process)
    {
        try
        {
            string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd");
            return System.IO.Directory.EnumerateFileSystemEntries(folder).Any(link => _source.Equals(File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName, StringComparison.Ordinal));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
