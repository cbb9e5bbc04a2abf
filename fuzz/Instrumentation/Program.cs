using System.Globalization;

namespace Ext4Safety.Fuzz.Instrumentation;

internal static class Program
{
    private const string Usage =
        """
        usage: instrument INPUT.dll OUTPUT.dll --runtime=RUNTIME.dll [OPTION...]
          --runtime=FILE     the assembly that holds Ext4Safety.Fuzz.Coverage
          --page=N           which megabyte of counters is this assembly's own; every assembly of a process needs another
          --only=NAME,...    only these types and namespaces, by their full names
          --compares=false   leave compares alone
        """;

    private static int Main(string[] arguments)
    {
        List<string> files = [];
        InstrumentationPlan plan = new();
        foreach (string argument in arguments)
        {
            string[] parts = argument.Split('=', 2);
            switch (parts)
            {
                case ["--runtime", string file]:
                    plan.RuntimePath = file;
                    break;
                case ["--page", string page] when int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                    plan.Page = number;
                    break;
                case ["--only", string names]:
                    plan.OnlyNames.UnionWith(names.Split(','));
                    break;
                case ["--compares", string value] when bool.TryParse(value, out bool traced):
                    plan.TraceCompares = traced;
                    break;
                case [string file] when !file.StartsWith('-'):
                    files.Add(file);
                    break;
                default:
                    return Refuse($"unknown argument: {argument}");
            }
        }

        if (files.Count != 2 || plan.RuntimePath.Length == 0)
        {
            return Refuse("an input, an output and the runtime are needed");
        }

        int sites = AssemblyInstrumenter.Instrument(files[0], files[1], plan);
        Console.WriteLine($"instrument: {Path.GetFileName(files[1])}: {sites} sites");
        return 0;
    }

    private static int Refuse(string reason)
    {
        Console.Error.WriteLine($"instrument: {reason}\n{Usage}");
        return 2;
    }
}
