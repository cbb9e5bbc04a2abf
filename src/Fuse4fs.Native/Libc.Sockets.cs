using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>Sockets of this machine: unix(7).</summary>
internal static partial class Libc
{
    public const int LocalDomain = 1, StreamSocket = 1, DatagramSocket = 2, PacketSocket = 5, CloseOnExecSocket = 0x80000;
    public const int OptionType = 3, OptionSendBuffer = 7, OptionDomain = 39, OptionPassRights = 83;

    /// <summary>The longest path of a socket, in bytes without its NUL.</summary>
    public const int SocketPathBytes = 107;

    private const short PollInput = 1;

    /// <summary>socketpair(2).</summary>
    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SocketPair(int domain, int type, int protocol, Span<int> ends);

    /// <summary>socket(2).</summary>
    public static SafeFileHandle Socket(int domain, int type) => new(SocketDescriptor(domain, type, 0), ownsHandle: true);

    /// <summary>connect(2) to a socket's path.</summary>
    /// <param name="socket">A socket of the local domain.</param>
    /// <param name="path">At most <see cref="SocketPathBytes"/> bytes.</param>
    public static int Connect(SafeFileHandle socket, ReadOnlySpan<byte> path)
    {
        const int familySize = 2, addressSize = 110;
        Span<byte> address = stackalloc byte[addressSize];
        address[0] = LocalDomain;
        path.CopyTo(address[familySize..^1]);
        return ConnectAddress(socket, address, addressSize);
    }

    /// <summary>getsockopt(2) of a number of the socket level.</summary>
    public static int GetSocketOption(SafeFileHandle socket, int option, out int value)
    {
        uint size = sizeof(int);
        return GetSocketOption(socket, SocketLevel, option, out value, ref size);
    }

    /// <summary>setsockopt(2) of a number of the socket level.</summary>
    public static int SetSocketOption(SafeFileHandle socket, int option, int value) =>
        SetSocketOption(socket, SocketLevel, option, value, sizeof(int));

    /// <summary>poll(2): waits until something can be read, or nobody is left to write it.</summary>
    /// <returns>False where the time is up.</returns>
    public static bool WaitForInput(SafeFileHandle file, TimeSpan patience)
    {
        PollEntry entry = new() { Descriptor = (int)file.DangerousGetHandle(), Wanted = PollInput };
        long end = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        int count;
        do
        {
            count = Poll(ref entry, 1, (int)Math.Max(0, end - Environment.TickCount64));
        }
        while (count < 0 && LastError == Errno.Interrupted);

        return count != 0;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SocketDescriptor(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ConnectAddress(SafeFileHandle socket, ReadOnlySpan<byte> address, uint size);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetSocketOption(SafeFileHandle socket, int level, int option, out int value, ref uint size);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetSocketOption(SafeFileHandle socket, int level, int option, in int value, uint size);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref PollEntry entries, nuint count, int milliseconds);

    /// <summary><c>struct pollfd</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }
}
