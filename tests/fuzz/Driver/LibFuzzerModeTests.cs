using System.Text.RegularExpressions;
using TestSupport;

namespace Ext4Safety.FuzzTests.Driver;

/// <summary>What libFuzzer offers, it offers here.</summary>
public sealed partial class LibFuzzerModeTests
{
    [LauncherFact]
    public void As_many_runs_are_made_as_were_asked_for()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--target=extent-node", "-runs=5000", "-seed=1");
        Assert.Contains("Done 5000 runs", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [LauncherFact]
    public void Time_ends_a_run()
    {
        using Launcher launcher = Launcher.Failing();
        ToolResult result = launcher.Run("--target=nothing", "-max_total_time=1", "-seed=1");
        Assert.Matches("Done [0-9]+ runs in [12] second", result.Error);
        Assert.Equal(0, result.ExitCode);
    }

    [LauncherTheory]
    [InlineData("extent-node", true)]
    [InlineData("volume", false)]
    public void Inputs_are_weighed_by_rare_places_unless_a_run_passes_through_everything(string target, bool isWeighed)
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run($"--target={target}", "-runs=1", "-seed=1");
        Assert.Equal(isWeighed, result.Error.Contains("entropic power schedule", StringComparison.Ordinal));
    }

    [LauncherFact]
    public void The_same_seed_takes_the_same_way()
    {
        using Launcher launcher = Launcher.Real();
        string[] arguments = ["--target=canary", "-runs=2000000", "-seed=7"];
        string first = Statistics(launcher.Run(arguments)), second = Statistics(launcher.Run(arguments));
        Assert.Equal(first, second);
    }

    [LauncherFact]
    public void Nested_magic_is_solved_by_who_sees_the_compares()
    {
        using Launcher launcher = Launcher.Failing();
        string corpus = SeedOfZeros(launcher);
        ToolResult result = launcher.Run("--target=nested-magic", "-runs=20000000", "-seed=1", "-len_control=0", corpus);
        Assert.Contains("every magic is known", result.Error, StringComparison.Ordinal);
        Assert.Equal(77, result.ExitCode);
    }

    [LauncherFact]
    public void Nested_magic_is_not_solved_without()
    {
        using Launcher launcher = Launcher.Failing();
        ToolResult result = launcher.Run("--target=nested-magic", "-runs=1000000", "-seed=1", "-use_cmp=0", "-len_control=0", SeedOfZeros(launcher));
        Assert.Contains("Done 1000000 runs", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [LauncherFact]
    public void A_mutator_and_its_mixing_reach_behind_a_checksum()
    {
        using Launcher launcher = Launcher.Failing();
        string corpus = PackagedSeeds(launcher, "sealed");
        ToolResult result = launcher.Run("--target=sealed", "-runs=3000000", "-seed=1", corpus);
        Assert.Contains("the seal is right", result.Error, StringComparison.Ordinal);
        Assert.Equal(77, result.ExitCode);
    }

    [LauncherFact]
    public void Processes_share_the_work_until_one_finds_something()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--target=canary", "-fork=2", "-max_total_time=60", "-seed=1", launcher.MakeFolder("corpus"));
        Assert.Contains("the canary sings", result.Everything, StringComparison.Ordinal);
        Assert.Equal(77, result.ExitCode);
        Assert.NotEmpty(launcher.Artifacts);
    }

    [LauncherFact]
    public void Processes_that_share_the_work_may_go_on_after_a_finding()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run(
            "--target=canary", "-fork=1", "-ignore_crashes=1", "-max_total_time=4", "-seed=1", launcher.MakeFolder("corpus"));
        Assert.Matches("INFO: exiting: 77 time: [4-9]s", result.Error);
        Assert.Contains("the canary sings", result.Error, StringComparison.Ordinal);
        Assert.NotEmpty(launcher.Artifacts);
    }

