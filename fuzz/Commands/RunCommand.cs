using System.CommandLine;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>run TARGET [FILE...]</c>: files through the plain code, for debugging; without files, libFuzzer in the foreground.</summary>
internal sealed class RunCommand(Workplace workplace)
{
    private readonly Argument<string> _target = CommonOptions.Target();
    private readonly Argument<string[]> _arguments = new("FILE")
    {
        Description = "Inputs to run; or, behind '--', options of libFuzzer such as -runs=100000",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _corpus = CommonOptions.Corpus();
    private readonly Option<string?> _binaries = CommonOptions.Binaries();

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new RunCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "run",
            "Runs inputs through a target as ordinary code, or fuzzes it in the foreground.",
            """
            With files: each runs through the target without instrumentation, so that a debugger or a print helps. A finding
            prints its whole stack. Without files: libFuzzer runs until Ctrl-C or the first finding. It starts from the target's
            corpus and does not change it.

              run extent-node crash-3fa1           see what an input does
              run extent-node -- -max_total_time=60   fuzz for a minute
            """)
        {
            _target, _arguments, _corpus, _binaries,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        FuzzTarget target = CommonOptions.Find(result.GetRequiredValue(_target));
        string[] arguments = result.GetValue(_arguments) ?? [];
        return arguments.Length > 0 && !Array.Exists(arguments, argument => argument.StartsWith('-'))
            ? RunFiles(target, arguments)
            : Fuzz(target, arguments, result);
    }

    private int RunFiles(FuzzTarget target, IEnumerable<string> files)
    {
        int exitCode = ExitCode.Success;
        foreach (string file in files)
        {
            ReplayedInput input = Replay.File(target, workplace.Resolve(file));
            workplace.Output.WriteLine($"{file}: {input.Verdict}");
            if (input.Finding is not null)
            {
                workplace.Output.WriteLine(input.Finding.ToString());
                exitCode = ExitCode.Found;
            }
        }

        return exitCode;
    }

    private int Fuzz(FuzzTarget target, IReadOnlyList<string> arguments, ParseResult result)
    {
        FuzzerBinary binary = FuzzerBinary.Find(workplace.Binaries(result.GetValue(_binaries)), target);
        List<string> all = [.. arguments.Select(argument => argument.StartsWith('-') ? argument : workplace.Resolve(argument))];
        if (arguments.All(argument => argument.StartsWith('-')))
        {
            all.AddRange(binary.StartingPoints(workplace.Corpus(result.GetValue(_corpus))));
        }

        int exitCode = binary.RunInForeground(all);
        return exitCode == 0 ? ExitCode.Success : ExitCode.Found;
    }
}
