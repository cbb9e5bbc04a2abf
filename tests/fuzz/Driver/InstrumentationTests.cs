using System.Security.Cryptography;
using Ext4Safety.Fuzz;
using TestSupport;

namespace Ext4Safety.FuzzTests.Driver;

/// <summary>Rewritten code is valid, does what the plain code does, and counts what it should.</summary>
public sealed class InstrumentationTests
{
    [LauncherFact]
    public void Every_rewritten_method_compiles_and_every_counter_is_on_the_map()
    {
        using Launcher launcher = Launcher.Real();
        ToolResult result = launcher.Run("--self-check");
        Assert.Equal("", result.Error);
        Assert.Matches("self-check: Ext4Core: [0-9]{4} methods, [0-9]{4,5} sites\n", result.Output);
        Assert.Contains("self-check: 0 wrong", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [LauncherFact]
    public void Rewritten_code_gives_the_verdicts_of_the_plain_code()
    {
        using Launcher launcher = Launcher.Real();
        List<string> pairs = [], expected = [];
        foreach (FuzzTarget target in TargetRegistry.All)
        {
            foreach (Seed seed in target.Seeds.Append(new("empty", [])).Append(new("three-bytes", [1, 2, 3])))
            {
                pairs.Add($"{target.Name}={launcher.Write($"{target.Name}/{seed.Name}", seed.Bytes)}");
                expected.Add($"{target.Name} {seed.Name}: {FuzzRun.Once(target, seed.Bytes)}");
            }
        }

        ToolResult result = launcher.Run(["--verdicts", .. pairs]);
        Assert.Equal("", result.Error);
        Assert.Equal(expected, result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [LauncherFact]
    public void Coverage_counts_the_inputs_that_reach_a_place()
    {
        using Launcher launcher = Launcher.Real();
        launcher.Write("inputs/no", 1, 2, 3, 4);
        launcher.Write("inputs/first-letter", (byte)'E', 2, 3, 4);
        launcher.Write("inputs/two-letters", (byte)'E', (byte)'x', 3, 4);
        string table = Path.Combine(launcher.Folder, "table");
        ToolResult result = launcher.Run($"--coverage={table}", $"canary={launcher.MakeFolder("inputs")}");
        Assert.Equal(0, result.ExitCode);
        string[] lines = File.ReadAllLines(table);
        Assert.Equal("kind\tmethod\tfile\tlines\tinputs\tcanary", lines[0]);
        string[][] places = [.. lines.Select(line => line.Split('\t')).Where(fields => fields[1].EndsWith("CanaryTarget.Run", StringComparison.Ordinal))];
        Assert.Equal(("F", "3"), (places[0][0], places[0][4]));
        Assert.Equal("fuzz/Harness/Targets/CanaryTarget.cs", places[0][2]);
        Assert.Equal(["3", "3", "2", "1", "0", "0"], places.Where(fields => fields[0] is "F" or "B").Select(fields => fields[4]));
        string[][] ways = [.. places.Where(fields => fields[0] is "E")];
        Assert.All(ways, fields => Assert.Contains(',', fields[3]));   // the condition's line, and that of the block behind all of them
        Assert.Equal(3, ways.Sum(fields => int.Parse(fields[4])));
        Assert.Contains(lines, line => line.StartsWith("F\tExt4Core.Layout.ExtentNodeView.Parse\tsrc/Ext4Core/Layout/ExtentViews.cs\t", StringComparison.Ordinal));
    }

    [LauncherFact]
    public void The_same_assembly_is_rewritten_to_the_same_bytes()
    {
        using Launcher launcher = Launcher.Real();
        string output = Path.Combine(launcher.Folder, "Ext4Core.dll");
        Assert.Equal(Rewrite(output), Rewrite(output));

        string Rewrite(string path)
        {
            ExternalTool.Run("dotnet", InstrumenterPath, typeof(Ext4Core.Volume).Assembly.Location, path, $"--runtime={RuntimePath}");
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
        }
    }

    [LauncherFact]
    public void An_assembly_is_not_rewritten_twice()
    {
        using Launcher launcher = Launcher.Real();
        string core = Path.Combine(Path.GetDirectoryName(Launcher.RealPath)!, "Ext4Core.dll");
        ToolResult result = ExternalTool.Try("dotnet", InstrumenterPath, core, Path.Combine(launcher.Folder, "twice.dll"), $"--runtime={RuntimePath}");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("is instrumented already", result.Error, StringComparison.Ordinal);
    }

    private static string RuntimePath => Path.Combine(Path.GetDirectoryName(Launcher.RealPath)!, "Ext4Safety.Fuzz.Runtime.dll");

    private static string InstrumenterPath => Path.Combine(
        Launcher.Root, "fuzz/Instrumentation/bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0/Ext4Safety.Fuzz.Instrumentation.dll");
}
