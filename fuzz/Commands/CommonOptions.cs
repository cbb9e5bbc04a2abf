using System.CommandLine;

namespace Ext4Safety.Fuzz.Commands;

/// <summary>Options and look-ups that several commands share.</summary>
internal static class CommonOptions
{
    /// <summary>The corpus directory.</summary>
    public static Option<string?> Corpus() => new("--corpus")
    {
        Description = "The corpus directory; corpus/ of the source tree unless told",
        HelpName = "DIR",
    };

    /// <summary>The directory of the libFuzzer binaries.</summary>
    public static Option<string?> Binaries() => new("--binaries")
    {
        Description = "The directory of the libFuzzer binaries; out/fuzz of the source tree unless told",
        HelpName = "DIR",
    };

    /// <summary>The directory of a campaign.</summary>
    public static Option<string?> State() => new("--state")
    {
        Description = "The campaign's directory; out/campaign of the source tree unless told",
        HelpName = "DIR",
    };

    /// <summary>One target.</summary>
    public static Argument<string> Target() => new("TARGET") { Description = "The target's name, as 'list' shows it" };

    /// <summary>The target of this name.</summary>
    /// <exception cref="UsageException">There is none; the message names those that come closest.</exception>
    public static FuzzTarget Find(string name) => TargetRegistry.Find(name) ?? throw new UsageException(
        $"no target is called '{name}': there are {string.Join(", ", TargetRegistry.All.Select(target => target.Name))}");

    /// <summary>The targets of a list of names; all for no list.</summary>
    public static IReadOnlyList<FuzzTarget> FindAll(string? names) => names is null
        ? TargetRegistry.All
        : [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Find)];
}
