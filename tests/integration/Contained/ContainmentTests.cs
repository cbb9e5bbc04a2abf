using System.Diagnostics;
using System.Globalization;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Contained;

/// <summary>What a contained server is, what it costs, and how its mount begins and ends.</summary>
[Collection(MatrixMounts.Name)]
public sealed class ContainmentTests : IDisposable
{
    private const long MostResidentKibibytes = 25 << 10;
    private const int MostAttempts = 50;
    private static readonly TimeSpan MostStart = TimeSpan.FromMilliseconds(100);

    private readonly string _image = Path.Combine(Path.GetTempPath(), $"ext4safety-contained-{Guid.NewGuid():N}.img");

    public ContainmentTests()
    {
        ImageBuilder builder = new(VolumeShape.Ext4);
        _ = builder.AddFile("file", [new(0, 2), new(4, 1)]);
        builder.Disk.SaveTo(_image);
    }

    public void Dispose() => File.Delete(_image);

    [NeedsFact(Needs.Sandbox)]
    public void The_server_has_no_rights_no_files_and_no_network()
    {
        using ContainedMount mount = ContainedMount.Start(_image);
        int server = Assert.NotNull(mount.ProcessId);
        Dictionary<string, string> status = File.ReadLines($"/proc/{server}/status").Select(line => line.Split(':', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim(), StringComparer.Ordinal);
        Assert.Equal(("2", "1"), (status["Seccomp"], status["NoNewPrivs"]));
        Assert.Equal(string.Join('\t', Enumerable.Repeat("65534", 4)), status["Uid"]);
        Assert.All(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));
        Assert.All(["net", "mnt", "pid", "ipc", "user", "uts", "cgroup"], kind => Assert.NotEqual(Namespace("self", kind), Namespace($"{server}", kind)));
        Assert.Equal("fuse4fs", Assert.Single(ExternalTool.Run("ls", "-A", $"/proc/{server}/root/").Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.All(Directory.GetDirectories($"/proc/{server}/task"), thread =>
            Assert.Contains("Seccomp:\t2", File.ReadAllText(Path.Combine(thread, "status")), StringComparison.Ordinal));
        string[] held = [.. Directory.GetFileSystemEntries($"/proc/{server}/fd").Select(link => File.ResolveLinkTarget(link, returnFinalTarget: false)!.FullName)];
        Assert.All(held, target => Assert.True(
            target is "/dev/null" or "/dev/fuse" or "/proc/pressure/memory" || target.Equals(_image, StringComparison.Ordinal) || target.StartsWith("/tmp/", StringComparison.Ordinal) || target.Contains("pipe:", StringComparison.Ordinal), target));
        Assert.Contains("event=contained", mount.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("event=uncontained", mount.Log, StringComparison.Ordinal);
    }

    [NeedsFact(Needs.Sandbox)]
    public void Among_processes_the_server_is_seen_with_the_volume_that_it_serves()
    {
        using ContainedMount mount = ContainedMount.Start(_image);
        Assert.Equal($"/fuse4fs -t fuse4fs -o kernel {_image} {mount.Directory} -o ro", File.ReadAllText($"/proc/{mount.ProcessId}/cmdline").TrimEnd('\0'));
        Assert.Equal("fuse4fs\n", File.ReadAllText($"/proc/{mount.ProcessId}/comm"));
    }

    [NeedsFact(Needs.Sandbox | Needs.Trace)]
    public void A_whole_life_makes_no_system_call_that_the_table_does_not_allow_and_the_table_allows_none_for_nothing()
    {
        string trace = Path.GetTempFileName();

        // Behind the helper's back, and away from what the test reads: the tracer ends with the last that it traces.
        string tracer = $"exec strace -DDD -f -qq --pidns-translation -e signal=none -o {trace} -- \"$@\" >/dev/null 2>&1";
        using (ContainedMount mount = ContainedMount.Start(ImageCache.Get(ImageMatrix.Named("ext4-2023")), "ro", "bash", "-c", tracer, "bash"))
        {
            _ = MountedTree.Take(mount.Directory);
            mount.Unmount();
        }

        WaitUntilWritten(trace);
        TracedCalls calls = TracedCalls.AfterLockdown(trace);
        File.Delete(trace);
        Assert.Empty(calls.Forbidden);
        Assert.Empty(calls.NeverUsed);
    }

    [NeedsFact(Needs.Sandbox)]
    public void A_root_directory_is_served_soon_and_in_little_memory()
    {
        TimeSpan best = TimeSpan.MaxValue;

        // What else runs on the machine counts as well: the best of several is the helper's and the server's own.
        for (int attempt = 0; attempt < 5 || (attempt < MostAttempts && best >= MostStart); attempt++)
        {
            long start = Stopwatch.GetTimestamp();
            using ContainedMount mount = ContainedMount.Start(_image);
            Assert.True(File.Exists(Path.Combine(mount.Directory, "file")));
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            best = taken < best ? taken : best;
            string resident = File.ReadLines($"/proc/{mount.ProcessId}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            Assert.InRange(long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture), 1, MostResidentKibibytes);
        }

        Assert.True(best < MostStart, $"{best.TotalMilliseconds:f1} ms");
    }

    [NeedsTheory(Needs.Sandbox)]
    [InlineData("fuse4fs-mount", 1)]
    [InlineData("mount.fuse4fs", 32)]
    public void A_refused_volume_is_not_mounted_and_the_helper_says_why(string name, int exitCode)
    {
        using (FileStream image = File.OpenWrite(_image))
        {
            image.Position = 1024;
            image.Write(new byte[1024]);
        }

        string directory = Directory.CreateTempSubdirectory("ext4safety-refused-").FullName;
        ToolResult result = ContainedMount.Run([Path.Combine(Path.GetDirectoryName(Machine.Helper)!, name), "--alone", _image, directory]);
        Directory.Delete(directory);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains("the service refused the volume: E101 SuperblockMagic: Superblock, block 0+0x438: found 0x0, expected 0xef53", result.Error, StringComparison.Ordinal);
    }

    [NeedsTheory(Needs.Sandbox)]
    [InlineData("frobnicate", "unknown mount option \"frobnicate\"")]
    [InlineData("offset=1g", "lies beyond the end")]
    [InlineData("lockfile=/tmp/x", "a contained server does not see")]
    public void A_mistake_in_the_options_reaches_the_caller(string options, string reason)
    {
        InvalidOperationException refusal = Assert.Throws<InvalidOperationException>(() => ContainedMount.Start(_image, options));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [NeedsFact(Needs.Kernel | Needs.Sandbox)]
    public void A_block_device_is_mounted_as_such_and_unmounting_waits_for_the_server()
    {
        string device = ExternalTool.Run("losetup", "--find", "--show", "--read-only", _image).Trim();
        try
        {
            using ContainedMount mount = ContainedMount.Start(device);
            Assert.StartsWith($"{device} {mount.Directory} fuseblk.fuse4fs ro,nosuid,nodev", mount.TableLine, StringComparison.Ordinal);
            Assert.NotEqual(0, ExternalTool.Try("mount", "-t", "ext4", "-o", "ro", device, "/mnt").ExitCode);
            mount.Unmount();
        }
        finally
        {
            ExternalTool.Run("losetup", "--detach", device);
        }
    }

    [NeedsFact(Needs.Sandbox)]
    public void A_server_that_is_killed_leaves_a_dead_mount_and_the_next_one_lives()
    {
        using (ContainedMount mount = ContainedMount.Start(_image))
        {
            // A request that is being served when the server ends has another error; afterwards there is this one.
            ExternalTool.Run("kill", "-9", $"{mount.ProcessId}");
            mount.WaitForEnd();
            ToolResult result = ExternalTool.Try("ls", mount.Directory);
            Assert.Contains("Transport endpoint is not connected", result.Error, StringComparison.Ordinal);
        }

        using ContainedMount next = ContainedMount.Start(_image);
        Assert.True(File.Exists(Path.Combine(next.Directory, "file")));
    }

    [NeedsFact(Needs.Sandbox)]
    public void A_user_without_rights_mounts_on_his_own_directory_with_nosuid_and_nodev_forced()
    {
        // In a mount namespace of its own, since the device may be root's alone here.
        string script = $"""
            set -e
            mount --make-rprivate /
            mount -t tmpfs none /dev
            mknod -m 666 /dev/null c 1 3
            mknod -m 666 /dev/fuse c 10 229
            mount -t tmpfs none /mnt
            mkdir /mnt/mine /mnt/roots
            cp {Machine.Helper} {Machine.Server} {_image} /mnt/
            chown 65534:65534 /mnt/mine
            image=/mnt/{Path.GetFileName(_image)}
            chmod 644 "$image"
            user="setpriv --reuid=65534 --regid=65534 --clear-groups"
            $user /mnt/fuse4fs-mount --alone -o suid,dev "$image" /mnt/mine
            grep /mnt/mine /proc/self/mounts
            $user ls /mnt/mine
            ls /mnt/mine || echo root is another user
            $user /mnt/fuse4fs-mount --alone "$image" /mnt/roots || echo refused
            $user fusermount3 -u /mnt/mine
            """;
        ToolResult result = ExternalTool.Try("unshare", "--mount", "bash", "-c", script);
        Assert.Contains(" fuse.fuse4fs ro,nosuid,nodev,relatime,user_id=65534,group_id=65534,default_permissions 0 0", result.Output, StringComparison.Ordinal);
        Assert.Contains("file\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("root is another user", result.Output, StringComparison.Ordinal);
        Assert.Contains("refused", result.Output, StringComparison.Ordinal);
        Assert.Contains("/mnt/roots is not the caller's to write to", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    private static void WaitUntilWritten(string file)
    {
        long length;
        do
        {
            length = new FileInfo(file).Length;
            Thread.Sleep(200);
        }
        while (new FileInfo(file).Length != length);
    }

    private static string Namespace(string process, string kind) => File.ResolveLinkTarget($"/proc/{process}/ns/{kind}", returnFinalTarget: false)!.Name;
}
