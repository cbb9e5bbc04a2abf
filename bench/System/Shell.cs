using System.Diagnostics;

namespace Ext4Safety.SystemBench;

/// <summary>Other programs.</summary>
internal static class Shell
{
    /// <summary>Runs a program to its end and gives what it printed.</summary>
    public static string Run(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Trim()
            : throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
