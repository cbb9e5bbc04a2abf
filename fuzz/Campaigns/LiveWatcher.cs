using System.Diagnostics;
using Spectre.Console;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Shows a campaign as a table that changes, for whoever looks on.</summary>
internal sealed class LiveWatcher : ICampaignWatcher
{
    private const double SecondsBetweenPictures = 0.25;

    private readonly LiveDisplayContext _display;
    private readonly TimeSpan _time;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly List<Finding> _findings = [];
    private double _shownAt = double.NegativeInfinity;

    private LiveWatcher(LiveDisplayContext display, TimeSpan time, IEnumerable<string> targets)
    {
        _display = display;
        _time = time;
        foreach (string target in targets)
        {
            _rows.Add(target, new());
        }
    }

    /// <summary>Runs a campaign and shows it meanwhile.</summary>
    public static CampaignOutcome Show(IAnsiConsole console, CampaignPlan plan, Func<ICampaignWatcher, CampaignOutcome> run)
    {
        CampaignOutcome? outcome = null;
        console.Live(new Text("starting")).Start(display =>
            outcome = run(new LiveWatcher(display, plan.Time, plan.Binaries.Select(binary => binary.Target.Name))));
        return outcome!;
    }

    /// <inheritdoc/>
    public void Progressed(string target, in FuzzerProgress progress, double seconds)
    {
        Row row = _rows[target];
        row.IsRunning = true;
        row.RunsNow = progress.Runs;
        row.RunsPerSecond = progress.Runs / Math.Max(seconds, 0.1);
        row.Edges = Math.Max(row.Edges, progress.Edges);
        row.Features = Math.Max(row.Features, progress.Features);
        row.CorpusSize = Math.Max(row.CorpusSize, progress.CorpusSize);
        Show();
    }

    /// <inheritdoc/>
    public void Ended(string target, TargetState state, double seconds, int newFeatures)
    {
        Row row = _rows[target];
        row.IsRunning = false;
        row.Runs = state.Runs;
        row.RunsNow = 0;
        row.RunsPerSecond = state.RunsPerSecond;
        row.Edges = state.Edges;
        row.Features = state.Features;
        row.CorpusSize = state.CorpusSize;
        row.NewFeatures = newFeatures;
        Show();
    }

    /// <inheritdoc/>
    public void Found(Finding finding)
    {
        _findings.Add(finding);
        _rows[finding.Target].Findings++;
        _shownAt = double.NegativeInfinity;
        Show();
    }

    private void Show()
    {
        double now = _watch.Elapsed.TotalSeconds;
        if (now - _shownAt < SecondsBetweenPictures)
        {
            return;
        }

        _shownAt = now;
        Table table = new() { Border = TableBorder.Simple, Title = new($"{_watch.Elapsed:hh\\:mm\\:ss} of {_time:hh\\:mm\\:ss}") };
        table.AddColumn("target");
        foreach (string column in (string[])["runs", "runs/s", "edges", "features", "new", "corpus", "findings"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach ((string target, Row row) in _rows)
        {
            table.AddRow(
                new Markup(row.IsRunning ? $"[green]{Markup.Escape(target)}[/]" : Markup.Escape(target)),
                new Text($"{row.Runs + row.RunsNow:n0}"), new Text($"{row.RunsPerSecond:n0}"), new Text($"{row.Edges}"),
                new Text($"{row.Features}"), new Text($"+{row.NewFeatures}"), new Text($"{row.CorpusSize}"),
                new Markup(row.Findings > 0 ? $"[red]{row.Findings}[/]" : "0"));
        }

        IEnumerable<Text> found = _findings.Select(finding => new Text($"{finding.Target}: {finding.Identity} {finding.Title}"));
        _display.UpdateTarget(new Rows([table, .. found]));
    }

    private sealed class Row
    {
        public bool IsRunning { get; set; }

        public long Runs { get; set; }

        public long RunsNow { get; set; }

        public double RunsPerSecond { get; set; }

        public int Edges { get; set; }

        public int Features { get; set; }

        public int NewFeatures { get; set; }

        public int CorpusSize { get; set; }

        public int Findings { get; set; }
    }
}
