using System.Text;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mount;

/// <summary>Mounts a volume through a server without rights. Called <c>mount.fuse4fs</c>, it ends with mount(8)'s exit codes.</summary>
internal static class Program
{
    /// <summary>2 is never used: programs that know the service protocol take it for "no service here", and parse the volume
    /// without one.</summary>
    private const int Success = 0, Failure = 1, MountFailed = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static int Main(string[] words)
    {
        string name = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        int failure = name.StartsWith("mount.", StringComparison.Ordinal) ? MountFailed : Failure;
        try
        {
            if (words is [] or ["-h" or "--help", ..])
            {
                Console.Error.WriteLine(CommandLine.Usage);
                return words.Length == 0 ? Failure : Success;
            }

            if (words is ["-V" or "--version"])
            {
                Console.WriteLine(typeof(Program).Assembly.GetName().Version?.ToString(fieldCount: 3));
                return Success;
            }

            if (Libc.UserId() != Libc.EffectiveUserId())
            {
                throw new MountException("this program is not made to run with other rights than its caller's");
            }

            return Run(CommandLine.Parse(words), failure);
        }
        catch (UsageException mistake)
        {
            Console.Error.WriteLine($"{name}: {mistake.Message}");
            Console.Error.WriteLine($"{name}: see {name} --help");
            return Failure;
        }
        catch (Exception error) when (error is MountException or ProtocolException or IOException)
        {
            Console.Error.WriteLine($"{name}: {error.Message}");
            return failure;
        }
    }

    private static int Run(Invocation invocation, int failure)
    {
        string path = Path.Combine(invocation.SocketDirectory, invocation.Type);
        if (invocation.IsCheck)
        {
            using SafeFileHandle? service = Connect(path);
            return service is null ? Failure : Success;
        }

        using KernelMounting mounting = new(invocation);
        using PacketSocket socket = PacketSocket.Over(ConnectOrStart(invocation, path, mounting), Patience);
        socket.RefuseDescriptors();
        using Watchdog watchdog = new(failure);
        Outcome outcome = new ServerConversation(socket, invocation, mounting).Run();
        if (!outcome.IsMounted)
        {
            mounting.Say($"{invocation.Source}: {outcome.Reason}");
            return failure;
        }

        if (!invocation.IsFake)
        {
            ReadAhead.Raise(MountTable.DeviceAt(invocation.MountPoint));
        }

        return Success;
    }

    private static SafeFileHandle ConnectOrStart(Invocation invocation, string path, KernelMounting mounting)
    {
        SafeFileHandle? service = invocation.IsAlone ? null : Connect(path);
        if (invocation.IsVerbose)
        {
            mounting.Say(service is null
                ? $"{invocation.Source} is served from a sandbox of its own: no files, no network, no rights"
                : $"{invocation.Source} is served by the service at {path}");
        }

        return service ?? Sandbox.Start(invocation.Server);
    }

    /// <summary>Connects to a service.</summary>
    /// <returns>Null where none listens.</returns>
    /// <exception cref="MountException">One does, and will not have us.</exception>
    private static SafeFileHandle? Connect(string path)
    {
        byte[] address = Encoding.UTF8.GetBytes(path);
        if (address.Length > Libc.SocketPathBytes)
        {
            throw new MountException($"the path of a socket is too long: {path}");
        }

        SafeFileHandle socket = Libc.Socket(Libc.LocalDomain, Libc.PacketSocket | Libc.CloseOnExecSocket);
        if (!socket.IsInvalid && Libc.Connect(socket, address) == 0)
        {
            return socket;
        }

        Errno error = Libc.LastError;
        socket.Dispose();
        return error is Errno.NotFound or Errno.ConnectionRefused ? null : throw new MountException($"connecting to the service at {path}", error);
    }
}
