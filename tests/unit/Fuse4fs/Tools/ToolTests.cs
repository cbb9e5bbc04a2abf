using System.CommandLine;
using System.Text.Json;
using Fuse4fs.Logging;
using Fuse4fs.Tools;
using TestSupport;

namespace Fuse4fs.UnitTests.Tools;

public sealed class ToolTests : IDisposable
{
    private const int MagicOffset = 0x38;
    private readonly string _directory = Directory.CreateTempSubdirectory("ext4safety-tools-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [SmallVolumeFact]
    public void Check_of_a_clean_volume_says_so_in_one_line_and_ends_with_0()
    {
        (int exitCode, string output) = Check(Write(Clean()));

        Assert.Equal(0, exitCode);
        Assert.StartsWith("clean: ", Assert.Single(Lines(output)), StringComparison.Ordinal);
    }

    [SmallVolumeFact]
    public void Check_of_a_damaged_volume_counts_the_reports_lists_them_and_ends_with_4()
    {
        byte[] volume = Clean();
        volume[DescriptorOf(volume) + 0x0C] ^= 1;

        (int exitCode, string output) = Check(Write(volume));

        Assert.Equal(4, exitCode);
        string[] lines = Lines(output);
        int reportCount = lines.Count(line => line.StartsWith('E'));
        Assert.Equal($"damaged: {reportCount} reports", lines[0]);
        Assert.Contains(lines, line => line.StartsWith("E201 GroupDescriptorChecksum: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("E222 FreeClustersMismatch: ", StringComparison.Ordinal));
    }

    [SmallVolumeFact]
    public void Check_of_a_volume_that_cannot_be_mounted_says_why_and_ends_with_4()
    {
        byte[] volume = Clean();
        volume[1024 + MagicOffset] = 0;

        (int exitCode, string output) = Check(Write(volume));

        Assert.Equal(4, exitCode);
        Assert.StartsWith("refused: E101 SuperblockMagic: ", Assert.Single(Lines(output)), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_of_a_file_that_is_not_there_ends_with_8()
    {
        (int exitCode, string output) = Check(Path.Combine(_directory, "nowhere"));

        Assert.Equal(8, exitCode);
        Assert.StartsWith("refused: ", output, StringComparison.Ordinal);
    }

    [SmallVolumeFact]
    public void Check_finds_a_volume_behind_an_offset()
    {
        byte[] volume = Clean();
        byte[] shifted = new byte[volume.Length + 4096];
        volume.CopyTo(shifted, 4096);

        (int exitCode, _) = Check(Write(shifted), "-o", "offset=4096");

        Assert.Equal(0, exitCode);
    }

    [SmallVolumeFact]
    public void Check_as_json_carries_every_report_with_its_place()
    {
        byte[] volume = Clean();
        volume[DescriptorOf(volume) + 0x0C] ^= 1;

        (_, string output) = Check(Write(volume), "--json");

        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal("damaged", root.GetProperty("verdict").GetString());
        JsonElement first = root.GetProperty("reports")[0];
        Assert.Equal(201, first.GetProperty("code").GetInt32());
        Assert.Equal("GroupDescriptor", first.GetProperty("structure").GetString());
        Assert.Equal("Group", first.GetProperty("scope").GetString());
    }

    [SmallVolumeFact]
    public void Info_names_the_features_as_e2fsprogs_does()
    {
        (int exitCode, string output) = Info(Write(Clean()));

        Assert.Equal(0, exitCode);
        Assert.Contains("ext_attr resize_inode dir_index filetype extent 64bit flex_bg", output, StringComparison.Ordinal);
        Assert.Contains("6e4f7a52-1c0b-4d3e-9a77-0f5d2c8b1e90", output, StringComparison.Ordinal);
        Assert.Contains("can be mounted", output, StringComparison.Ordinal);
    }

    [SmallVolumeFact]
    public void Info_describes_a_volume_that_cannot_be_mounted()
    {
        byte[] volume = Clean();
        volume[1024 + 0x18] = 60;

        (int exitCode, string output) = Info(Write(volume), "--json");

        Assert.Equal(0, exitCode);
        JsonElement root = JsonDocument.Parse(output).RootElement;
        Assert.Equal("refused", root.GetProperty("verdict").GetString());
        Assert.False(root.GetProperty("isChecksumRight").GetBoolean());
        Assert.Equal("metadata_csum", root.GetProperty("features").EnumerateArray().Last().GetString());
    }

    [SmallVolumeFact]
    public void A_label_cannot_write_to_the_terminal()
    {
        byte[] volume = Clean();
        "\e[2Jevil"u8.CopyTo(volume.AsSpan(1024 + 0x78));

        (_, string output) = Info(Write(volume));

        Assert.Contains(@"\x1b[2Jevil", output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "never")]
    [InlineData(1_700_000_000, "2023-11-14 22:13:20 UTC")]
    [InlineData((1L << 40) - 1, "@1099511627775")]
    public void A_time_that_no_calendar_holds_is_shown_as_seconds(long seconds, string shown) =>
        Assert.Equal(shown, Printable.Time(seconds));

    private static byte[] Clean() => SmallVolume.Named("ext4-checked").Make();

    /// <summary>With blocks of 1 KiB the descriptors follow the superblock's block.</summary>
    private static int DescriptorOf(byte[] volume) => volume.Length > 2048 ? 2048 : throw new ArgumentException("too short", nameof(volume));

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string Write(byte[] volume)
    {
        string path = Path.Combine(_directory, "volume.img");
        File.WriteAllBytes(path, volume);
        return path;
    }

    private static (int ExitCode, string Output) Check(string image, params string[] options)
    {
        StringWriter output = new();
        EventLog log = new(new StandardErrorLog());
        return (CheckCommand.Create(log).Parse([image, .. options]).Invoke(To(output)), output.ToString());
    }

    private static (int ExitCode, string Output) Info(string image, params string[] options)
    {
        StringWriter output = new();
        EventLog log = new(new StandardErrorLog());
        return (InfoCommand.Create(log).Parse([image, .. options]).Invoke(To(output)), output.ToString());
    }

    private static InvocationConfiguration To(StringWriter output) => new() { Output = output, Error = TextWriter.Null };
}
