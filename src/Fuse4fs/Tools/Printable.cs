using System.Globalization;
using System.Text;

namespace Fuse4fs.Tools;

/// <summary>What an image says, made safe to show on a terminal.</summary>
internal static class Printable
{
    private const long LastSecond = 253_402_300_799;
    private const int FirstPrintable = 0x20, Delete = 0x7F, FirstBeyondControls = 0xA0;

    /// <summary>Text as it is; everything that is not text, and every control character, as <c>\xNN</c>.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        while (!bytes.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == System.Buffers.OperationStatus.Done
                && rune.Value >= FirstPrintable && rune.Value is < Delete or >= FirstBeyondControls && rune.Value != '\\'
                && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
            if (isText)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte value in bytes[..length])
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>A time in UTC; one that no calendar holds as its number of seconds.</summary>
    public static string Time(long seconds) => seconds switch
    {
        0 => "never",
        < 0 or > LastSecond => $"@{seconds}",
        _ => DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture),
    };

    /// <summary>An identity in its usual form.</summary>
    public static string Uuid(ReadOnlySpan<byte> bytes) => new Guid(bytes, bigEndian: true).ToString();
}
