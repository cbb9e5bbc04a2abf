using System.CommandLine;
using System.CommandLine.Invocation;

namespace Ext4Safety.Fuzz.Commands;

/// <summary>The command line: <c>dotnet run --project fuzz -- COMMAND</c>.</summary>
internal static class FuzzCommandLine
{
    private const string Name = "fuzz";

    /// <summary>Runs one command; no exception but a mistake of ours comes out.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, Workplace workplace)
    {
        ParseResult command = Build(workplace).Parse(arguments);
        if (command.Action is ParseErrorAction)
        {
            return Refuse(workplace, command.Errors[0].Message);
        }

        try
        {
            return command.Invoke(new() { EnableDefaultExceptionHandler = false, Output = workplace.Output, Error = workplace.Error });
        }
        catch (UsageException mistake)
        {
            return Refuse(workplace, mistake.Message);
        }
        catch (Exception failure) when (failure is CommandException or IOException or UnauthorizedAccessException or FormatException)
        {
            workplace.Error.WriteLine($"{Name}: {failure.Message}");
            return ExitCode.Failed;
        }
    }

    private static RootCommand Build(Workplace workplace)
    {
        RootCommand root = new(
            """
            Finds every way in which bytes on a disk can make Ext4Core misbehave, and keeps what was found.

            A target is one piece of code that any bytes may reach. An input is a file of such bytes. Run on an input, a target
            gives a verdict: accepted, refused or damaged, each with a hash of what was seen. Anything else is a finding: an
            exception that is not documented, more work or memory than the budget, an answer that contradicts another.

            Start with 'list', then 'replay', then 'campaign --minutes 5'.
            """)
        {
            ListCommand.Create(workplace),
            RunCommand.Create(workplace),
            CampaignCommand.Create(workplace),
            ReplayCommand.Create(workplace),
            MinimizeCommand.Create(workplace),
            MergeCommand.Create(workplace),
            CoverageCommand.Create(workplace),
            ShowCommand.Create(workplace),
            PackCommand.Create(workplace),
            UnpackCommand.Create(workplace),
            ReportCommand.Create(workplace),
        };
        ExplainingHelp.AddTo(root);
        return root;
    }

    private static int Refuse(Workplace workplace, string mistake)
    {
        workplace.Error.WriteLine($"{Name}: {mistake}");
        workplace.Error.WriteLine($"{Name}: --help explains");
        return ExitCode.Usage;
    }
}
