using System.Reflection;
using System.Runtime.CompilerServices;

namespace Ext4Safety.Fuzz;

/// <summary>The managed side of a fuzzing executable.</summary>
public static class FuzzProgram
{
    /// <summary>What the name of an executable ends in that runs one target.</summary>
    internal const string Suffix = "_fuzzer";

    private const int UsageExitCode = 2;

    /// <summary>Runs the target that the executable's name or an argument chooses, or does what else is asked for.</summary>
    /// <param name="targets">The targets to choose from.</param>
    /// <param name="arguments">The command line. Two hyphens start what is meant for this program; libFuzzer passes over that.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<FuzzTarget> targets, string[] arguments)
    {
        LoadInstrumentedAssemblies();
        if (arguments.Contains("--targets"))
        {
            Console.Out.WriteLine(string.Join('\n', targets.Select(target => target.Name)));
            return 0;
        }

        if (arguments.Contains("--self-check"))
        {
            return SelfCheck.Run();
        }

        if (arguments.Contains("--verdicts"))
        {
            return ForEachInput(targets, arguments, PrintVerdicts);
        }

        if (ValueOf("--coverage", arguments) is string table)
        {
            CoverageCollector collector = new();
            int status = ForEachInput(targets, arguments, collector.Run);
            collector.Write(table);
            return status;
        }

        if (ValueOf("--package", arguments) is string folder)
        {
            foreach (FuzzTarget each in targets)
            {
                Package.Write(each, folder, ValueOf("--corpus", arguments));
            }

            return 0;
        }

        string name = ValueOf("--target", arguments) ?? NameOfExecutable();
        if (Find(name, targets) is FuzzTarget target)
        {
            return FuzzHost.Run(target, arguments);
        }

        Console.Error.WriteLine(
            $"""
            fuzz: there is no target '{name}'; there are: {string.Join(' ', targets.Select(each => each.Name))}
            usage: NAME{Suffix} [LIBFUZZER-ARGUMENTS...] [CORPUS...]       (a copy of this program by that name; -help=1 lists the arguments)
                   launcher --target=NAME [LIBFUZZER-ARGUMENTS...] [CORPUS...]
                   launcher --targets                                 names of the targets
                   launcher --coverage=FILE TARGET=PATH...            which places in the code these inputs reach, as a table
                   launcher --verdicts TARGET=PATH...                 what each of these inputs comes to
                   launcher --self-check                              whether the instrumented code is valid
                   launcher --package=FOLDER [--corpus=FOLDER]        an executable for each target, its dictionary, options and seeds
            """);
        return UsageExitCode;
    }

    /// <summary>Each argument without hyphens is a target's name, an equals sign, and a file or folder of its inputs.</summary>
    private static int ForEachInput(IReadOnlyList<FuzzTarget> targets, string[] arguments, Action<FuzzTarget, string> action)
    {
        foreach (string[] pair in arguments.Where(argument => !argument.StartsWith('-')).Select(argument => argument.Split('=', 2)))
        {
            if (pair.Length != 2 || Find(pair[0], targets) is not FuzzTarget target || !Path.Exists(pair[1]))
            {
                Console.Error.WriteLine($"fuzz: '{string.Join('=', pair)}' is not the name of a target, '=', and a path that exists");
                return UsageExitCode;
            }

            action(target, pair[1]);
        }

        return 0;
    }

    private static void PrintVerdicts(FuzzTarget target, string path)
    {
        foreach (string file in CoverageCollector.FilesOf(path))
        {
            Console.Out.WriteLine($"{target.Name} {Path.GetFileName(file)}: {FuzzRun.Once(target, File.ReadAllBytes(file))}");
        }
    }

    private static FuzzTarget? Find(string name, IEnumerable<FuzzTarget> targets) =>
        targets.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));

    private static string? ValueOf(string flag, string[] arguments) =>
        arguments.LastOrDefault(argument => argument.StartsWith($"{flag}=", StringComparison.Ordinal))?[(flag.Length + 1)..];

    private static string NameOfExecutable()
    {
        string name = Path.GetFileName(Environment.ProcessPath!);
        return name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name;
    }

    /// <summary>What registers after libFuzzer has started is not among the modules that it reports.</summary>
    private static void LoadInstrumentedAssemblies()
    {
        foreach (AssemblyMetadataAttribute attribute in Assembly.GetEntryAssembly()!.GetCustomAttributes<AssemblyMetadataAttribute>())
        {
            if (string.Equals(attribute.Key, "FuzzInstrumented", StringComparison.Ordinal))
            {
                RuntimeHelpers.RunModuleConstructor(Assembly.Load(attribute.Value!).ManifestModule.ModuleHandle);
            }
        }
    }
}
