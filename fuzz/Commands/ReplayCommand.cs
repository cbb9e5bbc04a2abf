using System.CommandLine;
using System.Diagnostics;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>replay [PATH...]</c>: runs inputs again and holds their verdicts against the committed ones.</summary>
internal sealed class ReplayCommand(Workplace workplace)
{
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Inputs, directories of inputs, or volume images; the whole corpus unless told",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _target = new("--target")
    {
        Description = "The target for inputs whose directory does not bear the name of one",
        HelpName = "TARGET",
    };

    private readonly Option<bool> _accept = new("--accept") { Description = "Take the verdicts as they are now, and write them down" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print only what changed or was found, and the last line" };
    private readonly Option<string?> _corpus = CommonOptions.Corpus();

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new ReplayCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "replay",
            "Runs inputs again and holds their verdicts against the committed ones.",
            """
            Prints one line for each input: its path and its verdict. Committed verdicts stand in TARGET.verdicts.txt beside the
            directory of inputs; one that changed is shown as a difference. A file that is a raw volume image is mounted in
            memory, walked and audited, and its picture printed.
            """)
        {
            _paths, _target, _accept, _quiet, _corpus,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        CorpusTree corpus = workplace.Corpus(result.GetValue(_corpus));
        ReplayRun run = new(workplace, result.GetValue(_target), result.GetValue(_accept), result.GetValue(_quiet));
        string[] paths = result.GetValue(_paths) ?? [];
        Stopwatch watch = Stopwatch.StartNew();
        if (paths.Length == 0)
        {
            run.Tree(Path.Combine(corpus.Root, "fuzz"));
            run.Cases(corpus.Images);
        }

        foreach (string path in paths)
        {
            run.Path(workplace.Resolve(path));
        }

        return run.Finish(watch.Elapsed);
    }
}
