using System.Globalization;
using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Fuse4fs.Mount;

/// <summary>Which options of the kernel a server may set.</summary>
internal static class KernelOptionRules
{
    private static readonly HashSet<string> SecurityContexts = new(StringComparer.Ordinal) { "context", "fscontext", "defcontext", "rootcontext" };

    /// <summary>Judges one option.</summary>
    /// <returns>None, or what the server is answered.</returns>
    public static Errno Judge(string key, string? value, MountKind kind, bool isRoot, bool mayAllowOthers) => (key, value) switch
    {
        ("allow_other", null) => mayAllowOthers ? Errno.None : Errno.NotPermitted,
        ("default_permissions", null) => Errno.None,
        ("max_read", { } number) => IsNumber(number) ? Errno.None : Errno.Invalid,
        ("blksize", { } number) => kind == MountKind.Block && IsNumber(number) ? Errno.None : Errno.Invalid,
        (_, not null) when SecurityContexts.Contains(key) => isRoot ? Errno.None : Errno.NotPermitted,
        _ => Errno.Invalid,
    };

    private static bool IsNumber(string value) => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
