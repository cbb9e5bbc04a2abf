using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>Pipes as the kernel's own buffers: bytes that go through them are not copied to us.</summary>
internal static partial class Libc
{
    public const int PipeCloseOnExec = 0x80000, PipeNonBlocking = 0x800;
    public const int SetPipeSize = 1031;

    /// <summary>splice(2) from a place in a file into a pipe: as many bytes as there is room for, 0 at the end of the file.
    /// EAGAIN where the pipe is full and does not block, EINVAL where the file's system cannot do this.</summary>
    /// <param name="file">The file; its own position does not matter.</param>
    /// <param name="offset">Where to begin; moved on by what was taken.</param>
    /// <param name="pipe">The writing end.</param>
    /// <param name="pipeOffset">Null: a pipe has no places.</param>
    /// <param name="length">Bytes at most.</param>
    /// <param name="flags">None.</param>
    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint SpliceFrom(SafeFileHandle file, ref long offset, SafeFileHandle pipe, nint pipeOffset, nuint length, uint flags);

    /// <summary>splice(2) out of a pipe to where a file or device stands; <see cref="SpliceFrom"/> says what else.</summary>
    [LibraryImport("libc", EntryPoint = "splice", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint SpliceTo(SafeFileHandle pipe, nint pipeOffset, SafeFileHandle device, nint deviceOffset, nuint length, uint flags);
}
