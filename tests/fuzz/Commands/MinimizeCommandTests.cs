using Ext4Safety.Fuzz.Volumes;
using Ext4Safety.FuzzTests.Campaigns;

namespace Ext4Safety.FuzzTests.Commands;

public sealed class MinimizeCommandTests : IDisposable
{
    private readonly CommandRunner _commands = new();

    public MinimizeCommandTests() => FakeFuzzer.Install(Path.Combine(_commands.Directory, "bin"), "canary", "Ext4");

    public void Dispose() => _commands.Dispose();

    [Fact]
    public void An_input_is_cut_down_to_what_shows_the_finding()
    {
        _commands.Write("large", [.. "Ext4"u8, .. new byte[500]]);
        CommandResult result = _commands.Run("minimize", "canary", "large", "--binaries", "bin");
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("large.min: 4 bytes, was 504", result.Output);
        Assert.Equal("Ext4", File.ReadAllText(Path.Combine(_commands.Directory, "large.min")));
    }

    [Fact]
    public void An_input_that_only_its_program_fails_on_is_cut_down_record_by_record()
    {
        FakeFuzzer.Install(Path.Combine(_commands.Directory, "bin"), "volume-operations", "seekers");
        BaseVolume volume = BaseVolumes.Find("minimal")!;
        VolumeInputWriter large = new(volume, InputFlags.Sealed);
        for (int index = 0; index < 10; index++)
        {
            large.Edit(index * 1000, [1, 2, 3]).Add(RecordKind.Lookup, index == 7 ? "seekers"u8 : "others"u8, 2);
        }

        _commands.Write("large", large.ToArray());
        CommandResult result = _commands.Run("minimize", "volume-operations", "large", "--binaries", "bin");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            new VolumeInputWriter(volume, InputFlags.Sealed).Add(RecordKind.Lookup, "seekers"u8, 2).ToArray(),
            File.ReadAllBytes(Path.Combine(_commands.Directory, "large.min")));
    }

    [Fact]
    public void An_input_that_shows_nothing_is_refused()
    {
        _commands.Write("harmless", "abc"u8);
        CommandResult result = _commands.Run("minimize", "canary", "harmless", "--binaries", "bin");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("canary finds nothing wrong with it", result.Error);
    }
}
