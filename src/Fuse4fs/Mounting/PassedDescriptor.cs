using System.Globalization;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>A name that means a descriptor of this process: <c>/dev/fd/</c> and a decimal number, 0 included. The descriptor is used
/// as it is and never opened again, so it works where the name leads nowhere.</summary>
internal static class PassedDescriptor
{
    private const string Prefix = "/dev/fd/";

    public static bool IsNamedBy(string path) => path.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The descriptor; it is not closed with the handle, since it belongs to whoever passed it.</summary>
    /// <exception cref="MountException">The name has no number, or nothing is open under it.</exception>
    public static SafeFileHandle Take(string path)
    {
        if (!int.TryParse(path.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            throw new MountException($"{path} names no descriptor: {Libc.Describe(Errno.Invalid)}");
        }

        SafeFileHandle file = new(number, ownsHandle: false);
        return Libc.ControlDescriptor(file, Libc.GetStatusFlags, 0) >= 0
            ? file
            : throw new MountException($"{path} is not open: {Libc.Describe(Errno.BadDescriptor)}");
    }
}
