using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ext4Safety.IntegrationTests.Native;

/// <summary>Names are bytes. Tests carry them as strings whose characters are those bytes (Latin-1), lossless both ways.</summary>
internal static class PathBytes
{
    /// <summary>The NUL-terminated bytes of a path for a system call.</summary>
    public static byte[] Of(string path)
    {
        byte[] bytes = new byte[path.Length + 1];
        Encoding.Latin1.GetBytes(path, bytes);
        return bytes;
    }

    /// <summary>The string that carries these bytes.</summary>
    public static string Carry(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>A form for people: printable ASCII stays, everything else is escaped.</summary>
    public static string Show(string carried)
    {
        StringBuilder shown = new();
        foreach (char character in carried)
        {
            _ = character is >= ' ' and < '\x7F' && character != '\\'
                ? shown.Append(character)
                : shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}");
        }

        return shown.Length > 120 ? $"{shown.ToString(0, 60)}...{shown.ToString(shown.Length - 40, 40)}" : shown.ToString();
    }
}

/// <summary>A system call of a test's own machinery failed.</summary>
internal sealed class SystemCallException(string what, int error)
    : IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)} ({error})")
{
    public int Error { get; } = error;

    /// <summary>Passes a result on, or throws with errno when it is negative.</summary>
    public static long Check(long result, string call, string path) => result >= 0
        ? result
        : throw new SystemCallException($"{call} {PathBytes.Show(path)}", Marshal.GetLastPInvokeError());
}
