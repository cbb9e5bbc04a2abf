using System.CommandLine;
using Ext4Safety.Fuzz.Corpus;
using Ext4Safety.Fuzz.Reports;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>show INPUT</c>: what an input holds.</summary>
internal sealed class ShowCommand(Workplace workplace)
{
    private const int MostBytes = 4096;

    private readonly Argument<string> _file = new("INPUT") { Description = "An input" };
    private readonly Option<string?> _target = new("--target") { Description = "Its target, where its directory does not bear the name of one", HelpName = "TARGET" };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new ShowCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "show",
            "Shows what an input holds.",
            """
            An input of a whole volume: the sound volume that it starts from, each edit with the structures and fields that it
            touches, each fault and operation. Any other: its bytes, and what its target says of them.
            """)
        {
            _file, _target,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string path = workplace.Resolve(result.GetRequiredValue(_file));
        byte[] bytes = File.ReadAllBytes(path);
        string? named = result.GetValue(_target);
        FuzzTarget? target = named is null ? CorpusTree.TargetOf(path) : CommonOptions.Find(named);
        bool isVolume = target is null or Targets.WholeVolumeTarget;
        if (isVolume && VolumeInput.TryParse(bytes, out VolumeInput input))
        {
            workplace.Output.Write(InputText.Describe(input));
            return ExitCode.Success;
        }

        workplace.Output.Write(target?.Describe(bytes));
        workplace.Output.Write(HexView.Draw(bytes, MostBytes));
        return ExitCode.Success;
    }
}
