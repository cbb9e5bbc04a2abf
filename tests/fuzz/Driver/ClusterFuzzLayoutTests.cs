using System.IO.Compression;
using System.Text;
using Ext4Safety.Fuzz;
using TestSupport;

namespace Ext4Safety.FuzzTests.Driver;

/// <summary>The executables are what fuzzing services expect.</summary>
public sealed class ClusterFuzzLayoutTests
{
    [LauncherFact]
    public void Every_target_has_an_executable_with_its_options_beside_it()
    {
        using Launcher launcher = Launcher.Real();
        string package = MakePackage(launcher);
        foreach (FuzzTarget target in TargetRegistry.All)
        {
            string executable = Path.Combine(package, $"{target.Name}_fuzzer");
            Assert.Equal(0x7F, File.ReadAllBytes(executable)[0]);
            Assert.True(File.GetUnixFileMode(executable).HasFlag(UnixFileMode.UserExecute));
            Assert.True(File.ReadAllBytes(executable).AsSpan().IndexOf("LLVMFuzzerTestOneInput"u8) > 0);
            Assert.Equal($"[libfuzzer]\nmax_len = {target.MaximumLength}\n", File.ReadAllText($"{executable}.options"));
            Assert.Equal(target.Dictionary.Count(), File.Exists($"{executable}.dict") ? File.ReadAllLines($"{executable}.dict").Length : 0);
            using ZipArchive zip = ZipFile.OpenRead($"{executable}_seed_corpus.zip");
            Assert.Superset(target.Seeds.Select(seed => seed.Name).ToHashSet(), zip.Entries.Select(entry => entry.FullName).ToHashSet());
        }
    }

    [LauncherFact]
    public void Seeds_and_committed_inputs_go_into_the_zip()
    {
        using Launcher launcher = Launcher.Real();
        launcher.Write("corpus/canary/early", 1, 2, 3);
        string package = launcher.MakeFolder("package");
        launcher.Run($"--package={package}", $"--corpus={launcher.MakeFolder("corpus")}");
        using ZipArchive zip = ZipFile.OpenRead(Path.Combine(package, "canary_fuzzer_seed_corpus.zip"));
        Assert.Contains(zip.Entries, entry => entry is { FullName: "early", Length: 3 });
    }

    [LauncherFact]
    public void An_executable_chooses_by_its_name_in_a_moved_folder_with_an_empty_environment()
    {
        using Launcher launcher = Launcher.Real();
        string moved = Path.Combine(launcher.Folder, "moved");
        Directory.Move(MakePackage(launcher), moved);
        ToolResult result = launcher.RunBare(
            Path.Combine(moved, "extent-node_fuzzer"), "--", "-rss_limit_mb=2560", "-timeout=25", "-runs=4", launcher.MakeFolder("corpus"));
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"INFO: Loaded [0-9]+ modules   \([0-9]{4,5} inline 8-bit counters\)", result.Error);
        Assert.Contains("Done 4 runs", result.Error, StringComparison.Ordinal);
        Assert.Empty(launcher.Artifacts);
    }

    [LauncherFact]
    public void A_word_of_a_dictionary_is_escaped()
    {
        using Launcher launcher = Launcher.Failing();
        string package = launcher.MakeFolder("package");
        launcher.Run($"--package={package}");
        Assert.Equal(
            "word=\"orphan\"\nodd_bytes=\"\\x00\\xFF\\x22\\x5C\"\n",
            File.ReadAllText(Path.Combine(package, "nested-magic_fuzzer.dict"), Encoding.UTF8));
    }

    private static string MakePackage(Launcher launcher)
    {
        string package = launcher.MakeFolder("package");
        launcher.Run($"--package={package}");
        string managed = Directory.CreateDirectory(Path.Combine(package, "managed")).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(Launcher.RealPath)!))
        {
            File.Copy(file, Path.Combine(managed, Path.GetFileName(file)));
        }

        return package;
    }
}
