using System.CommandLine;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>minimize TARGET FILE</c>: a small input that shows the same as a large one.</summary>
internal sealed class MinimizeCommand(Workplace workplace)
{
    private readonly Argument<string> _target = CommonOptions.Target();
    private readonly Argument<string> _file = new("FILE") { Description = "An input that shows a finding" };
    private readonly Option<string?> _output = new("-o", "--output") { Description = "Where the small input goes; FILE.min unless told", HelpName = "FILE" };
    private readonly Option<int> _seconds = new("--seconds")
    {
        Description = "Most time for libFuzzer, where a finding ends the process", DefaultValueFactory = _ => 60,
    };

    private readonly Option<string?> _binaries = CommonOptions.Binaries();

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new MinimizeCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "minimize",
            "Makes the input of a finding as small as it gets.",
            """
            Takes edits, operations and fields away where the target knows its inputs' shape, then bytes, then turns bytes to zero,
            for as long as the same finding shows: the same kind, in the same structure, in the same methods. Exits with 3 if the
            input shows no finding.
            """)
        {
            _target, _file, _output, _seconds, _binaries,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        FuzzerBinary binary = FuzzerBinary.Find(
            workplace.Binaries(result.GetValue(_binaries)), CommonOptions.Find(result.GetRequiredValue(_target)));
        string file = workplace.Resolve(result.GetRequiredValue(_file));
        string output = workplace.Resolve(result.GetValue(_output) ?? $"{file}.min");
        FailureReport failure = binary.Reproduce(file, CancellationToken.None)
            ?? throw new CommandException($"{file}: {binary.Target.Name} finds nothing wrong with it");
        byte[] smallest = new Minimizer(binary).Minimize(file, failure, TimeSpan.FromSeconds(result.GetValue(_seconds)), CancellationToken.None);
        File.WriteAllBytes(output, smallest);
        FindingBucket bucket = FindingBucket.Of(failure);
        workplace.Output.WriteLine($"{bucket.Identity} {bucket.Title}");
        workplace.Output.WriteLine($"{workplace.Shorten(output)}: {smallest.Length} bytes, was {new FileInfo(file).Length}");
        return ExitCode.Success;
    }
}
