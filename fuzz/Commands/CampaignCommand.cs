using System.CommandLine;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Corpus;
using Spectre.Console;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>campaign</c>: fuzzes all targets for a while.</summary>
internal sealed class CampaignCommand(Workplace workplace)
{
    private const string Canary = "canary";

    private readonly Option<double> _minutes = new("--minutes") { Description = "How long", DefaultValueFactory = _ => 10 };
    private readonly Option<int> _jobs = new("--jobs")
    {
        Description = "How many programs at a time; one for each processor unless told",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<string?> _targets = new("--targets") { Description = "These targets alone", HelpName = "A,B" };
    private readonly Option<string?> _state = CommonOptions.State();
    private readonly Option<bool> _merge = new("--merge") { Description = "In the end, take inputs that reach new code into the corpus" };
    private readonly Option<int> _seed = new("--seed") { Description = "Decides what is tried", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _corpus = CommonOptions.Corpus();
    private readonly Option<string?> _binaries = CommonOptions.Binaries();

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new CampaignCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "campaign",
            "Fuzzes all targets for a while, and remembers what came of it.",
            """
            Half of the time is shared equally, the other half by how much each target still finds. What is found is sorted into
            buckets by what went wrong, in which structure and where in the code; each bucket keeps one input, made as small as it
            gets. A campaign goes on where the last one in the same directory stopped: inputs, findings and figures are kept there.

            The canary fails on purpose and takes part in every campaign. A campaign that does not find it exits with 3. A finding
            that was not known before exits with 1; one that is known and not fixed is listed. 'report' makes a page of it all.
            """)
        {
            _minutes, _jobs, _targets, _merge, _state, _seed, _corpus, _binaries,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        double minutes = result.GetValue(_minutes);
        int jobs = result.GetValue(_jobs);
        if (minutes is not (> 0 and <= 60 * 24 * 30) || jobs is < 1 or > 1024)
        {
            throw new UsageException("--minutes is more than 0 and at most a month, --jobs 1 to 1024");
        }

        string binaries = workplace.Binaries(result.GetValue(_binaries));
        IEnumerable<FuzzTarget> targets = CommonOptions.FindAll(result.GetValue(_targets))
            .Append(CommonOptions.Find(Canary)).DistinctBy(target => target.Name, StringComparer.Ordinal);
        CorpusTree corpus = workplace.Corpus(result.GetValue(_corpus));
        CampaignPlan plan = new(TimeSpan.FromMinutes(minutes), jobs, [.. targets.Select(target => FuzzerBinary.Find(binaries, target))], corpus)
        {
            Seed = result.GetValue(_seed),
        };
        CampaignStore store = new(workplace.State(result.GetValue(_state)));
        using CancellationTokenSource stop = new();
        ConsoleCancelEventHandler handler = (_, signal) =>
        {
            signal.Cancel = true;
            stop.Cancel();
        };
        System.Console.CancelKeyPress += handler;
        try
        {
            CampaignOutcome outcome = workplace.Console.Profile.Out.IsTerminal
                ? LiveWatcher.Show(workplace.Console, plan, watcher => new Campaign(plan, store, watcher).Run(stop.Token))
                : new Campaign(plan, store, new LineWatcher(workplace.Output)).Run(stop.Token);
            if (result.GetValue(_merge))
            {
                Merge(plan, store, stop.Token);
            }

            return Tell(outcome, store);
        }
        finally
        {
            System.Console.CancelKeyPress -= handler;
        }
    }

    private void Merge(CampaignPlan plan, CampaignStore store, CancellationToken cancellation)
    {
        foreach (FuzzerBinary binary in plan.Binaries.Where(binary => !binary.Target.Name.Equals(Canary, StringComparison.Ordinal)))
        {
            string name = binary.Target.Name;
            int taken = new CorpusMerge(binary, plan.Corpus).Take([store.CorpusOf(name), store.SeedsOf(name)], cancellation).Count;
            workplace.Output.WriteLine($"{name}: {taken} inputs taken into {workplace.Shorten(plan.Corpus.DirectoryOf(binary.Target))}");
        }
    }

    private int Tell(CampaignOutcome outcome, CampaignStore store)
    {
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumns("target", "time", "runs", "runs/s", "edges", "features", "corpus", "findings");
        foreach ((string target, TargetState state) in outcome.State.Targets)
        {
            int findings = outcome.State.Findings.Values.Count(finding => !finding.IsFixed && finding.Target.Equals(target, StringComparison.Ordinal));
            table.AddRow(
                target, $"{state.Seconds:n0} s", $"{state.Runs:n0}", $"{state.Runs / Math.Max(state.Seconds, 0.001):n0}",
                $"{state.Edges}", $"{state.Features}", $"{state.CorpusSize}", $"{findings}");
        }

        workplace.Console.Write(table);
        Finding[] open = [.. outcome.State.Findings.Values.Where(finding => !finding.IsFixed && !finding.IsExpected)];
        foreach (Finding finding in open)
        {
            bool isNew = outcome.New.Any(other => other.Identity.Equals(finding.Identity, StringComparison.Ordinal));
            string input = workplace.Shorten(store.InputOf(finding));
            workplace.Output.WriteLine($"{(isNew ? "new" : "known")} finding {finding.Identity}: {finding.Title}");
            workplace.Output.WriteLine($"  {finding.Headline}");
            foreach (string place in finding.Touched)
            {
                workplace.Output.WriteLine($"  changes {place}");
            }

            workplace.Output.WriteLine($"  dotnet run --project fuzz -- run {finding.Target} {input}");
        }

        if (!outcome.HasCanary)
        {
            workplace.Error.WriteLine("fuzz: the canary was not found, so nothing else would have been: the fuzzing itself does not work");
            return ExitCode.Failed;
        }

        return outcome.New.Count > 0 ? ExitCode.Found : ExitCode.Success;
    }
}
