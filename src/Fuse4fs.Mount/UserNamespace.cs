using System.Globalization;

namespace Fuse4fs.Mount;

/// <summary>The users that exist in this process's world: user_namespaces(7).</summary>
internal static class UserNamespace
{
    /// <summary>Whether a user exists: in a namespace of their own, people often exist alone.</summary>
    public static bool Knows(uint user)
    {
        try
        {
            return File.ReadLines("/proc/self/uid_map")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Any(columns => ulong.Parse(columns[0], CultureInfo.InvariantCulture) is var first
                    && user >= first
                    && user - first < ulong.Parse(columns[2], CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }
}
