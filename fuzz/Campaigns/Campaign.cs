using System.Diagnostics;
using System.Globalization;
using Ext4Safety.Fuzz.Commands;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>What a campaign is to do.</summary>
/// <param name="Time">How long.</param>
/// <param name="Jobs">How many programs at a time.</param>
/// <param name="Binaries">The programs, one for each target; the canary's among them.</param>
/// <param name="Corpus">The committed inputs: it starts from them and does not change them.</param>
internal sealed record CampaignPlan(TimeSpan Time, int Jobs, IReadOnlyList<FuzzerBinary> Binaries, CorpusTree Corpus)
{
    /// <summary>Decides what libFuzzer tries: the same seed does the same, as far as the machine's speed lets it.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Most time for making one finding's input smaller.</summary>
    public TimeSpan MinimizeTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a target runs before it is another's turn: each gets several turns, whatever the campaign's length.</summary>
    public TimeSpan Slice => TimeSpan.FromSeconds(Math.Clamp(Time.TotalSeconds * Jobs / (Binaries.Count * 3), 1, 60));
}

/// <summary>How a campaign ended.</summary>
/// <param name="State">Everything that is known now.</param>
/// <param name="New">What was found now and not before.</param>
/// <param name="HasCanary">Whether the canary was found: if not, nothing else would have been either.</param>
internal sealed record CampaignOutcome(CampaignState State, IReadOnlyList<Finding> New, bool HasCanary);

/// <summary>Fuzzes many targets for a while, and remembers what came of it.</summary>
internal sealed class Campaign
{
    private static readonly TimeSpan LeastSlice = TimeSpan.FromSeconds(0.3);
    private const int MostArtifactsOfSlice = 20, TimeoutSeconds = 10, MemoryMegabytes = 2048, MostHistory = 400, MostLastLines = 8;

    private static readonly string[] ArtifactPrefixes = ["crash-", "timeout-", "oom-"];

    private readonly CampaignPlan _plan;
    private readonly CampaignStore _store;
    private readonly ICampaignWatcher _watcher;
    private readonly CampaignState _state;
    private readonly TimeShare _share = new();
    private readonly Lock _gate = new();
    private readonly List<string> _busy = [];
    private readonly List<Finding> _new = [];

    /// <summary>Targets that have failed in this campaign, be it in another's way.</summary>
    private readonly HashSet<string> _stumbling = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FuzzerBinary> _binaries;
    private readonly Stopwatch _watch = new();
    private int _slices;
    private bool _hasCanary;

    /// <summary>A campaign that goes on where the last one in the same directory stopped.</summary>
    public Campaign(CampaignPlan plan, CampaignStore store, ICampaignWatcher watcher)
    {
        _plan = plan;
        _store = store;
        _watcher = watcher;
        _state = store.Load();
        _binaries = plan.Binaries.ToDictionary(binary => binary.Target.Name, StringComparer.Ordinal);
        foreach (FuzzerBinary binary in plan.Binaries)
        {
            _share.Add(binary.Target.Name, _state.Of(binary.Target.Name).FeaturesPerSecond);
            foreach (Seed seed in binary.Target.Seeds)
            {
                File.WriteAllBytes(Path.Combine(store.SeedsOf(binary.Target.Name), seed.Name), seed.Bytes);
            }
        }
    }

