using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

[assembly: DisableRuntimeMarshalling]

namespace Fuse4fs.Native;

/// <summary>The few calls of libc that the server makes, under Tmds.LibC's names. Each returns -1 and sets errno
/// where nothing else is said; <see cref="LastError"/> reads it.</summary>
internal static partial class Libc
{
    public const int OpenReadWrite = 2, OpenExclusive = 0x80, OpenNoTerminal = 0x100, OpenAppend = 0x400, OpenNonBlocking = 0x800,
        OpenDataSynchronous = 0x1000, OpenDirect = 0x4000, OpenLargeFile = 0x8000, OpenNoFollow = 0x20000, OpenCloseOnExec = 0x80000,
        OpenSynchronous = 0x101000, OpenPathOnly = 0x200000;
    public const int GetDescriptorFlags = 1, SetDescriptorFlags = 2, GetStatusFlags = 3, SetStatusFlags = 4, CloseOnExec = 1;
    public const int SeekEnd = 2;
    public const int LockShared = 1, LockNonBlocking = 4;

    /// <summary>The error number of the last failed call on this thread.</summary>
    public static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>What the system calls an error.</summary>
    public static string Describe(Errno error) => $"{Marshal.GetPInvokeErrorMessage((int)error)} (errno {(int)error})";

    /// <summary>open(2), closed on exec: an invalid handle where it fails.</summary>
    public static SafeFileHandle Open(string path, int flags, int mode = 0) =>
        new(OpenDescriptor(path, flags | OpenCloseOnExec, mode), ownsHandle: true);

    /// <summary>Takes O_NONBLOCK off an open file.</summary>
    public static Errno MakeBlocking(SafeFileHandle file)
    {
        int flags = ControlDescriptor(file, GetStatusFlags, 0);
        return flags >= 0 && ControlDescriptor(file, SetStatusFlags, flags & ~OpenNonBlocking) >= 0 ? Errno.None : LastError;
    }

    /// <summary>read(2) on the FUSE device: one whole request.</summary>
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Read(SafeFileHandle file, Span<byte> buffer, nuint capacity);

    /// <summary>write(2) on the FUSE device: one whole reply.</summary>
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nuint count);

    /// <summary>pread(2).</summary>
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint ReadAt(SafeFileHandle file, Span<byte> buffer, nuint capacity, long offset);

    /// <summary>lseek(2): where <paramref name="whence"/> is the end, the size of a file or a block device.</summary>
    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial long Seek(SafeFileHandle file, long offset, int whence);

    /// <summary>flock(2): EWOULDBLOCK where another holds the lock.</summary>
    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Lock(SafeFileHandle file, int operation);

    /// <summary>ioctl(2) with a pointer to one 32-bit number.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Control(SafeFileHandle file, nuint request, ref uint argument);

    /// <summary>ioctl(2) with a pointer to one 64-bit number.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Control(SafeFileHandle file, nuint request, ref ulong argument);

    /// <summary>geteuid(2): cannot fail.</summary>
    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint EffectiveUserId();

    /// <summary>getegid(2): cannot fail.</summary>
    [LibraryImport("libc", EntryPoint = "getegid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint EffectiveGroupId();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenDescriptor(string path, int flags, int mode);
}
