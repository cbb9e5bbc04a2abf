namespace Fuse4fs.Native;

/// <summary>What is mounted where, as this process sees it: proc_pid_mountinfo(5).</summary>
internal static class MountTable
{
    private const string Path = "/proc/self/mountinfo";

    /// <summary>The device number, <c>major:minor</c>, of the topmost mount on a directory.</summary>
    /// <returns>Null where nothing is mounted, or where the table cannot be read.</returns>
    public static string? DeviceAt(string mountPoint)
    {
        const int deviceColumn = 2, mountPointColumn = 4;
        try
        {
            string escaped = Escape(mountPoint);
            return File.ReadLines(Path)
                .Select(line => line.Split(' '))
                .LastOrDefault(columns => columns.Length > mountPointColumn && escaped.Equals(columns[mountPointColumn], StringComparison.Ordinal))?[deviceColumn];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The table writes what would break a line in octal.</summary>
    private static string Escape(string path) => path
        .Replace(@"\", @"\134", StringComparison.Ordinal)
        .Replace(" ", @"\040", StringComparison.Ordinal)
        .Replace("\t", @"\011", StringComparison.Ordinal)
        .Replace("\n", @"\012", StringComparison.Ordinal);
}
