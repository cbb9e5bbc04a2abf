using System.Globalization;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>Serving without a terminal. A runtime with threads cannot fork, so the program starts itself a second time; the
/// first one waits until the second one serves or fails, and ends with its exit code.</summary>
internal sealed class Background : IDisposable
{
    private const string StatusVariable = "_FUSE4FS_STATUS_FD";
    private const string LogFileVariable = "FUSE4FS_LOGFILE";

    private readonly SafeFileHandle _status;

    private Background(SafeFileHandle status) => _status = status;

    /// <summary>The waiting process, if this is the second one.</summary>
    public static Background? Current()
    {
        string? number = Environment.GetEnvironmentVariable(StatusVariable);
        Environment.SetEnvironmentVariable(StatusVariable, value: null);
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor)
            ? new(new SafeFileHandle(descriptor, ownsHandle: true))
            : null;
    }

    /// <summary>Starts the second process and waits for its word.</summary>
    /// <returns>The exit code: success once it serves.</returns>
    public static int Start()
    {
        string program = Environment.ProcessPath ?? throw new IOException("the program's own path is unknown: use -f");
        (SafeFileHandle ours, SafeFileHandle theirs) = ChildProcess.MakePipe();
        using (ours)
        {
            ChildProcess server;
            using (theirs)
            {
                string number = theirs.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
                server = ChildProcess.Start(program, Environment.GetCommandLineArgs()[1..], (StatusVariable, number));
            }

            Span<byte> word = stackalloc byte[1];
            nint count;
            do
            {
                count = Libc.Read(ours, word, 1);
            }
            while (count < 0 && Libc.LastError == Errno.Interrupted);

            return count == 1 ? ExitCode.Success : server.Wait();
        }
    }

    /// <summary>Leaves the terminal, sends the log elsewhere, and tells the waiting process that the mount is served.</summary>
    public void Detach(EventLog log)
    {
        string? logFile = Environment.GetEnvironmentVariable(LogFileVariable);
        log.Redirect(logFile is null ? new SystemLog() : FileLog.Open(logFile));
        _ = Libc.NewSession();
        _ = Libc.ChangeDirectory("/");
        using (SafeFileHandle nothing = Libc.Open("/dev/null", Libc.OpenReadWrite))
        {
            for (int descriptor = 0; descriptor <= 2 && !nothing.IsInvalid; descriptor++)
            {
                _ = Libc.Duplicate(nothing, descriptor);
            }
        }

        _ = Libc.Write(_status, [0], 1);
        _status.Dispose();
    }

    public void Dispose() => _status.Dispose();
}
