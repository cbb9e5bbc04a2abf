using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>Mounting: the calls of Linux 5.2 by number, since older C libraries have no names for them, and mount(2).</summary>
internal static partial class Libc
{
    public const int NumberMoveMount = 429, NumberFsopen = 430, NumberFsconfig = 431, NumberFsmount = 432;
    public const uint FsopenCloseOnExec = 1, FsmountCloseOnExec = 1, MoveMountEmptyPath = 4, MoveMountToEmptyPath = 0x40;
    public const uint FsconfigFlag = 0, FsconfigString = 1, FsconfigCreate = 6;
    public const int CurrentDirectory = -100;
    public const int UnmountDetach = 2, UnmountNoFollow = 8;

    /// <summary>fsopen(2): a context for a file system of one type.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial SafeFileHandle OpenContext(nint number, string type, uint flags);

    /// <summary>fsconfig(2): sets one option, or creates the superblock. The reason of a failure is read from the context.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Configure(nint number, SafeFileHandle context, uint command, string? key, string? value, int auxiliary);

    /// <summary>fsmount(2): a mount that is nowhere yet.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial SafeFileHandle MakeMount(nint number, SafeFileHandle context, uint flags, uint attributes);

    /// <summary>move_mount(2): makes a mount visible.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint MoveMount(nint number, SafeFileHandle mount, string from, int directory, string to, uint flags);

    /// <summary>mount(2).</summary>
    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Mount(string source, string target, string type, nuint flags, string data);

    /// <summary>umount2(2).</summary>
    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Unmount(string target, int flags);
}