    /// <summary>Runs until its time is over, or until it is told to stop.</summary>
    public CampaignOutcome Run(CancellationToken cancellation)
    {
        _watch.Start();
        CheckKnownFindings(cancellation);
        Task[] workers = [.. Enumerable.Range(0, _plan.Jobs).Select(_ => Task.Factory.StartNew(
            () => Work(cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WhenAll(workers).GetAwaiter().GetResult();
        _store.Save(_state);
        return new(_state, _new, _hasCanary);
    }

    /// <summary>What was fixed since the last time is found again if it comes back.</summary>
    private void CheckKnownFindings(CancellationToken cancellation)
    {
        foreach (Finding finding in _state.Findings.Values)
        {
            if (_binaries.TryGetValue(finding.Target, out FuzzerBinary? binary) && File.Exists(_store.InputOf(finding)))
            {
                finding.IsFixed = binary.Reproduce(_store.InputOf(finding), cancellation) is null;
            }
        }
    }

    private void Work(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && TakeTurn() is { } turn)
        {
            RunSlice(turn, cancellation);
        }
    }

    private Turn? TakeTurn()
    {
        lock (_gate)
        {
            TimeSpan rest = _plan.Time - _watch.Elapsed;
            if (rest < LeastSlice || _share.IsEmpty)
            {
                return null;
            }

            string target = _share.Next(_busy);
            _busy.Add(target);
            int seed = _plan.Seed + _slices++;
            return new(_binaries[target], rest < _plan.Slice ? rest : _plan.Slice, seed, _store.ArtifactsOf($"{target}-{seed}"));
        }
    }

    private void RunSlice(Turn turn, CancellationToken cancellation)
    {
        FuzzerBinary binary = turn.Binary;
        string name = binary.Target.Name;
        Stopwatch watch = Stopwatch.StartNew();
        FuzzerOutput output = new();
        List<HistoryPoint> points = [];
        Queue<string> last = new();
        int exitCode = binary.Run(ArgumentsOf(turn), line => Hear(output, line, name, watch, points, last), cancellation);
        output.End();
        if (exitCode != 0 && output.Start is null && output.Failures.Count == 0 && !cancellation.IsCancellationRequested)
        {
            throw new CommandException($"{binary.Path} did not start to fuzz, exit code {exitCode}:\n{string.Join('\n', last)}");
        }

        double seconds = watch.Elapsed.TotalSeconds;
        Collect(turn, output, cancellation);
        lock (_gate)
        {
            _busy.Remove(name);
            TargetState state = _state.Of(name);
            int newFeatures = output.Start is { } start ? Math.Max(0, output.Progress.Features - start.Features) : 0;
            Note(state, output.Progress, seconds, points);
            state.CorpusSize = Directory.EnumerateFiles(_store.CorpusOf(name)).Count();
            state.FeaturesPerSecond = _share.Ran(name, seconds, newFeatures);
            _watcher.Ended(name, state, seconds, newFeatures);
            if (_hasCanary && name.Equals("canary", StringComparison.Ordinal))
            {
                _share.Remove(name);
            }

            _store.Save(_state);
        }
    }

    private List<string> ArgumentsOf(Turn turn)
    {
        FuzzerBinary binary = turn.Binary;
        string name = binary.Target.Name;
        List<string> arguments =
        [
            .. binary.CommonArguments,
            $"-max_total_time={Math.Max(1, (int)turn.Slice.TotalSeconds).ToString(CultureInfo.InvariantCulture)}",
            $"-seed={turn.Seed.ToString(CultureInfo.InvariantCulture)}",
            $"-artifact_prefix={turn.Artifacts}/",
            $"-timeout={TimeoutSeconds}", $"-rss_limit_mb={MemoryMegabytes}", "-print_final_stats=1",
        ];
        lock (_gate)
        {
            if (_stumbling.Contains(name)
                || _state.Findings.Values.Any(finding => !finding.IsFixed && !finding.IsExpected && finding.Target.Equals(name, StringComparison.Ordinal)))
            {
                // What is known must not hide what lies behind it.
                arguments.AddRange(["-fork=1", "-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1"]);
            }
        }

        arguments.Add(_store.CorpusOf(name));
        arguments.AddRange(binary.StartingPoints(_plan.Corpus));
        arguments.Add(_store.SeedsOf(name));
        return arguments;
    }

    private void Hear(FuzzerOutput output, string line, string name, Stopwatch watch, List<HistoryPoint> points, Queue<string> last)
    {
        last.Enqueue(line);
        if (last.Count > MostLastLines)
        {
            last.Dequeue();
        }

        if (!output.Read(line))
        {
            return;
        }

        FuzzerProgress progress = output.Progress;
        double seconds = watch.Elapsed.TotalSeconds;
        if (points.Count == 0 || seconds - points[^1].Seconds >= 1)
        {
            points.Add(new(seconds, progress.Runs, progress.Edges, progress.Features));
        }

        lock (_gate)
        {
            _watcher.Progressed(name, progress, seconds);
        }
    }

    private static void Note(TargetState state, in FuzzerProgress progress, double seconds, List<HistoryPoint> points)
    {
        points.Add(new(seconds, progress.Runs, progress.Edges, progress.Features));
        foreach (HistoryPoint point in points)
        {
            state.Edges = Math.Max(state.Edges, point.Edges);
            state.Features = Math.Max(state.Features, point.Features);
            state.History.Add(new(Math.Round(state.Seconds + point.Seconds, 2), state.Runs + point.Runs, state.Edges, state.Features));
        }

        // Every second point of the older half goes, so that a long campaign's history stays small.
        for (int index = state.History.Count > MostHistory ? state.History.Count / 2 : 0; index > 1; index -= 2)
        {
            state.History.RemoveAt(index - 1);
        }

        state.Seconds += seconds;
        state.Runs += progress.Runs;
        state.RunsPerSecond = progress.Runs / Math.Max(seconds, 0.001);
    }

    /// <summary>Sorts what a slice left behind into findings.</summary>
    private void Collect(Turn turn, FuzzerOutput output, CancellationToken cancellation)
    {
        string[] artifacts = Directory.GetFiles(turn.Artifacts);
        Array.Sort(artifacts, (one, other) => new FileInfo(one).Length.CompareTo(new FileInfo(other).Length));
        IEnumerable<string> counting = artifacts.Where(artifact =>
            Array.Exists(ArtifactPrefixes, prefix => Path.GetFileName(artifact).StartsWith(prefix, StringComparison.Ordinal)));
        foreach (string artifact in counting.Take(MostArtifactsOfSlice))
        {
            if (cancellation.IsCancellationRequested)
            {
                return;
            }

            Sort(turn.Binary, artifact, output, cancellation);
        }

        Directory.Delete(turn.Artifacts, recursive: true);
    }

    private void Sort(FuzzerBinary binary, string artifact, FuzzerOutput output, CancellationToken cancellation)
    {
        FailureReport? reproduced = binary.Reproduce(artifact, cancellation);
        FailureReport? failure = reproduced ?? output.Failures.FirstOrDefault(seen => Path.GetFileName(seen.Artifact ?? "").Equals(Path.GetFileName(artifact), StringComparison.Ordinal));
        failure ??= new(FailureKind.Crash, "failed once, and not again when it was run alone", [], artifact);
        FindingBucket bucket = FindingBucket.Of(failure).In(binary.Target.Name);
        bool isExpected = binary.Target.Name.Equals("canary", StringComparison.Ordinal);
        lock (_gate)
        {
            _hasCanary |= isExpected;
            _ = _stumbling.Add(binary.Target.Name);
            if (_state.Findings.TryGetValue(bucket.Identity, out Finding? known) && (!known.IsFixed || isExpected))
            {
                known.Times++;
                known.IsFixed = false;
                return;
            }
        }

        byte[] smallest = reproduced is null
            ? File.ReadAllBytes(artifact)
            : new Minimizer(binary).Minimize(artifact, reproduced, _plan.MinimizeTime, cancellation);
        Keep(binary, artifact, failure, bucket, smallest);
    }

    private void Keep(FuzzerBinary binary, string artifact, FailureReport failure, FindingBucket bucket, byte[] smallest)
    {
        lock (_gate)
        {
            string directory = _store.FindingDirectory(bucket.Identity);
            Finding finding = new()
            {
                Identity = bucket.Identity,
                Target = binary.Target.Name,
                Title = bucket.Title,
                Headline = failure.Headline,
                Kind = failure.Kind,
                Structure = bucket.Structure,
                Touched = binary.Target.Touched(smallest),
                Frames = bucket.Frames,
                Report = failure.Lines,
                Input = Path.Combine(directory, "input"),
                FoundAt = DateTimeOffset.UtcNow,
                FoundAfterRuns = _state.Of(binary.Target.Name).Runs,
            };
            File.WriteAllBytes(_store.InputOf(finding), smallest);
            File.Copy(artifact, Path.Combine(_store.Directory, directory, "original"), overwrite: true);
            File.WriteAllLines(Path.Combine(_store.Directory, directory, "report.txt"), failure.Lines);
            bool isKnown = _state.Findings.TryGetValue(bucket.Identity, out Finding? other) && !other.IsFixed;
            _state.Findings[bucket.Identity] = finding;
            if (!isKnown && !finding.IsExpected)
            {
                _new.Add(finding);
            }

            if (!isKnown)
            {
                _watcher.Found(finding);
            }
        }
    }

    /// <summary>One slice of one target.</summary>
    private sealed record Turn(FuzzerBinary Binary, TimeSpan Slice, int Seed, string Artifacts);
}
