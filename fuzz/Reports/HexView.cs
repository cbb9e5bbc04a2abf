using System.Text;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>Bytes as people read them: an offset, sixteen bytes, and the letters among them.</summary>
internal static class HexView
{
    private const int BytesOfLine = 16;

    /// <summary>Draws the first bytes.</summary>
    /// <param name="bytes">All of them.</param>
    /// <param name="most">Bytes that are drawn.</param>
    public static string Draw(ReadOnlySpan<byte> bytes, int most)
    {
        StringBuilder text = new();
        ReadOnlySpan<byte> shown = bytes[..Math.Min(most, bytes.Length)];
        for (int start = 0; start < shown.Length; start += BytesOfLine)
        {
            ReadOnlySpan<byte> line = shown[start..Math.Min(start + BytesOfLine, shown.Length)];
            text.Append($"{start:x6} ");
            for (int index = 0; index < BytesOfLine; index++)
            {
                text.Append(index == BytesOfLine / 2 ? " " : "").Append(index < line.Length ? $" {line[index]:x2}" : "   ");
            }

            text.Append("  ");
            foreach (byte value in line)
            {
                text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
            }

            text.Append('\n');
        }

        return shown.Length == bytes.Length ? text.ToString() : text.Append($"and {bytes.Length - shown.Length} more bytes\n").ToString();
    }
}
