using System.CommandLine;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Corpus;
using Spectre.Console;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>list</c>: every target, and what there is to replay for it.</summary>
internal sealed class ListCommand(Workplace workplace)
{
    private readonly Option<string?> _corpus = CommonOptions.Corpus();
    private readonly Option<string?> _binaries = CommonOptions.Binaries();
    private readonly Option<bool> _names = new("--names") { Description = "Print only the names, one a line" };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new ListCommand(workplace).Build();

    private Command Build()
    {
        Command command = new("list", "Shows every target, and what there is to replay for it.") { _names, _corpus, _binaries };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        if (result.GetValue(_names))
        {
            foreach (FuzzTarget target in TargetRegistry.All)
            {
                workplace.Output.WriteLine(target.Name);
            }

            return ExitCode.Success;
        }

        CorpusTree corpus = workplace.Corpus(result.GetValue(_corpus));
        string binaries = workplace.Binaries(result.GetValue(_binaries));
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumns("target", "inputs", "seeds", "built", "what is put to the test");
        foreach (FuzzTarget target in TargetRegistry.All)
        {
            table.AddRow(
                new Text(target.Name),
                new Text($"{corpus.InputsOf(target).Count}"),
                new Text($"{target.Seeds.Count()}"),
                new Text(FuzzerBinary.Exists(binaries, target) ? "yes" : "no"),
                new Text(target.Description));
        }

        workplace.Console.Write(table);
        return ExitCode.Success;
    }
}
