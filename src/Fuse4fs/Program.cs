using System.CommandLine;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Options;

namespace Fuse4fs;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        EventLog log = new(new StandardErrorLog());
        RootCommand root = new CommandLine().Build(plan => new MountCommand(plan, log).Run());
        try
        {
            return root.Parse(arguments).Invoke(new() { EnableDefaultExceptionHandler = false });
        }
        catch (UsageException mistake)
        {
            Console.Error.WriteLine($"fuse4fs: {mistake.Message}");
            return ExitCode.Usage;
        }
    }
}
