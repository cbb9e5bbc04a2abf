using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Fuse4fs.Mount;

/// <summary>What a server may ask to be opened, even one that its volume has taken over: what the caller has named, and a few
/// files that are the same for everybody.</summary>
internal sealed class OpenRules(Invocation invocation)
{
    /// <summary>Where the kernel's end of each connection is opened.</summary>
    public const string FuseDevice = "/dev/fuse";

    private const string SystemPressure = "/proc/pressure/memory", GroupRoot = "/sys/fs/cgroup/", GroupPressure = "/memory.pressure";

    private static readonly string[] OptionsThatNameFiles = ["journal_path"];

    /// <summary>Exclusively, around the page cache, through it at once, not through a symbolic link, for reading and for writing;
    /// whether opening waits and survives exec is the helper's to say.</summary>
    private const int AllowedFlags = Libc.OpenReadWrite | Libc.OpenNonBlocking | Libc.OpenExclusive | Libc.OpenDirect | Libc.OpenSynchronous
        | Libc.OpenDataSynchronous | Libc.OpenNoFollow | Libc.OpenCloseOnExec | Libc.OpenLargeFile;

    /// <summary>Whether a request is allowed.</summary>
    /// <param name="path">What is asked for.</param>
    /// <param name="flags">How it is asked for.</param>
    /// <param name="wantsBlockDevice">Nothing else will do.</param>
    /// <param name="wants">What the file must be.</param>
    /// <returns>None, or what the server is answered.</returns>
    public Errno Judge(string path, uint flags, bool wantsBlockDevice, out FileWants wants)
    {
        wants = default;
        if ((flags & ~(uint)AllowedFlags) != 0)
        {
            return Errno.Invalid;
        }

        if (path is FuseDevice)
        {
            wants = FileWants.Fuse;
            return wantsBlockDevice ? Errno.NotBlockDevice : Errno.None;
        }

        if (IsPressureFile(path))
        {
            wants = FileWants.SystemFile;
            return wantsBlockDevice ? Errno.NotBlockDevice : Errno.None;
        }

        bool isNamed = string.Equals(path, invocation.Source, StringComparison.Ordinal)
            || OptionsThatNameFiles.SelectMany(invocation.ValuesOf).Contains(path, StringComparer.Ordinal);
        if (!isNamed)
        {
            return Errno.NotPermitted;
        }

        wants = wantsBlockDevice ? FileWants.BlockDevice : FileWants.Volume;
        return (flags & Libc.OpenReadWrite) != 0 && invocation.LastIs("ro", "rw") ? Errno.ReadOnly : Errno.None;
    }

    private static bool IsPressureFile(string path) => path is SystemPressure
        || (path.StartsWith(GroupRoot, StringComparison.Ordinal)
            && path.EndsWith(GroupPressure, StringComparison.Ordinal)
            && !path.Split('/').Contains("..", StringComparer.Ordinal));
}
