using System.Text.RegularExpressions;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Server;

/// <summary>How a mount begins and ends, and what the server says meanwhile.</summary>
public sealed class ServerLifeTests : IDisposable
{
    private const int Terminated = 15;

    private readonly string _image = Path.Combine(Path.GetTempPath(), $"ext4safety-life-{Guid.NewGuid():N}.img");
    private readonly uint _damaged;

    public ServerLifeTests()
    {
        ImageBuilder builder = new(VolumeShape.Ext4);
        _ = builder.AddFile("file", [new(0, 2), new(4, 1)]);
        _damaged = builder.AddFile("damaged", [new(0, 1)]);
        builder.Inode(_damaged)[0x28] ^= 0xFF;
        builder.SealInode(_damaged);
        builder.Disk.SaveTo(_image);
    }

    public void Dispose() => File.Delete(_image);

    [NeedsFact(Needs.Server)]
    public void The_mount_table_shows_type_source_and_read_only()
    {
        using ServedMount mount = ServedMount.Start(_image);
        Assert.StartsWith($"{_image} {mount.Directory} fuse.ext4 ro,nosuid,nodev", mount.TableLine, StringComparison.Ordinal);
    }

    [NeedsFact(Needs.Server)]
    public void Unmounting_ends_the_server_well()
    {
        using ServedMount mount = ServedMount.Start(_image);
        mount.Unmount();
        Assert.Equal(0, mount.WaitForEnd().ExitCode);
    }

    [NeedsFact(Needs.Server)]
    public void Termination_unmounts_and_ends_well()
    {
        using ServedMount mount = ServedMount.Start(_image);
        ExternalTool.Run("kill", $"-{Terminated}", $"{mount.ProcessId}");
        (int exitCode, string log) = mount.WaitForEnd();
        Assert.Equal(0, exitCode);
        Assert.Null(mount.TableLine);
        Assert.Contains("event=uncontained", log, StringComparison.Ordinal);
    }

    [NeedsFact(Needs.Server)]
    public void A_damaged_inode_is_reported_once_and_costs_nobody_else_anything()
    {
        using ServedMount mount = ServedMount.Start(_image);
        string damaged = Path.Combine(mount.Directory, "damaged");
        for (int attempt = 0; attempt < 3; attempt++)
        {
            ToolResult refused = ExternalTool.Try("cat", damaged);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("Structure needs cleaning", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(5 * 1024, File.ReadAllBytes(Path.Combine(mount.Directory, "file")).Length);
        mount.Unmount();
        string report = Assert.Single(mount.WaitForEnd().Log.Split('\n'), line => line.Contains("event=damage", StringComparison.Ordinal));
        Assert.Contains($"code=E401 scope=Inode structure=ExtentNode inode={_damaged}", report, StringComparison.Ordinal);
    }

    [NeedsFact(Needs.Server)]
    public void Panic_ends_the_mount_at_the_first_damage()
    {
        using ServedMount mount = ServedMount.Start(_image, "errors=panic");
        _ = ExternalTool.Try("cat", Path.Combine(mount.Directory, "damaged"));
        Assert.Equal(2, mount.WaitForEnd().ExitCode);
        Assert.Null(mount.TableLine);
    }

    [NeedsFact(Needs.Server)]
    public void Serving_collects_no_garbage_and_allocates_next_to_nothing()
    {
        using ServedMount mount = ServedMount.Start(_image);
        string file = Path.Combine(mount.Directory, "file");
        for (int round = 0; round < 200; round++)
        {
            ExternalTool.Run("cat", file);
            _ = File.Exists(Path.Combine(mount.Directory, $"nothing{round}"));
        }

        mount.Unmount();
        string log = mount.WaitForEnd().Log;
        Match served = Regex.Match(
            log, @"event=served requests=(?<requests>\d+) allocated=(?<allocated>\d+) collections=(?<collections>\d+)",
            RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5));
        Assert.True(served.Success, log);
        Assert.InRange(int.Parse(served.Groups["requests"].Value), 200, int.MaxValue);

        // What a thread allocates when it runs through a generic method for the first time is not a cost of requests.
        Assert.InRange(int.Parse(served.Groups["allocated"].Value), 0, 8192);
        Assert.Equal("0", served.Groups["collections"].Value);
    }

    [NeedsFact(Needs.Server)]
    public void In_the_background_the_program_returns_when_the_mount_is_served()
    {
        string directory = Directory.CreateTempSubdirectory("ext4safety-background-").FullName;
        try
        {
            Assert.Equal(0, ServedMount.Run(_image, directory).ExitCode);
            Assert.True(File.Exists(Path.Combine(directory, "file")));
        }
        finally
        {
            _ = ExternalTool.Try("umount", directory);
            Directory.Delete(directory);
        }
    }

    [NeedsFact(Needs.Server)]
    public void A_refused_volume_is_not_mounted_and_says_why()
    {
        using (FileStream image = File.OpenWrite(_image))
        {
            image.SetLength(1 << 16);
            image.Position = 1024;
            image.Write(new byte[1024]);
        }

        ToolResult refused = ServedMount.Run("-f", _image, Path.GetTempPath());
        Assert.Equal(32, refused.ExitCode);
        Assert.Contains("E101 SuperblockMagic: Superblock, block 0+0x438: found 0x0, expected 0xef53", refused.Error, StringComparison.Ordinal);
    }

    [NeedsFact(Needs.Server)]
    public void An_unknown_option_is_named_and_is_a_usage_error()
    {
        ToolResult refused = ServedMount.Run(_image, Path.GetTempPath(), "-o", "frobnicate");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("unknown mount option \"frobnicate\"", refused.Error, StringComparison.Ordinal);
    }
}
