using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>How a program is started: posix_spawn_file_actions_init(3), posix_spawnattr_init(3).</summary>
internal sealed class SpawnSettings : IDisposable
{
    /// <summary>Larger than the C library's own structures, whose size is its own affair.</summary>
    private const int Room = 512;

    private const short NewSession = 0x80;

    private readonly byte[] _actions = GC.AllocateArray<byte>(Room, pinned: true);
    private readonly byte[] _attributes = GC.AllocateArray<byte>(Room, pinned: true);

    public SpawnSettings()
    {
        _ = Libc.BeginActions(_actions);
        _ = Libc.BeginAttributes(_attributes);
        _ = Libc.SetSpawnFlags(_attributes, NewSession);
    }

    /// <summary>The program finds a file under a number.</summary>
    public void Give(SafeFileHandle file, int number) => _ = Libc.AddDuplicate(_actions, file, number);

    /// <summary>posix_spawnp(3): gives the error number itself.</summary>
    public int Spawn(string program, string?[] arguments, string?[] environment, out int process) => Libc.Spawn(
        out process,
        program,
        Marshal.UnsafeAddrOfPinnedArrayElement(_actions, 0),
        Marshal.UnsafeAddrOfPinnedArrayElement(_attributes, 0),
        arguments,
        environment);

    public void Dispose()
    {
        _ = Libc.EndActions(_actions);
        _ = Libc.EndAttributes(_attributes);
    }
}

/// <summary>The settings' own calls: each gives the error number itself.</summary>
internal static partial class Libc
{
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int BeginActions(Span<byte> actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int AddDuplicate(Span<byte> actions, SafeFileHandle from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EndActions(Span<byte> actions);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int BeginAttributes(Span<byte> attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetSpawnFlags(Span<byte> attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int EndAttributes(Span<byte> attributes);
}
