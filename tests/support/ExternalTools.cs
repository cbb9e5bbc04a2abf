using System.Diagnostics;
using Xunit;

namespace TestSupport;

/// <summary>A theory that asks a tool of the system; it says so where the tool is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TheoryWithToolAttribute : TheoryAttribute
{
    public TheoryWithToolAttribute(string tool)
    {
        Tool = tool;
        if (ExternalTools.Find(tool) is null)
        {
            Skip = $"{tool} is not installed";
        }
    }

    public string Tool { get; }
}

/// <summary>Programs of the system that tests ask for a second opinion.</summary>
public static class ExternalTools
{
    private static readonly string[] Directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"];

    /// <summary>Where a program is; null where it is not installed.</summary>
    public static string? Find(string tool) =>
        Directories.Select(directory => Path.Combine(directory, tool)).FirstOrDefault(File.Exists);

    /// <summary>What e2fsck -fn makes of a disk: its exit code and everything it says.</summary>
    public static (int ExitCode, string Output) Check(SimulatedDisk disk)
    {
        string image = Path.Combine(Path.GetTempPath(), $"ext4safety-{Guid.NewGuid():N}.img");
        try
        {
            disk.SaveTo(image);
            return Run("e2fsck", "-fn", image);
        }
        finally
        {
            File.Delete(image);
        }
    }

    /// <summary>Runs a program to its end.</summary>
    public static (int ExitCode, string Output) Run(string tool, params string[] arguments)
    {
        ProcessStartInfo start = new(Find(tool)!, arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
