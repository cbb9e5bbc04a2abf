using System.Text.RegularExpressions;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>Everything that a report tells of.</summary>
/// <param name="State">What the campaign knows.</param>
/// <param name="Coverage">What the corpus reaches; nothing if it was not measured.</param>
/// <param name="Inputs">The input of each finding, by its bucket.</param>
/// <param name="SourceRoot">The source tree.</param>
/// <param name="InputsDirectory">The campaign's directory, as commands are to name it.</param>
/// <param name="MadeAt">When.</param>
internal sealed partial record ReportData(
    CampaignState State, CoverageData? Coverage, IReadOnlyDictionary<string, byte[]> Inputs, string SourceRoot, string InputsDirectory, DateTimeOffset MadeAt)
{
    /// <summary>Findings that are not fixed and not the canary's, in the order of targets and buckets.</summary>
    public IReadOnlyList<Finding> Open =>
    [
        .. State.Findings.Values.Where(finding => !finding.IsFixed && !finding.IsExpected)
            .OrderBy(finding => finding.Target, StringComparer.Ordinal).ThenBy(finding => finding.Identity, StringComparer.Ordinal),
    ];

    /// <summary>Whether the canary was found.</summary>
    public bool HasCanary => State.Findings.Values.Any(finding => finding.IsExpected);

    /// <summary>Inputs run in all.</summary>
    public long Runs => State.Targets.Values.Sum(target => target.Runs);

    /// <summary>Seconds of all targets.</summary>
    public double Seconds => State.Targets.Values.Sum(target => target.Seconds);

    /// <summary>Reads what a campaign's directory holds.</summary>
    public static ReportData Load(CampaignStore store, string inputsDirectory, CoverageData? coverage, string sourceRoot, DateTimeOffset madeAt)
    {
        CampaignState state = store.Load();
        Dictionary<string, byte[]> inputs = state.Findings.Values
            .Where(finding => File.Exists(store.InputOf(finding)))
            .ToDictionary(finding => finding.Identity, finding => File.ReadAllBytes(store.InputOf(finding)), StringComparer.Ordinal);
        return new(state, coverage, inputs, sourceRoot, inputsDirectory, madeAt);
    }

    /// <summary>The commands that show a finding again, and that make its input smaller.</summary>
    public IReadOnlyList<string> CommandsOf(Finding finding) =>
    [
        $"dotnet run --project fuzz -- run {finding.Target} {Path.Combine(InputsDirectory, finding.Input)}",
        $"out/fuzz/{finding.Target}_fuzzer {Path.Combine(InputsDirectory, finding.Input)}",
        $"dotnet run --project fuzz -- minimize {finding.Target} {Path.Combine(InputsDirectory, finding.Input)}",
    ];

    /// <summary>The innermost line of ours in a finding's stack, below the source tree; nothing if no line is known.</summary>
    public static (string File, int Line)? PlaceOf(Finding finding)
    {
        Match match = finding.Report.Select(line => SourceLine().Match(line)).FirstOrDefault(match => match.Success) ?? Match.Empty;
        return match.Success ? (match.Groups["file"].Value, int.Parse(match.Groups["line"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>As in <c>at Ext4Core.Extents.ExtentTree.Walk() in /_/src/Ext4Core/Extents/ExtentTree.cs:line 12</c>.</summary>
    [GeneratedRegex(@"^\s*at (?:Ext4Core|Ext4Safety|Fuse4fs)\..* in (?:/_/|\S*/(?=(?:src|fuzz)/))(?<file>\S+\.cs):line (?<line>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SourceLine();
}
