namespace Ext4Safety.Fuzz.Commands;

/// <summary>How a command ends: the same codes for all.</summary>
internal static class ExitCode
{
    /// <summary>Nothing was found.</summary>
    public const int Success = 0;

    /// <summary>A finding, a verdict that changed, or coverage below its budget.</summary>
    public const int Found = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>The work could not be done: something is missing, or a tool failed.</summary>
    public const int Failed = 3;

    /// <summary>What help says of them.</summary>
    public const string Explanation = "Exit codes: 0 nothing found, 1 something found, 2 wrong command line, 3 the work could not be done.";
}

/// <summary>The command line makes no sense: the message says what would.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The work could not be done: the message names the place and what would help.</summary>
internal sealed class CommandException(string message) : Exception(message);
