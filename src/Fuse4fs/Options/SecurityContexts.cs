namespace Fuse4fs.Options;

/// <summary>SELinux's labels for a mount: mount(8), "context". The kernel judges them; null leaves one to its policy.</summary>
/// <param name="All">Of every file, whatever the volume says.</param>
/// <param name="FileSystem">Of the file system itself.</param>
/// <param name="Unlabelled">Of files that have none.</param>
/// <param name="Root">Of the root directory.</param>
internal sealed record SecurityContexts(string? All = null, string? FileSystem = null, string? Unlabelled = null, string? Root = null)
{
    public const string AllName = "context", FileSystemName = "fscontext", UnlabelledName = "defcontext", RootName = "rootcontext";

    /// <summary>Those that were given, as the kernel's options.</summary>
    public IEnumerable<(string Key, string Value)> Options => new (string Key, string? Value)[]
    {
        (AllName, All), (FileSystemName, FileSystem), (UnlabelledName, Unlabelled), (RootName, Root),
    }.Where(option => option.Value is not null).Select(option => (option.Key, option.Value!));

    /// <summary>Those that were given, each as a word of a list: labels hold commas.</summary>
    public IEnumerable<string> Words => Options.Select(option => $"{option.Key}=\"{option.Value}\"");
}
