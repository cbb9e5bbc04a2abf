using System.Globalization;
using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Fuse4fs.Mount;

/// <summary>Which options of the kernel a server may set.</summary>
internal static class KernelOptionRules
{
    private const string AllowOther = "allow_other";

    private static readonly HashSet<string> SecurityContexts = new(StringComparer.Ordinal) { "context", "fscontext", "defcontext", "rootcontext" };

    /// <summary>Judges one option.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="value">Its value; null where it is a word alone.</param>
    /// <param name="kind">What is mounted.</param>
    /// <param name="isRoot">The caller is root.</param>
    /// <param name="mayAllowOthers">The caller may let others in.</param>
    /// <param name="reason">Why it is refused, for the caller.</param>
    /// <returns>None, or what the server is answered.</returns>
    public static Errno Judge(string key, string? value, MountKind kind, bool isRoot, bool mayAllowOthers, out string reason)
    {
        Errno error = Judge(key, value, kind, isRoot, mayAllowOthers);
        reason = error == Errno.Invalid ? "no server sets it, or not like this"
            : string.Equals(key, AllowOther, StringComparison.Ordinal) ? $"only root may, and others where {UserLimits.Configuration} has the line user_allow_other"
            : "only root may";
        return error;
    }

    private static Errno Judge(string key, string? value, MountKind kind, bool isRoot, bool mayAllowOthers) => (key, value) switch
    {
        (AllowOther, null) => mayAllowOthers ? Errno.None : Errno.NotPermitted,
        ("default_permissions", null) => Errno.None,
        ("max_read", { } number) => IsNumber(number) ? Errno.None : Errno.Invalid,
        ("blksize", { } number) => kind == MountKind.Block && IsNumber(number) ? Errno.None : Errno.Invalid,
        (_, not null) when SecurityContexts.Contains(key) => isRoot ? Errno.None : Errno.NotPermitted,
        _ => Errno.Invalid,
    };

    private static bool IsNumber(string value) => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
