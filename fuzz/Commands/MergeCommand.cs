using System.CommandLine;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>merge TARGET [DIR...]</c>: takes what reaches new code into the corpus.</summary>
internal sealed class MergeCommand(Workplace workplace)
{
    private readonly Argument<string> _target = CommonOptions.Target();
    private readonly Argument<string[]> _sources = new("DIR")
    {
        Description = "Directories of inputs; what the campaign found unless told",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _state = CommonOptions.State();
    private readonly Option<string?> _corpus = CommonOptions.Corpus();
    private readonly Option<string?> _binaries = CommonOptions.Binaries();

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new MergeCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "merge",
            "Takes inputs that reach new code into the corpus.",
            """
            Takes as few inputs as reach every edge that the corpus does not reach yet, gives them names that say what they hold,
            and writes their verdicts down. Inputs that are there stay. What shows a finding is left out: fix it first.
            """)
        {
            _target, _sources, _state, _corpus, _binaries,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        FuzzTarget target = CommonOptions.Find(result.GetRequiredValue(_target));
        FuzzerBinary binary = FuzzerBinary.Find(workplace.Binaries(result.GetValue(_binaries)), target);
        CorpusTree corpus = workplace.Corpus(result.GetValue(_corpus));
        string[] sources = [.. (result.GetValue(_sources) ?? []).Select(workplace.Resolve)];
        if (sources.Length == 0)
        {
            CampaignStore store = new(workplace.State(result.GetValue(_state)));
            sources = [store.CorpusOf(target.Name), store.SeedsOf(target.Name)];
        }

        foreach (string source in sources.Where(source => !Directory.Exists(source)))
        {
            throw new CommandException($"{source}: no such directory");
        }

        foreach (string name in new CorpusMerge(binary, corpus).Take(sources, CancellationToken.None))
        {
            workplace.Output.WriteLine(workplace.Shorten(Path.Combine(corpus.DirectoryOf(target), name)));
        }

        return ExitCode.Success;
    }
}
