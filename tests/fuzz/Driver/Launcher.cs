using TestSupport;

namespace Ext4Safety.FuzzTests.Driver;

/// <summary>A fuzzing executable that the build has left in its output, and a folder of its own for what it writes.</summary>
public sealed class Launcher : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _path;

    private Launcher(string path)
    {
        _path = path;
        Directory.CreateDirectory(Folder);
    }

    /// <summary>Where it runs: artifacts go here.</summary>
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"ext4safety-fuzz-{Guid.NewGuid():N}");

    /// <summary>The repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The driver that is shipped.</summary>
    public static string RealPath { get; } = OutputOf("fuzz/Driver");

    /// <summary>The driver of the targets that fail.</summary>
    public static string FailingPath { get; } = OutputOf("tests/fuzz/FailingDriver");

    /// <summary>The driver of the targets that fail, as one NativeAOT program; only there where it was published.</summary>
    public static string NativePath { get; } = Path.Combine(Root, "out/fuzz-failing-native/launcher");

    /// <summary>The driver that is shipped.</summary>
    public static Launcher Real() => new(RealPath);

    /// <summary>The driver of the targets that fail.</summary>
    public static Launcher Failing() => new(FailingPath);

    /// <summary>The driver of the targets that fail, as one NativeAOT program.</summary>
    public static Launcher FailingNative() => new(NativePath);

    /// <summary>Runs it until it ends.</summary>
    public ToolResult Run(params IEnumerable<string> arguments) =>
        ExternalTool.TryFor(Patience, "/usr/bin/env", ["-C", Folder, _path, $"-artifact_prefix={Folder}/", .. arguments]);

    /// <summary>Runs it as a service would: with nothing in its environment.</summary>
    public ToolResult RunBare(string executable, params IEnumerable<string> arguments) =>
        ExternalTool.TryFor(Patience, "/usr/bin/env", ["-i", "-C", Folder, executable, .. arguments]);

    /// <summary>Names of the artifacts that were written.</summary>
    public IReadOnlyList<string> Artifacts =>
        [.. new DirectoryInfo(Folder).EnumerateFiles().Select(file => file.Name).Where(IsArtifact).Order(StringComparer.Ordinal)];

    /// <summary>Writes an input.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, params ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Makes a folder.</summary>
    /// <returns>Its path.</returns>
    public string MakeFolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static bool IsArtifact(string name) =>
        name.StartsWith("crash-", StringComparison.Ordinal) || name.StartsWith("timeout-", StringComparison.Ordinal)
        || name.StartsWith("oom-", StringComparison.Ordinal) || name.StartsWith("minimized-from-", StringComparison.Ordinal);

    /// <summary>The tests' own output lies in bin/CONFIGURATION/FRAMEWORK; so does that of the program.</summary>
    private static string OutputOf(string project) => Path.Combine(
        Root, project, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "launcher");

    private static string FindRoot()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Ext4Safety.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }
}

/// <summary>A fact about the fuzzing executable; it says so where that could not be built.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LauncherFactAttribute : FactAttribute
{
    public LauncherFactAttribute() => Skip = LauncherTheoryAttribute.WhyNot(Launcher.FailingPath);
}

/// <summary>A theory about the fuzzing executable; it says so where that could not be built.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LauncherTheoryAttribute : TheoryAttribute
{
    public LauncherTheoryAttribute() => Skip = WhyNot(Launcher.FailingPath);

    internal static string? WhyNot(string path) => File.Exists(path) ? null : "the launcher was not built: clang's libFuzzer is missing";
}

/// <summary>A theory about the NativeAOT program; it says so where that was not published.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NativeDriverTheoryAttribute : TheoryAttribute
{
    public NativeDriverTheoryAttribute() =>
        Skip = File.Exists(Launcher.NativePath) ? null : "not built: ci/build-fuzz --native --project tests/fuzz/FailingDriver --output out/fuzz-failing-native";
}
