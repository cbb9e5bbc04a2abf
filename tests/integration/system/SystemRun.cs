using System.Text.RegularExpressions;
using Ext4Safety.IntegrationTests.Support;
using TestSupport;

namespace Ext4Safety.IntegrationTests.Systems;

/// <summary>A small Debian system that ci/system starts: the same tree and the same scripts in two places.</summary>
public enum Place
{
    /// <summary>systemd as the first process of namespaces, on the machine's kernel.</summary>
    Namespaces,

    /// <summary>A virtual machine with a newer kernel.</summary>
    Guest,
}

/// <summary>One start of a system that ran every script of this folder.</summary>
internal sealed partial class SystemRun
{
    private const int SkippedExitCode = 77;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private static readonly Dictionary<Place, Lazy<SystemRun>> Runs =
        Enum.GetValues<Place>().ToDictionary(place => place, place => new Lazy<SystemRun>(() => new(Run(place, "run"))));

    private static readonly Dictionary<Place, Lazy<string?>> Obstacles =
        Enum.GetValues<Place>().ToDictionary(place => place, place => new Lazy<string?>(() => FindObstacle(place)));

    private static readonly Lazy<string> Payload = new(MakePayload);

    private readonly ToolResult _result;
    private readonly Dictionary<string, (int Status, string Log)> _sections;

    private SystemRun(ToolResult result)
    {
        _result = result;
        _sections = Section().Matches(result.Output).ToDictionary(
            section => section.Groups["name"].Value,
            section => (int.Parse(section.Groups["status"].Value), section.Groups["log"].Value),
            StringComparer.Ordinal);
    }

    /// <summary>The names of the scripts, in the order in which they run.</summary>
    public static IEnumerable<string> Scripts => Directory.GetFiles(Path.Combine(Folder, "scripts"), "*.sh")
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .Where(name => char.IsAsciiDigit(name[0]))
        .Order(StringComparer.Ordinal);

    /// <summary>The Debian package; null where it is not built.</summary>
    public static string? Package { get; } = Directory.Exists(Path.Combine(TestTree.Root, "out"))
        ? Directory.GetFiles(Path.Combine(TestTree.Root, "out"), "ext4safety_*.deb").FirstOrDefault()
        : null;

    private static string Program { get; } = Path.Combine(TestTree.Root, "ci", "system");

    private static string Folder { get; } = Path.Combine(TestTree.Root, "tests", "integration", "system");

    /// <summary>The system of this place: it is started once.</summary>
    public static SystemRun In(Place place) => Runs[place].Value;

    /// <summary>Why this machine cannot start a place; null where it can.</summary>
    public static string? Obstacle(Place place) => Obstacles[place].Value;

    /// <summary>Runs one script of the caller's in a place.</summary>
    public static ToolResult RunScript(Place place, string text, params string[] options)
    {
        string script = Path.GetTempFileName();
        try
        {
            File.WriteAllText(script, text);
            return ExternalTool.TryFor(Patience, Program, [.. options, Word(place), script]);
        }
        finally
        {
            File.Delete(script);
        }
    }

    /// <summary>Insists that a script ended well; shows what happened inside where it did not.</summary>
    /// <returns>What it said.</returns>
    public string AssertPassed(string script)
    {
        bool hasEnded = _sections.TryGetValue(script, out (int Status, string Log) section);
        Assert.True(hasEnded, $"{script} did not end: {_result.Command} ended with {_result.ExitCode}\n{_result.Everything}");
        Assert.True(section.Status == 0, $"{script} ended with {section.Status}:\n{section.Log}");
        return section.Log;
    }

    /// <summary>Runs one script of this folder in a system of its own, with the package installed.</summary>
    public static ToolResult Run(Place place, string script) => ExternalTool.TryFor(
        Patience, Program, "--timeout", "450", "--prepare", Path.Combine(Folder, "prepare"), Word(place), Path.Combine(Folder, script), Path.Combine(Folder, "scripts"), Payload.Value);

    /// <summary>What the scripts work on, made once for both places.</summary>
    private static string MakePayload()
    {
        string payload = Directory.CreateTempSubdirectory("ext4safety-payload-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(payload, recursive: true);
        string directory = Path.Combine(payload, "payload");
        string[] damaged = Machine.Lacks(Needs.SharedImages) is null ? Directory.GetFiles(Machine.SharedImages, "*.img.zst") : [];
        ExternalTool.TryFor(Patience, Path.Combine(Folder, "make-payload"), [directory, .. damaged]).Expect(0);
        File.Copy(Package!, Path.Combine(directory, "ext4safety.deb"));
        File.Copy(Machine.Escape, Path.Combine(directory, "escape"));
        File.Copy(Path.Combine(TestTree.Root, "tests", "integration", "escape", "run"), Path.Combine(directory, "escape-run"));
        return directory;
    }

    private static string? FindObstacle(Place place)
    {
        ToolResult result = ExternalTool.Try(Program, "check", Word(place));
        if (result.ExitCode == SkippedExitCode)
        {
            return result.Output.Trim();
        }

        return Package is null || File.GetLastWriteTimeUtc(Package) < File.GetLastWriteTimeUtc(Machine.Server)
            ? "needs the Debian package of the programs in out/: run ci/package"
            : Machine.Lacks(Needs.Escape);
    }

    private static string Word(Place place) => place == Place.Guest ? "guest" : "namespaces";

    [GeneratedRegex(@"^begin (?<name>\S+)\n(?<log>.*?)^end \k<name> (?<status>\d+)$",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Section();
}

/// <summary>A theory over scripts that run in one place; it says why where the place cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PlaceTheoryAttribute : TheoryAttribute
{
    public PlaceTheoryAttribute(Place place)
    {
        Place = place;
        Skip = SystemRun.Obstacle(place);
    }

    public Place Place { get; }
}

/// <summary>A fact about one place; it says why where the place cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PlaceFactAttribute : FactAttribute
{
    public PlaceFactAttribute(Place place)
    {
        Place = place;
        Skip = SystemRun.Obstacle(place);
    }

    public Place Place { get; }
}
