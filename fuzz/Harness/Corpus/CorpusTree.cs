namespace Ext4Safety.Fuzz.Corpus;

/// <summary>The committed inputs: <c>corpus/fuzz/TARGET/INPUT</c>, with their verdicts in <c>corpus/fuzz/TARGET.verdicts.txt</c>:
/// beside the directory, which engines read as it is.</summary>
/// <param name="root">The directory <c>corpus</c>.</param>
public sealed class CorpusTree(string root)
{
    private const string VerdictsSuffix = ".verdicts.txt";

    /// <summary>The directory <c>corpus</c>.</summary>
    public string Root { get; } = root;

    /// <summary>Where whole damaged volumes are kept, one directory each.</summary>
    public string Images => Path.Combine(Root, "images");

    /// <summary>Where a target's inputs are kept.</summary>
    public string DirectoryOf(FuzzTarget target) => Path.Combine(Root, "fuzz", target.Name);

    /// <summary>The file that says what a target makes of its inputs.</summary>
    public string VerdictsOf(FuzzTarget target) => VerdictsOf(DirectoryOf(target));

    /// <summary>The file that says what a target makes of the inputs in a directory.</summary>
    public static string VerdictsOf(string directory) => Path.TrimEndingDirectorySeparator(directory) + VerdictsSuffix;

    /// <summary>A target's inputs by name, in the order of their names; none if it has no directory.</summary>
    public IReadOnlyList<string> InputsOf(FuzzTarget target) => InputsIn(DirectoryOf(target));

    /// <summary>The inputs in a directory by name, in the order of their names.</summary>
    public static IReadOnlyList<string> InputsIn(string directory) => !Directory.Exists(directory) ? [] :
    [
        .. Directory.EnumerateFiles(directory).Where(IsInput).Order(StringComparer.Ordinal),
    ];

    /// <summary>The target whose corpus a file or directory belongs to by its place, or nothing.</summary>
    public static FuzzTarget? TargetOf(string path)
    {
        string full = Path.GetFullPath(path);
        string? directory = Directory.Exists(full) ? full : Path.GetDirectoryName(full);
        return directory is null ? null : TargetRegistry.Find(Path.GetFileName(directory));
    }

    private static bool IsInput(string path) => !Path.GetFileName(path).StartsWith('.');
}
