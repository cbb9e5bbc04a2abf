using System.Diagnostics;
using Ext4Safety.Fuzz.Commands;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>One target's libFuzzer program.</summary>
internal sealed class FuzzerBinary
{
    private readonly string _directory;

    private FuzzerBinary(string directory, FuzzTarget target)
    {
        _directory = directory;
        Target = target;
    }

    /// <summary>What it fuzzes.</summary>
    public FuzzTarget Target { get; }

    /// <summary>The program's file.</summary>
    public string Path => PathOf(_directory, Target);

    /// <summary>Whether the program was built.</summary>
    public static bool Exists(string directory, FuzzTarget target) => File.Exists(PathOf(directory, target));

    /// <summary>The program of a target.</summary>
    /// <exception cref="CommandException">It was not built.</exception>
    public static FuzzerBinary Find(string directory, FuzzTarget target) => Exists(directory, target)
        ? new(directory, target)
        : throw new CommandException($"{PathOf(directory, target)} does not exist: build the fuzzing programs with ci/fuzz-build");

    /// <summary>Directories that fuzzing may start from and does not change: the committed inputs.</summary>
    public IEnumerable<string> StartingPoints(CorpusTree corpus)
    {
        string directory = corpus.DirectoryOf(Target);
        return Directory.Exists(directory) ? [directory] : [];
    }

    /// <summary>Runs it with the terminal of whoever called.</summary>
    /// <returns>Its exit code.</returns>
    public int RunInForeground(IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path, arguments))
            ?? throw new CommandException($"{Path} could not be started");
        process.WaitForExit();
        return process.ExitCode;
    }

    private static string PathOf(string directory, FuzzTarget target) => System.IO.Path.Combine(directory, $"{target.Name}_fuzzer");
}