    [LauncherFact]
    public void Jobs_each_leave_a_log()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--target=extent-node", "-jobs=2", "-workers=2", "-runs=1000", launcher.MakeFolder("corpus"));
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Done 1000 runs", File.ReadAllText(Path.Combine(launcher.Folder, "fuzz-0.log")), StringComparison.Ordinal);
        Assert.Contains("Done 1000 runs", File.ReadAllText(Path.Combine(launcher.Folder, "fuzz-1.log")), StringComparison.Ordinal);
    }

    [LauncherFact]
    public void A_merge_keeps_one_input_of_those_that_reach_the_same()
    {
        using Launcher launcher = Launcher.Real();
        string from = launcher.MakeFolder("from"), into = launcher.MakeFolder("into");
        launcher.Write("from/short", 1);
        launcher.Write("from/like-it", 2, 3);
        launcher.Write("from/further", (byte)'E', (byte)'x', 0, 0);
        ToolResult result = launcher.Run("--target=canary", "-merge=1", into, from);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal([1, 4], Directory.EnumerateFiles(into).Select(file => new FileInfo(file).Length).Order());
    }

    [LauncherFact]
    public void The_first_input_of_a_merge_is_not_credited_with_what_seeds_reach()
    {
        using Launcher launcher = Launcher.Failing();
        string from = launcher.MakeFolder("from"), into = launcher.MakeFolder("into");
        launcher.Write("from/short", 1);
        launcher.Write("from/like-the-seed", new byte[48]);
        launcher.Run("--target=nested-magic", "-set_cover_merge=1", "-use_counters=0", into, from);
        Assert.Equal([1, 48], Directory.EnumerateFiles(into).Select(file => new FileInfo(file).Length).Order());
    }

    [LauncherFact]
    public void A_crash_is_made_as_small_as_it_gets_and_stays_the_same_crash()
    {
        using Launcher launcher = Launcher.Real();
        string input = launcher.Write("big", [.. "Ext4"u8, .. new byte[60]]);
        string small = Path.Combine(launcher.Folder, "small");
        launcher.Run("--target=canary", "-minimize_crash=1", "-runs=20000", "-seed=1", $"-exact_artifact_path={small}", input);
        Assert.Equal("Ext4"u8.ToArray(), File.ReadAllBytes(small));
    }

    [LauncherFact]
    public void A_dictionary_is_taken_up()
    {
        using Launcher launcher = Launcher.Failing();
        string package = launcher.MakeFolder("package");
        launcher.Run($"--package={package}");
        ToolResult result = launcher.Run("--target=nested-magic", "-runs=100", $"-dict={package}/nested-magic_fuzzer.dict");
        Assert.Contains("Dictionary: 2 entries", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [LauncherFact]
    public void A_file_is_replayed()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult crash = launcher.Run("--target=canary", launcher.Write("crash", "Ext4"u8));
        ToolResult fine = launcher.Run("--target=canary", "-runs=3", launcher.Write("fine", "Ext3"u8));
        Assert.Contains("the canary sings", crash.Error, StringComparison.Ordinal);
        Assert.Equal(77, crash.ExitCode);
        Assert.Contains("Executed", fine.Error, StringComparison.Ordinal);
        Assert.Equal(0, fine.ExitCode);
    }

    [LauncherFact]
    public void New_functions_are_told_by_their_names_in_source()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--target=extent-node", "-runs=2000", "-seed=1", "-print_funcs=9", "-print_coverage=1");
        Assert.Matches(@"NEW_FUNC\[[0-9]+/[0-9]+\]: .* in Ext4Core\.Layout\.ExtentNodeView\.Parse src/Ext4Core/Layout/ExtentViews\.cs:[0-9]+", result.Error);
        Assert.Matches(@"COVERED_FUNC: hits: [0-9]+ edges: [0-9]+/[0-9]+ Ext4Core\.Layout\.ExtentNodeView\.Parse", result.Error);
    }

    [LauncherFact]
    public void Places_are_told_by_their_lines()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--target=extent-node", "-runs=2000", "-seed=1", "-print_pcs=1");
        Assert.Contains("in Ext4Core.Layout.ExtentNodeView.Parse src/Ext4Core/Layout/ExtentViews.cs:", result.Error, StringComparison.Ordinal);
    }

    [LauncherFact]
    public void A_function_can_be_put_into_focus()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--target=extent-node", "-runs=100", "-focus_function=Ext4Core.Layout.ExtentNodeView.Parse");
        Assert.Contains("INFO: Focus function is set to 'Ext4Core.Layout.ExtentNodeView.Parse'", result.Error, StringComparison.Ordinal);
    }

    private static string SeedOfZeros(Launcher launcher)
    {
        launcher.Write("corpus/zeros", new byte[48]);
        return launcher.MakeFolder("corpus");
    }

    private static string PackagedSeeds(Launcher launcher, string target)
    {
        string package = launcher.MakeFolder("package"), corpus = launcher.MakeFolder("corpus");
        launcher.Run($"--package={package}");
        System.IO.Compression.ZipFile.ExtractToDirectory(Path.Combine(package, $"{target}_fuzzer_seed_corpus.zip"), corpus);
        return corpus;
    }

    /// <summary>What does not depend on the clock or the machine.</summary>
    private static string Statistics(ToolResult result) => string.Join('\n', Steps().Matches(result.Error).Select(match => match.Value));

    [GeneratedRegex("^#[0-9]+\t(?:NEW|REDUCE) +cov: [0-9]+ ft: [0-9]+ corp: [0-9]+/[0-9]+b|MS: .*base unit: .*", RegexOptions.Multiline, 10_000)]
    private static partial Regex Steps();
}
