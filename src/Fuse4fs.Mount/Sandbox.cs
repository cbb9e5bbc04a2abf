using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mount;

/// <summary>A server of its own for one mount, where no service manager starts one: bubblewrap gives it a world with nothing in it
/// but its own program. No files, no network, no other processes, no user of this machine.</summary>
internal static class Sandbox
{
    private const string Bubblewrap = "bwrap", IdentityChanger = "setpriv";
    private const string Nobody = "65534";
    private const uint NobodyId = 65534;
    private const int Connection = 3, Program = 4;
    private const string Nowhere = "/dev/null", LogFileVariable = "FUSE4FS_LOGFILE";

    /// <summary>Bytes for the server's title among process listings, which may grow over its environment and no further.</summary>
    private const int TitleRoom = 512;
    private const int OwnerOnly = 0x180, Create = 0x40, WriteOnly = 1;

    /// <summary>Starts the server.</summary>
    /// <param name="server">Its program; null looks beside this one, and then where packages put it.</param>
    /// <returns>Our end of the connection.</returns>
    /// <exception cref="MountException">It cannot be started.</exception>
    public static SafeFileHandle Start(string? server)
    {
        (SafeFileHandle ours, SafeFileHandle theirs) = MakeConnection();
        using (theirs)
        using (SafeFileHandle program = OpenProgram(server))
        using (SafeFileHandle nothing = Libc.Open(Nowhere, Libc.OpenReadWrite))
        using (SafeFileHandle log = OpenLog())
        {
            List<string> words = [.. Isolation];

            // The world of its own makes its user nobody; as seen from here it would still be root.
            if (Libc.UserId() == 0 && UserNamespace.Knows(NobodyId))
            {
                words.InsertRange(0, [IdentityChanger, $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]);
            }

            try
            {
                _ = ChildProcess.StartAlone(
                    words[0], words[1..], (nothing, 0), (nothing, 1), (log.IsInvalid ? nothing : log, 2), (theirs, Connection), (program, Program));
            }
            catch (IOException error)
            {
                throw new MountException($"no service listens, and a sandbox needs bubblewrap: {error.Message}");
            }
        }

        return ours;
    }

    /// <summary>The order matters: the program is copied into the empty root, and then nothing can be written there any more.</summary>
    private static string[] Isolation =>
    [
        Bubblewrap, "--unshare-all", "--new-session", "--as-pid-1", "--cap-drop", "ALL", "--uid", Nobody, "--gid", Nobody, "--hostname", "fuse4fs",
        "--clearenv", "--setenv", "LISTEN_PID", "1", "--setenv", "LISTEN_FDS", "1", "--setenv", "TITLE", new('.', TitleRoom),
        "--perms", "0555", "--ro-bind-data", $"{Program}", "/fuse4fs", "--remount-ro", "/", "--chdir", "/",
        "--", "/fuse4fs", "-o", "kernel",
    ];

    private static (SafeFileHandle Ours, SafeFileHandle Theirs) MakeConnection()
    {
        Span<int> ends = stackalloc int[2];
        return Libc.SocketPair(Libc.LocalDomain, Libc.PacketSocket | Libc.CloseOnExecSocket, protocol: 0, ends) == 0
            ? (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true))
            : throw new MountException("making a connection", Libc.LastError);
    }

    private static SafeFileHandle OpenProgram(string? server)
    {
        string beside = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/", "fuse4fs");
        string[] places = server is not null ? [server] : [beside, "/usr/bin/fuse4fs"];
        foreach (string place in places)
        {
            SafeFileHandle program = Libc.Open(place, 0);
            if (!program.IsInvalid)
            {
                return program;
            }
        }

        throw new MountException($"the server is not at {string.Join(" or ", places)}");
    }

    /// <summary>Where the server's lines go: a file that the caller has named, or the system's log. In its own world there is neither.</summary>
    private static SafeFileHandle OpenLog()
    {
        if (Environment.GetEnvironmentVariable(LogFileVariable) is { } path)
        {
            SafeFileHandle file = Libc.Open(path, WriteOnly | Create | Libc.OpenAppend, OwnerOnly);
            return file.IsInvalid ? throw new MountException($"opening the log {path}", Libc.LastError) : file;
        }

        SafeFileHandle socket = Libc.Socket(Libc.LocalDomain, Libc.DatagramSocket | Libc.CloseOnExecSocket);
        if (!socket.IsInvalid && Libc.Connect(socket, "/dev/log"u8) < 0)
        {
            socket.Dispose();
            return new(-1, ownsHandle: true);
        }

        return socket;
    }
}
