using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Ext4Safety.Fuzz.Commands;

/// <summary>A command with more to say of itself than the line that the list of commands shows.</summary>
/// <param name="name">Its name.</param>
/// <param name="summary">One line.</param>
/// <param name="explanation">What its own help says behind its options.</param>
internal sealed class ExplainedCommand(string name, string summary, string explanation) : Command(name, summary)
{
    /// <summary>What its own help says behind its options.</summary>
    public string Explanation { get; } = explanation;
}

/// <summary>Help that ends with a command's explanation and with the exit codes.</summary>
internal sealed class ExplainingHelp(HelpAction help) : SynchronousCommandLineAction
{
    /// <summary>Makes the help of a command line explain.</summary>
    public static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Action = new ExplainingHelp((HelpAction)option.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is ExplainedCommand command)
        {
            output.WriteLine(command.Explanation);
            output.WriteLine();
        }

        output.WriteLine(ExitCode.Explanation);
        return exitCode;
    }
}
