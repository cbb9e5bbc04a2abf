using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Ext4Safety.SystemBench;

/// <summary>One server of the tree, mounted somewhere.</summary>
internal abstract class Lane(string name, string mountPoint) : IDisposable
{
    /// <summary>What the tables call it.</summary>
    public string Name => name;

    /// <summary>Where it is mounted.</summary>
    public string MountPoint => mountPoint;

    /// <summary>Resident memory of the server in KiB; 0 where it is the kernel.</summary>
    public virtual long ResidentKibibytes => 0;

    /// <summary>What the server said so far.</summary>
    public virtual string Log => string.Empty;

    /// <summary>Mounts, waits until the root is served, and tells how long both took together.</summary>
    public TimeSpan Start()
    {
        _ = Directory.CreateDirectory(MountPoint);
        ulong below = DeviceUnder(MountPoint);
        long start = Stopwatch.GetTimestamp();
        Launch();
        while (DeviceUnder(MountPoint) == below)
        {
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException($"{Name} serves nothing after a minute: {Log}");
            }

            Thread.Sleep(TimeSpan.FromMicroseconds(200));
        }

        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Makes the kernel forget this mount's names, and with them the inodes and pages that nobody has open.</summary>
    public void Forget()
    {
        const nuint flags = Libc.MountRemount | Libc.MountReadOnly | Libc.MountNoSetUserId | Libc.MountNoDevices;
        if (Libc.Mount("none", MountPoint, null, flags, null) != 0)
        {
            throw new InvalidOperationException($"remounting {MountPoint}: {Libc.LastError}");
        }
    }

    /// <summary>Unmounts and waits for the server's end.</summary>
    public void Dispose()
    {
        _ = Libc.Unmount(MountPoint, 0) == 0 ? 0 : Libc.Unmount(MountPoint, Libc.UnmountDetach);
        Ended();
        Directory.Delete(MountPoint);
        GC.SuppressFinalize(this);
    }

    protected abstract void Launch();

    protected abstract void Ended();

    private static ulong DeviceUnder(string path)
    {
        const int deviceMajor = 0x88;
        Span<byte> stat = stackalloc byte[Libc.StatxSize];
        return Libc.Statx(Libc.CurrentDirectory, Tree.Native(path), Libc.NoAutomount, Libc.BasicStats, stat) == 0
            ? BitConverter.ToUInt64(stat[deviceMajor..])
            : throw new InvalidOperationException($"{path}: {Libc.LastError}");
    }
}

/// <summary>A server that is a process of ours.</summary>
internal sealed class ProcessLane(string name, string mountPoint, string command, params string[] arguments) : Lane(name, mountPoint)
{
    private readonly StringBuilder _log = new();
    private Process? _process;

    public override string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    public override long ResidentKibibytes
    {
        get
        {
            const string label = "VmRSS:";
            string line = File.ReadLines($"/proc/{_process?.Id}/status").First(text => text.StartsWith(label, StringComparison.Ordinal));
            return long.Parse(line[label.Length..^"kB".Length], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
        }
    }

    protected override void Launch()
    {
        ProcessStartInfo start = new(command, arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start");
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    protected override void Ended()
    {
        if (_process is not null && !_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process?.WaitForExit();
        _process?.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_log)
        {
            _ = _log.AppendLine(line);
        }
    }
}

/// <summary>The server in a sandbox, as the mount helper starts it: a process that is not a child of ours.</summary>
internal sealed class ContainedLane(string mountPoint, string helper, string image) : Lane(Lanes.Contained, mountPoint)
{
    private const string LogVariable = "FUSE4FS_LOGFILE";

    private readonly string _log = Path.GetTempFileName();
    private Process? _server;

    public override string Log => File.Exists(_log) ? File.ReadAllText(_log) : string.Empty;

    public override long ResidentKibibytes
    {
        get
        {
            _server?.Refresh();
            return (_server?.WorkingSet64 ?? 0) >> 10;
        }
    }

    protected override void Launch()
    {
        HashSet<int> before = [.. Running().Select(process => process.Id)];
        ProcessStartInfo start = new(helper, ["--alone", image, MountPoint]) { UseShellExecute = false };
        start.Environment[LogVariable] = _log;
        using Process mounter = Process.Start(start) ?? throw new InvalidOperationException($"{helper} did not start");
        mounter.WaitForExit();
        _server = Running().SingleOrDefault(process => !before.Contains(process.Id));
    }

    protected override void Ended()
    {
        _ = _server?.WaitForExit(TimeSpan.FromSeconds(10));
        _server?.Dispose();
    }

    private static Process[] Running() => Process.GetProcessesByName("fuse4fs");
}

/// <summary>The kernel's own driver on a loop device.</summary>
internal sealed class KernelLane(string mountPoint, string image) : Lane("kernel", mountPoint)
{
    private string? _loop;

    /// <summary>The device exists before time is taken: only mounting counts.</summary>
    public KernelLane Attach()
    {
        _loop = Shell.Run("losetup", "--find", "--show", "--read-only", image);
        return this;
    }

    protected override void Launch() => _ = Shell.Run("mount", "-t", "ext4", "-o", "ro,noload,nosuid,nodev", _loop!, MountPoint);

    protected override void Ended() => _ = Shell.Run("losetup", "--detach", _loop!);
}
