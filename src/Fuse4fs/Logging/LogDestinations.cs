using System.Globalization;
using System.Text;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Logging;

/// <summary>Where lines go.</summary>
internal interface ILogDestination
{
    /// <summary>Writes one line; a failure has nobody left to hear it.</summary>
    void Write(Severity severity, string line);
}

/// <summary>Standard error; under a journal each line begins with its priority.</summary>
internal sealed class StandardErrorLog : ILogDestination
{
    /// <summary>The descriptor itself: a duplicate would stay open behind a terminal or pipe that a server has left.</summary>
    private static readonly SafeFileHandle StandardError = new(2, ownsHandle: false);

    private const int DaemonFacility = 3 << 3;

    /// <summary>A log that somebody else has connected for us takes each write as one message.</summary>
    private readonly bool _isLogSocket =
        Libc.GetSocketOption(StandardError, Libc.OptionType, out int type) == 0 && type == Libc.DatagramSocket;

    /// <summary>Standard error leads to the journal.</summary>
    public static bool IsJournal { get; } = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null;

    public void Write(Severity severity, string line)
    {
        int priority = (_isLogSocket ? DaemonFacility : 0) | (int)severity;
        string prefix = _isLogSocket || IsJournal ? string.Create(CultureInfo.InvariantCulture, $"<{priority}>") : string.Empty;
        byte[] bytes = Encoding.UTF8.GetBytes($"{prefix}fuse4fs: {line}\n");
        _ = Libc.Write(StandardError, bytes, (nuint)bytes.Length);
    }
}

/// <summary>A file that lines are appended to, each with its time.</summary>
internal sealed class FileLog(Stream file) : ILogDestination
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static FileLog Open(string path) => new(new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite,
        BufferSize = 0,
        UnixCreateMode = OwnerOnly,
    }));

    public void Write(Severity severity, string line) =>
        file.Write(Encoding.UTF8.GetBytes($"{DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} fuse4fs[{Environment.ProcessId}]: {line}\n"));
}

/// <summary>The system's log, for a server in the background.</summary>
internal sealed class SystemLog : ILogDestination
{
    private const int DaemonFacility = 3 << 3;

    public void Write(Severity severity, string line) => Libc.SystemLog(DaemonFacility | (int)severity, "%s", $"fuse4fs: {line}");
}
