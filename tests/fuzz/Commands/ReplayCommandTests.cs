using TestSupport;

namespace Ext4Safety.FuzzTests.Commands;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly CommandRunner _commands = new();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public void An_input_whose_directory_bears_a_target_s_name_needs_no_option()
    {
        _commands.Write("fuzz/canary/plain", "abc"u8);
        CommandResult result = _commands.Run("replay", "fuzz/canary/plain");
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("fuzz/canary/plain: accepted ", result.Output);
        Assert.Contains("1 inputs, 0 changed, 0 findings", result.Output);
    }

    [Fact]
    public void A_finding_exits_with_1()
    {
        _commands.Write("fuzz/canary/four", "Ext4"u8);
        Assert.Equal(1, _commands.Run("replay", "fuzz").ExitCode);
    }

    [Fact]
    public void Accepted_verdicts_are_held_against_the_next_replay()
    {
        _commands.Write("fuzz/canary/four", "Ext4"u8);
        string plain = _commands.Write("fuzz/canary/plain", "abc"u8);
        Assert.Equal(0, _commands.Run("replay", "--corpus", ".", "--accept").ExitCode);
        Assert.Equal(0, _commands.Run("replay", "--corpus", ".").ExitCode);
        File.WriteAllText(plain, "abd");
        CommandResult changed = _commands.Run("replay", "--corpus", ".", "--quiet");
        Assert.Equal(1, changed.ExitCode);
        Assert.Matches("^fuzz/canary/plain\n  - accepted [0-9a-f]+\n  \\+ accepted [0-9a-f]+\n2 inputs, 1 changed, 0 findings", changed.Output);
    }

    [Fact]
    public void A_file_of_no_target_is_refused_with_the_option_that_helps()
    {
        _commands.Write("stray", "abc"u8);
        CommandResult result = _commands.Run("replay", "stray");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--target", result.Error);
        Assert.Equal(0, _commands.Run("replay", "stray", "--target", "canary").ExitCode);
    }

    [Fact]
    public void A_path_that_does_not_exist_is_named()
    {
        CommandResult result = _commands.Run("replay", "nowhere");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("nowhere: no such file", result.Error);
    }

    [Fact]
    public void A_raw_image_is_drawn()
    {
        _commands.Write("volume.img", new TinyVolume(hasChecksums: false).Bytes);
        CommandResult result = _commands.Run("replay", "volume.img");
        Assert.StartsWith("volume.img: mounted: ", result.Output);
        Assert.Contains("/: Directory 2", result.Output);
    }
}
