using System.CommandLine;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Options;
using Fuse4fs.Service;
using Fuse4fs.Tools;

namespace Fuse4fs;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        EventLog log = new(new StandardErrorLog());
        if (ServiceCommand.RunIfActivated(arguments, log) is int exitCode)
        {
            return exitCode;
        }

        RootCommand root = new CommandLine().Build(plan => new MountCommand(plan, log).Run());
        root.Subcommands.Add(CheckCommand.Create(log));
        root.Subcommands.Add(InfoCommand.Create(log));
        ParseResult command = root.Parse(arguments, CommandLine.Configuration);
        if (command.Errors.Count > 0)
        {
            return Refuse(command.Errors[0].Message);
        }

        try
        {
            return command.Invoke(new() { EnableDefaultExceptionHandler = false });
        }
        catch (UsageException mistake)
        {
            return Refuse(mistake.Message);
        }
    }

    private static int Refuse(string mistake)
    {
        Console.Error.WriteLine($"fuse4fs: {mistake}");
        Console.Error.WriteLine("fuse4fs: see fuse4fs --help");
        return ExitCode.Usage;
    }
}
