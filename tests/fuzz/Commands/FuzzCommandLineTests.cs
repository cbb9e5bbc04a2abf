using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests.Commands;

public sealed class FuzzCommandLineTests : IDisposable
{
    private readonly CommandRunner _commands = new();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public void Help_shows_every_command_and_the_exit_codes()
    {
        CommandResult help = _commands.Run("--help");
        Assert.Equal(0, help.ExitCode);
        Assert.All(["list", "run <TARGET>", "campaign", "replay", "minimize", "merge", "coverage", "report", "Exit codes: 0"], part => Assert.Contains(part, help.Output));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("run")]
    [InlineData("replay")]
    [InlineData("campaign")]
    [InlineData("minimize")]
    [InlineData("merge")]
    [InlineData("coverage")]
    [InlineData("report")]
    public void Help_of_a_command_ends_with_the_exit_codes(string command) =>
        Assert.EndsWith("the work could not be done.", _commands.Run(command, "--help").Output.TrimEnd());

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("run")]
    [InlineData("list --no-such-option")]
    public void A_wrong_command_line_exits_with_2(string arguments)
    {
        CommandResult result = _commands.Run(arguments.Split(' '));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--help explains", result.Error);
    }

    [Fact]
    public void An_unknown_target_is_told_with_the_names_that_there_are()
    {
        CommandResult result = _commands.Run("run", "no-such-target");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'no-such-target'", result.Error);
        Assert.Contains("canary", result.Error);
    }

    [Fact]
    public void List_shows_each_target_with_its_description()
    {
        string list = _commands.Run("list").Output;
        Assert.All(TargetRegistry.All, target => Assert.Contains(target.Name, list));
        Assert.Equal(TargetRegistry.All.Select(target => target.Name), _commands.Run("list", "--names").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Run_prints_the_stack_of_a_finding()
    {
        _commands.Write("found", "Ext4"u8);
        CommandResult result = _commands.Run("run", "canary", "found");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("found: finding Contradiction: the canary sings", result.Output);
        Assert.Contains("CanaryTarget.Run", result.Output);
    }

    [Fact]
    public void Run_without_a_file_says_which_program_is_missing()
    {
        CommandResult result = _commands.Run("run", "canary", "--binaries", "nowhere");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains(Path.Combine(_commands.Directory, "nowhere", "canary_fuzzer"), result.Error);
    }
}
