using System.Diagnostics;
using System.Globalization;

namespace Ext4Safety.Fuzz.Making;

/// <summary>Runs a program of e2fsprogs at a time that never changes.</summary>
internal static class Tool
{
    /// <summary>The moment at which every volume is made. Unit: seconds since 1970.</summary>
    public const long Moment = 1_706_933_106;

    /// <summary>What mke2fs says of itself, or nothing where it is missing.</summary>
    public static string? Version { get; } = FindVersion();

    /// <summary>Runs a program to its end and gives what it printed.</summary>
    /// <param name="mostExitCode">Exit codes up to this one are fine.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static string Run(string program, int mostExitCode, params IEnumerable<string> arguments)
    {
        string[] words = [.. arguments];
        (int exitCode, string output) = Try(program, words);
        return exitCode <= mostExitCode
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', words)} ended with {exitCode}: {output}");
    }

    private static (int ExitCode, string Output) Try(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        string moment = Moment.ToString(CultureInfo.InvariantCulture);
        start.Environment["LC_ALL"] = "C";
        start.Environment["PATH"] = "/usr/sbin:/sbin:" + start.Environment["PATH"];
        start.Environment["E2FSPROGS_FAKE_TIME"] = moment;
        start.Environment["E2FSCK_TIME"] = moment;
        start.Environment["SOURCE_DATE_EPOCH"] = moment;
        start.Environment["MKE2FS_CONFIG"] = "/dev/null";
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    private static string? FindVersion()
    {
        try
        {
            return Try("mke2fs", ["-V"]).Output.Split('\n')[0];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
