using System.Diagnostics;
using System.Text;

namespace Ext4Safety.IntegrationTests.Support;

/// <summary>Runs the reference's command-line programs.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program to its end and gives what it wrote; throws when it fails.</summary>
    public static string Run(string program, params string[] arguments)
    {
        ToolResult result = Try(program, arguments);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}{result.Output}");
    }

    /// <summary>Runs a program to its end, whatever its verdict. Output is Latin-1, since it may quote names.</summary>
    public static ToolResult Try(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(Find(program))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        start.Environment["MKE2FS_CONFIG"] = Images.ImageCache.ConfigurationPath;
        start.Environment["DEBUGFS_PAGER"] = "cat";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end within {Patience}");
        }

        return new(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Whether the program is installed.</summary>
    public static bool Exists(string program) => TryFind(program) is not null;

    private static string Find(string program) =>
        TryFind(program) ?? throw new FileNotFoundException($"{program} is not installed");

    private static string? TryFind(string program) => program.Contains('/', StringComparison.Ordinal)
        ? program
        : $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':')
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
}

/// <summary>What a program answered.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error);
