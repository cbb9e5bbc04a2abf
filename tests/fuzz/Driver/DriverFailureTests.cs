using TestSupport;

namespace Ext4Safety.FuzzTests.Driver;

/// <summary>Every way to fail leaves its input behind, ends with libFuzzer's exit code, and shows where it happened.</summary>
public sealed class DriverFailureTests
{
    private const string Type = "Ext4Safety.Fuzz.Failing.FailingTargets";

    /// <summary>Target, exit code, beginning of the artifact's name, and what the output must show.</summary>
    public static TheoryData<string, int, string, string> Failures => new()
    {
        { "index", 77, "crash-", "DEDUP_TOKEN: System.IndexOutOfRangeException--Ext4Safety.Fuzz.Failing." },
        { "nothing-there", 77, "crash-", "FailingTargets.cs:line" },
        { "nothing-there", 77, "crash-", "System.NullReferenceException" },
        { "division", 77, "crash-", "System.DivideByZeroException" },
        { "objection", 77, "crash-", "DEDUP_TOKEN: Ext4Safety.Fuzz.FindingException.Contradiction--Ext4Safety.Fuzz.Failing." },
        { "recursion", 77, "crash-", $"{Type}.Recurse" },
        { "huge-array", 77, "crash-", "System.OutOfMemoryException" },
        { "runaway", 77, "crash-", $"{Type}.KeepAllocating" },
        { "native-memory", 71, "oom-", "out-of-memory" },
        { "wild-pointer", 77, "crash-", $"{Type}.FollowWildPointer" },
        { "native-fault", 77, "crash-", "deadly signal 11" },
        { "fail-fast", 77, "crash-", "no way on" },
        { "other-thread", 77, "crash-", "System.InvalidOperationException: elsewhere" },
        { "exit", 77, "crash-", "fuzz target exited" },
        { "over-budget", 77, "crash-", "FindingException.Allocation" },
    };

    [LauncherTheory]
    [MemberData(nameof(Failures))]
    public void A_failure_leaves_its_input_and_shows_where_it_happened(string target, int exitCode, string artifact, string shown)
    {
        using Launcher launcher = Launcher.Failing();
        ToolResult result = launcher.Run($"--target={target}", "-runs=100", "-seed=1", "-rss_limit_mb=512");
        Assert.Contains(shown, result.Everything, StringComparison.Ordinal);
        Assert.Contains("ERROR: libFuzzer: ", result.Everything, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith(artifact, Assert.Single(launcher.Artifacts), StringComparison.Ordinal);
    }

    [NativeDriverTheory]
    [MemberData(nameof(Failures))]
    public void A_failure_leaves_its_input_in_a_native_program_too(string target, int exitCode, string artifact, string shown)
    {
        using Launcher launcher = Launcher.FailingNative();
        ToolResult result = launcher.Run($"--target={target}", "-runs=100", "-seed=1", "-rss_limit_mb=512");
        Assert.Contains("ERROR: libFuzzer: ", result.Everything, StringComparison.Ordinal);
        Assert.Contains(target is "recursion" ? "stack overflow" : WithoutLine(shown), result.Everything, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith(artifact, Assert.Single(launcher.Artifacts), StringComparison.Ordinal);
    }

    [LauncherFact]
    public void A_loop_without_end_is_a_timeout_with_a_stack_even_if_it_catches_everything()
    {
        using Launcher launcher = Launcher.Failing();
        ToolResult result = launcher.Run("--target=endless", "-runs=100", "-seed=1", "-timeout=2");
        Assert.Contains($"{Type}.LoopAndCatch", result.Everything, StringComparison.Ordinal);
        Assert.Contains("ERROR: libFuzzer: timeout", result.Everything, StringComparison.Ordinal);
        Assert.Equal(70, result.ExitCode);
        Assert.StartsWith("timeout-", Assert.Single(launcher.Artifacts), StringComparison.Ordinal);
    }

    [LauncherFact]
    public void A_mistake_of_the_mutator_is_told_apart_from_a_finding()
    {
        using Launcher launcher = Launcher.Failing();
        ToolResult result = launcher.Run("--target=mutator-failure", "-runs=100", "-seed=1");
        Assert.Contains("the mutator failed", result.Everything, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
        Assert.Empty(launcher.Artifacts);
    }

    [LauncherFact]
    public void A_name_without_a_target_is_refused_with_the_names_that_there_are()
    {
        using Launcher launcher = Launcher.Failing();
        ToolResult result = launcher.Run("--target=missing");
        Assert.Contains("there is no target 'missing'; there are: nothing ", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, result.ExitCode);
    }

    /// <summary>A native program knows its methods, but not their lines.</summary>
    private static string WithoutLine(string shown) => shown is "FailingTargets.cs:line" ? "Ext4Safety.Fuzz.Failing.FailingTarget" : shown;
}
