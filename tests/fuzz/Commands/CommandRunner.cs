using Ext4Safety.Fuzz.Commands;

namespace Ext4Safety.FuzzTests.Commands;

/// <summary>Runs the command line in this process, in a directory of its own.</summary>
internal sealed class CommandRunner : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("ext4safety-commands-").FullName;

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    /// <summary>Writes a file, and the directories above it.</summary>
    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public CommandResult Run(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = FuzzCommandLine.Run(arguments, new(output, error, Directory));
        return new(exitCode, output.ToString(), error.ToString());
    }
}

internal sealed record CommandResult(int ExitCode, string Output, string Error);
