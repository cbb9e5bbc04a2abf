using Fuse4fs.Protocol;

namespace Fuse4fs.Mount;

/// <summary>The command line makes no sense, and the message says which word of it.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the helper was called for.</summary>
/// <param name="Source">The block device or image file: an absolute path.</param>
/// <param name="MountPoint">The directory or file to mount on: an absolute path.</param>
internal sealed record Invocation(string Source, string MountPoint)
{
    private const string TypeOfOurs = "fuse4fs";

    /// <summary>The type behind <c>fuse.</c> in the mount table, and the name of the service's socket.</summary>
    public string Type { get; init; } = TypeOfOurs;

    /// <summary>Options for the server.</summary>
    public IReadOnlyList<OptionWord> Options { get; init; } = [];

    /// <summary>Nothing is mounted: mount(8)'s -f.</summary>
    public bool IsFake { get; init; }

    /// <summary>Say what is done: mount(8)'s -v.</summary>
    public bool IsVerbose { get; init; }

    /// <summary>Only ask whether there is a service.</summary>
    public bool IsCheck { get; init; }

    /// <summary>Start a server in a sandbox even where there is a service.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Where the sockets of services are.</summary>
    public string SocketDirectory { get; init; } = "/run/filesystems";

    /// <summary>The server's program; null looks beside this one, and then where packages put it.</summary>
    public string? Server { get; init; }

    /// <summary>The words that the server is called with, its type in front.</summary>
    public IReadOnlyList<string> ServerWords =>
        Options.Count == 0 ? [Type, Source, MountPoint] : [Type, Source, MountPoint, "-o", string.Join(',', Options.Select(option => option.Written))];

    /// <summary>Whether a word stands among the options; the last of several that exclude each other counts.</summary>
    public bool LastIs(string word, params ReadOnlySpan<string> rivals)
    {
        string? last = null;
        foreach (string option in Options.Select(option => option.Text))
        {
            if (string.Equals(option, word, StringComparison.Ordinal) || rivals.Contains(option))
            {
                last = option;
            }
        }

        return string.Equals(last, word, StringComparison.Ordinal);
    }

    /// <summary>The values of an option.</summary>
    public IEnumerable<string> ValuesOf(string option) => Options
        .Select(word => word.Text)
        .Where(word => word.StartsWith(option, StringComparison.Ordinal) && word.Length > option.Length && word[option.Length] == '=')
        .Select(word => word[(option.Length + 1)..]);
}
