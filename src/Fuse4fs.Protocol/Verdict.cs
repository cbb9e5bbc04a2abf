using System.Globalization;
using System.Text;

namespace Fuse4fs.Protocol;

/// <summary>Why the server refuses, as a word among the mount table's options: <c>x-fuse4fs.verdict=...</c>. Whatever could be
/// taken for something else on the way (commas, quotes, control characters, letters beyond ASCII) is written as %XX.</summary>
internal static class Verdict
{
    public const string Prefix = "x-fuse4fs.verdict=";

    /// <summary>The longest text that is passed on, in bytes.</summary>
    private const int MostBytes = 2048;

    private const char Escape = '%';

    /// <summary>Makes a word of a text.</summary>
    public static string Encode(string text)
    {
        StringBuilder word = new(Prefix);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach (byte value in bytes.AsSpan(0, Math.Min(bytes.Length, MostBytes)))
        {
            if (value is > (byte)' ' and < 0x7F and not ((byte)',' or (byte)'"' or (byte)'\\' or (byte)Escape))
            {
                word.Append((char)value);
            }
            else
            {
                word.Append(CultureInfo.InvariantCulture, $"{Escape}{value:X2}");
            }
        }

        return word.ToString();
    }

    /// <summary>The text of a word, fit for a terminal: what is not printable ASCII becomes a question mark.</summary>
    /// <returns>False where the word is something else.</returns>
    public static bool TryDecode(string word, out string text)
    {
        text = string.Empty;
        if (!word.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        StringBuilder decoded = new();
        ReadOnlySpan<char> rest = word.AsSpan(Prefix.Length);
        while (!rest.IsEmpty && decoded.Length < MostBytes)
        {
            bool isEscaped = rest[0] == Escape;
            int value = rest[0];
            if (isEscaped && (rest.Length < 3 || !int.TryParse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)))
            {
                return false;
            }

            decoded.Append(value is >= ' ' and < 0x7F ? (char)value : '?');
            rest = rest[(isEscaped ? 3 : 1)..];
        }

        text = decoded.ToString();
        return true;
    }
}
