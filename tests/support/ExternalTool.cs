using System.Diagnostics;
using System.Text;
using Xunit;

namespace TestSupport;

/// <summary>Runs programs of the machine to their end: the makers of images, and the references that give a second opinion.</summary>
public static class ExternalTool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly string SearchPath = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/sbin:/usr/sbin:/sbin";

    /// <summary>Whether a program is installed.</summary>
    public static bool Exists(string program) => TryFind(program) is not null;

    /// <summary>Runs a program and gives what it wrote to its output.</summary>
    /// <exception cref="InvalidOperationException">It did not end well, or is not installed.</exception>
    public static string Run(string program, params IEnumerable<string> arguments) => Try(program, arguments).Expect(0).Output;

    /// <summary>Runs a program, whatever its verdict. Its output is read as Latin-1, since it may quote names that are no text.</summary>
    public static ToolResult Try(string program, params IEnumerable<string> arguments) => TryFor(Patience, program, arguments);

    /// <summary>The same for a program that may take longer, or must not take as long.</summary>
    /// <exception cref="TimeoutException">It did not end in that time, and was killed.</exception>
    public static ToolResult TryFor(TimeSpan patience, string program, params IEnumerable<string> arguments)
    {
        string place = TryFind(program) ?? throw new InvalidOperationException($"{program} is not installed");
        ProcessStartInfo start = new(place, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        start.Environment["PATH"] = SearchPath;
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        start.Environment["DEBUGFS_PAGER"] = "cat";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string command = $"{program} {string.Join(' ', start.ArgumentList)}";
        if (!process.WaitForExit(patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} did not end within {patience}");
        }

        return new(command, process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>What e2fsck -fn makes of a disk.</summary>
    public static ToolResult Check(SimulatedDisk disk)
    {
        string image = Path.Combine(Path.GetTempPath(), $"ext4safety-{Guid.NewGuid():N}.img");
        try
        {
            disk.SaveTo(image);
            return Try("e2fsck", "-fn", image);
        }
        finally
        {
            File.Delete(image);
        }
    }

    private static string? TryFind(string program) => program.Contains('/', StringComparison.Ordinal)
        ? program
        : SearchPath.Split(':').Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
}

/// <summary>How a program ended, and what it said.</summary>
/// <param name="Command">The program and its arguments.</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to its output.</param>
/// <param name="Error">What it wrote to its standard error.</param>
public sealed record ToolResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Everything that it said.</summary>
    public string Everything => Output + Error;

    /// <summary>Insists that the program ended well.</summary>
    /// <param name="mostExitCode">The highest exit code that counts as such.</param>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public ToolResult Expect(int mostExitCode) => ExitCode <= mostExitCode
        ? this
        : throw new InvalidOperationException($"{Command} ended with {ExitCode}: {Error}{Output}");
}

/// <summary>A theory that asks a program of the machine; it says so where the program is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithToolAttribute : TheoryAttribute
{
    public TheoryWithToolAttribute(string tool)
    {
        Tool = tool;
        Skip = ExternalTool.Exists(tool) ? null : $"{tool} is not installed";
    }

    public string Tool { get; }
}
