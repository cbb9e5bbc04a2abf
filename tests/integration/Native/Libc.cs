using System.Runtime.InteropServices;

namespace Ext4Safety.IntegrationTests.Native;

/// <summary>The system calls that fill and picture a tree. Paths are NUL-terminated bytes, since names are not text.
/// Each returns -1 and sets errno on failure.</summary>
internal static partial class Libc
{
    private const DllImportSearchPath Safe = DllImportSearchPath.SafeDirectories;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Open(byte[] path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial nint ReadAt(int descriptor, Span<byte> buffer, nint capacity, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial nint WriteAt(int descriptor, ReadOnlySpan<byte> bytes, nint count, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Truncate(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Allocate(int descriptor, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int SyncVolume(int descriptor);

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial long Seek(int descriptor, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial nint ReadDirectory(int descriptor, Span<byte> buffer, nint capacity);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int StatX(int directory, byte[] path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "statfs64", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int StatVolume(byte[] path, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "readlink", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial nint ReadLink(byte[] path, Span<byte> target, nint capacity);

    [LibraryImport("libc", EntryPoint = "llistxattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial nint ListAttributes(byte[] path, Span<byte> names, nint capacity);

    [LibraryImport("libc", EntryPoint = "lgetxattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial nint GetAttribute(byte[] path, byte[] name, Span<byte> value, nint capacity);

    [LibraryImport("libc", EntryPoint = "lsetxattr", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int SetAttribute(byte[] path, byte[] name, ReadOnlySpan<byte> value, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Control(int descriptor, ulong request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int MakeDirectory(byte[] path, uint mode);

    [LibraryImport("libc", EntryPoint = "mknod", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int MakeNode(byte[] path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "symlink", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int SymbolicLink(byte[] target, byte[] path);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int HardLink(byte[] existing, byte[] path);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Unlink(byte[] path);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int RemoveDirectory(byte[] path);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int Rename(byte[] from, byte[] to);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int ChangeOwner(byte[] path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int ChangeMode(byte[] path, uint mode);

    [LibraryImport("libc", EntryPoint = "utimensat", SetLastError = true)]
    [DefaultDllImportSearchPaths(Safe)]
    internal static partial int ChangeTimes(int directory, byte[] path, ReadOnlySpan<long> times, int flags);
}
