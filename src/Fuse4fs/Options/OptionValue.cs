using System.Globalization;

namespace Fuse4fs.Options;

/// <summary>Values of options: each says which option it stood behind, and what would have been fine.</summary>
internal static class OptionValue
{
    /// <summary>A number of bytes with an optional k, m or g.</summary>
    public static long Size(string option, string value, long least, long most)
    {
        int shift = value.Length == 0 ? 0 : char.ToLowerInvariant(value[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        string digits = shift == 0 ? value : value[..^1];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number <= long.MaxValue >> shift
            && number << shift >= least
            && number << shift <= most
                ? number << shift
                : throw new UsageException($"mount option \"{option}={value}\": a number from {least} to {most} is needed, k, m or g may follow");
    }

    /// <summary>A number that may be negative.</summary>
    public static int Between(string option, string value, int least, int most) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new UsageException($"mount option \"{option}={value}\": a number from {least} to {most} is needed");

    /// <summary>The name of a file, from the root on.</summary>
    public static string FullPath(string option, string value) => value.Length > 0 && !value.Contains('\0', StringComparison.Ordinal)
        ? Path.GetFullPath(value)
        : throw new UsageException($"mount option \"{option}={value}\": the name of a file is needed");

    /// <summary>A label of SELinux's, which stands in quotes wherever it goes.</summary>
    public static string Context(string option, string value) => value.Length > 0 && value.AsSpan().IndexOfAny('"', '\\', '\0') < 0
        ? value
        : throw new UsageException($"mount option \"{option}={value}\": a label without quotes and backslashes is needed");

    /// <summary>What errors= says.</summary>
    public static ErrorPolicy Policy(string value) => value switch
    {
        "continue" or "remount-ro" => ErrorPolicy.Continue,
        "panic" => ErrorPolicy.Panic,
        _ => throw new UsageException($"mount option \"errors={value}\": continue, remount-ro or panic is needed"),
    };
}
