using Ext4Safety.Fuzz.Corpus;
using Spectre.Console;

namespace Ext4Safety.Fuzz.Commands;

/// <summary>Where a command works, and where it writes.</summary>
internal sealed class Workplace
{
    private const string SolutionFile = "Ext4Safety.sln";
    private const int WidthWithoutTerminal = 160;

    private readonly string? _root;

    /// <summary>A workplace.</summary>
    /// <param name="output">Takes what was asked for.</param>
    /// <param name="error">Takes complaints and progress.</param>
    /// <param name="directory">Where the user stands; the source tree is searched from here upwards.</param>
    public Workplace(TextWriter output, TextWriter error, string directory)
    {
        Output = output;
        Error = error;
        CurrentDirectory = directory;
        _root = FindRoot(directory) ?? FindRoot(AppContext.BaseDirectory);
        Console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(output) });
        if (!Console.Profile.Out.IsTerminal)
        {
            Console.Profile.Width = WidthWithoutTerminal;
        }
    }

    /// <summary>Takes what was asked for.</summary>
    public TextWriter Output { get; }

    /// <summary>Takes complaints and progress.</summary>
    public TextWriter Error { get; }

    /// <summary>Draws tables on <see cref="Output"/>.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Where the user stands.</summary>
    public string CurrentDirectory { get; }

    /// <summary>The source tree.</summary>
    /// <exception cref="CommandException">The command was not started inside one.</exception>
    public string Root => _root ?? throw new CommandException(
        $"no {SolutionFile} in {CurrentDirectory} or above it: start inside the source tree, or name the directories by options");

    /// <summary>The corpus: the one that was named, or the committed one.</summary>
    public CorpusTree Corpus(string? named) => new(named is null ? Path.Combine(Root, "corpus") : Resolve(named));

    /// <summary>The directory of the libFuzzer binaries: the one that was named, or where the build puts them.</summary>
    public string Binaries(string? named) => named is null ? Path.Combine(Root, "out", "fuzz") : Resolve(named);

    /// <summary>The directory of a campaign: the one that was named, or the usual one.</summary>
    public string State(string? named) => named is null ? Path.Combine(Root, "out", "campaign") : Resolve(named);

    /// <summary>What 'coverage' measured last.</summary>
    public string CoverageFile => Path.Combine(Root, "out", "coverage", "coverage.cobertura.xml");

    /// <summary>A path of the user's, seen from where the user stands.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, CurrentDirectory);

    /// <summary>A path as short as it can be said from where the user stands.</summary>
    public string Shorten(string path)
    {
        string relative = Path.GetRelativePath(CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private static string? FindRoot(string directory)
    {
        for (DirectoryInfo? candidate = new(directory); candidate is not null; candidate = candidate.Parent)
        {
            if (File.Exists(Path.Combine(candidate.FullName, SolutionFile)))
            {
                return candidate.FullName;
            }
        }

        return null;
    }
}
