using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>What kind of file a mode names.</summary>
internal enum FileKind
{
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    RegularFile = 0x8000,
}

/// <summary>What statx(2) says of a file.</summary>
/// <param name="Mode">Kind and permissions.</param>
/// <param name="Owner">The owner's user id.</param>
/// <param name="Device">A device's own number: major and minor.</param>
internal readonly record struct FileStatus(int Mode, uint Owner, (uint Major, uint Minor) Device)
{
    public FileKind Kind => (FileKind)(Mode & 0xF000);
}

/// <summary>Files without their contents.</summary>
internal static partial class Libc
{
    private const int EmptyPath = 0x1000, WriteAccess = 2, LeastPassed = 10;

    /// <summary>statx(2) of an open file.</summary>
    public static int Status(SafeFileHandle file, out FileStatus status)
    {
        const int size = 256, ownerAt = 20, modeAt = 28, majorAt = 128, minorAt = 132;
        const uint typeModeAndOwner = 0x1 | 0x2 | 0x8;
        Span<byte> bytes = stackalloc byte[size];
        int result = Statx(file, string.Empty, EmptyPath, typeModeAndOwner, bytes);
        status = new(
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[modeAt..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[ownerAt..]),
            (BinaryPrimitives.ReadUInt32LittleEndian(bytes[majorAt..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[minorAt..])));
        return result;
    }

    /// <summary>The magic number of the file system that a file lies in; 0 where it has none to tell.</summary>
    public static ulong FileSystemMagic(SafeFileHandle file)
    {
        Span<ulong> words = stackalloc ulong[32];
        return FileSystemStatus(file, words) == 0 ? words[0] : 0;
    }

    /// <summary>Whether the caller's real user may write to the current directory.</summary>
    public static bool MayWriteHere() => Access(".", WriteAccess) == 0;

    /// <summary>A file in memory that nobody can change any more.</summary>
    /// <returns>An invalid handle and errno where there is none.</returns>
    public static SafeFileHandle MakeSealedFile(string name, ReadOnlySpan<byte> content)
    {
        const uint closeOnExec = 1, allowSealing = 2;
        const int addSeals = 1033, sealAll = 0xF;
        SafeFileHandle file = new(MakeMemoryFile(name, closeOnExec | allowSealing), ownsHandle: true);
        if (!file.IsInvalid && (Write(file, content, (nuint)content.Length) != content.Length || ControlDescriptor(file, addSeals, sealAll) < 0))
        {
            file.Dispose();
        }

        return file;
    }

    /// <summary>Another number for an open file, above those that a started program gets.</summary>
    public static SafeFileHandle DuplicateAbove(SafeFileHandle file)
    {
        const int duplicateCloseOnExec = 1030;
        return new(ControlDescriptor(file, duplicateCloseOnExec, LeastPassed), ownsHandle: true);
    }

    /// <summary>fchdir(2).</summary>
    [LibraryImport("libc", EntryPoint = "fchdir", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int ChangeDirectory(SafeFileHandle directory);

    /// <summary>getuid(2): cannot fail.</summary>
    [LibraryImport("libc", EntryPoint = "getuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint UserId();

    /// <summary>getgid(2): cannot fail.</summary>
    [LibraryImport("libc", EntryPoint = "getgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial uint GroupId();

    /// <summary>_exit(2): the process ends here and now, whatever its threads wait for.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial void ExitNow(int exitCode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(SafeFileHandle directory, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileSystemStatus(SafeFileHandle file, Span<ulong> status);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int MakeMemoryFile(string name, uint flags);
}
