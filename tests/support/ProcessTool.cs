using System.Diagnostics;

namespace TestSupport;

/// <summary>Runs a program of the machine to its end.</summary>
public static class ProcessTool
{
    /// <summary>Runs it, gives its exit code and everything that it said.</summary>
    public static (int ExitCode, string Output) Try(string program, params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = "/usr/sbin:/sbin:" + start.Environment["PATH"];
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    /// <summary>Runs it and expects success, or one of the exit codes that count as such.</summary>
    public static string Run(string program, int mostExitCode, params IEnumerable<string> arguments)
    {
        string[] words = [.. arguments];
        (int exitCode, string output) = Try(program, words);
        return exitCode <= mostExitCode
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', words)} ended with {exitCode}: {output}");
    }
}
