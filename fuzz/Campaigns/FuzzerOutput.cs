using System.Globalization;
using System.Text.RegularExpressions;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>How far libFuzzer says it is.</summary>
/// <param name="Runs">Inputs run since it started.</param>
/// <param name="Edges">Edges of the code that were seen: its <c>cov</c>.</param>
/// <param name="Features">Edges, how often, and compares: its <c>ft</c>.</param>
/// <param name="CorpusSize">Inputs in its corpus.</param>
internal readonly record struct FuzzerProgress(long Runs, int Edges, int Features, int CorpusSize);

/// <summary>How an input made a target's program end.</summary>
internal enum FailureKind
{
    /// <summary>An exception, an abort or a signal.</summary>
    Crash,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>More memory than there may be.</summary>
    OutOfMemory,
}

/// <summary>What libFuzzer printed of an input that made its target fail.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="Headline">The line that says what happened, from the name of the exception on.</param>
/// <param name="Lines">Everything from that line to the artifact's name.</param>
/// <param name="Artifact">The file that holds the input; nothing when an input was only replayed.</param>
internal sealed record FailureReport(FailureKind Kind, string Headline, IReadOnlyList<string> Lines, string? Artifact);

/// <summary>Reads what libFuzzer prints, line after line.</summary>
internal sealed partial class FuzzerOutput
{
    private const string ErrorMark = " ERROR: libFuzzer: ", ManagedMark = "unhandled managed exception ";
    private const string ArtifactMark = "Test unit written to ";
    private const int MostReportLines = 400;

    /// <summary>How the runtime begins to tell of its own end, in front of libFuzzer's line.</summary>
    private static readonly string[] RuntimeMarks = ["Stack overflow", "Fatal error.", "Unhandled exception.", "Process terminated."];

    private readonly List<string> _report = [];
    private string? _headline;

    /// <summary>The newest progress.</summary>
    public FuzzerProgress Progress { get; private set; }

    /// <summary>The progress when the corpus had been read: what was found later is new. Nothing while it is being read.</summary>
    public FuzzerProgress? Start { get; private set; }

    /// <summary>The failures so far. In its fork mode libFuzzer goes on after one.</summary>
    public IList<FailureReport> Failures { get; } = [];

    /// <summary>Takes one line.</summary>
    /// <returns>Whether it told of progress.</returns>
    public bool Read(string line)
    {
        Match match = ProgressLine().Match(line);
        if (match.Success)
        {
            Progress = new(
                long.Parse(match.Groups["runs"].ValueSpan, CultureInfo.InvariantCulture),
                Number(match, "cov"), Number(match, "ft"), Number(match, "corp"));
            Start ??= match.Groups["event"].ValueSpan is "pulse" ? null : Progress;
            return true;
        }

        ReadFailure(line);
        return false;
    }

    /// <summary>Says that no line follows.</summary>
    public void End()
    {
        if (_headline is not null)
        {
            Finish(artifact: null);
        }
    }

    private void ReadFailure(string line)
    {
        int error = line.IndexOf(ErrorMark, StringComparison.Ordinal);
        if (error >= 0 && _headline is null)
        {
            string headline = line[(error + ErrorMark.Length)..];
            _headline = headline.StartsWith(ManagedMark, StringComparison.Ordinal) ? headline[ManagedMark.Length..] : headline;
        }

        bool belongs = _headline is not null || _report.Count > 0 || Array.Exists(RuntimeMarks, mark => line.StartsWith(mark, StringComparison.Ordinal));
        if (belongs && _report.Count < MostReportLines)
        {
            _report.Add(line);
        }

        int artifact = line.IndexOf(ArtifactMark, StringComparison.Ordinal);
        if (artifact >= 0 && _headline is not null)
        {
            Finish(line[(artifact + ArtifactMark.Length)..].Trim());
        }
    }

    private void Finish(string? artifact)
    {
        FailureKind kind = _headline!.StartsWith("timeout", StringComparison.Ordinal) ? FailureKind.Timeout
            : _headline.StartsWith("out-of-memory", StringComparison.Ordinal) ? FailureKind.OutOfMemory
            : FailureKind.Crash;
        string? runtime = Array.Find(RuntimeMarks, mark => _report[0].StartsWith(mark, StringComparison.Ordinal));
        string headline = kind == FailureKind.Crash && runtime is not null ? _report[0].TrimEnd('.') : _headline;
        Failures.Add(new(kind, headline, [.. _report], artifact));
        _headline = null;
        _report.Clear();
    }

    private static int Number(Match match, string group) =>
        match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;

    /// <summary>As in <c>#1024 NEW cov: 15 ft: 17 corp: 3/7b ...</c>, and in fork mode <c>#1024: cov: 15 ft: 17 corp: 3 ...</c>.</summary>
    [GeneratedRegex(@"^#(?<runs>\d+):?\s+(?<event>[A-Z]+|pulse)?\s*(?:cov: (?<cov>\d+) )?(?:ft: (?<ft>\d+) )?corp: (?<corp>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProgressLine();
}
