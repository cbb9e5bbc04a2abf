using Ext4Core.Audit;

namespace Fuse4fs.Tools;

/// <summary>Shows how far an audit is, on one line that is written over.</summary>
internal sealed class TerminalProgress(TextWriter terminal) : IAuditProgress
{
    private const long PauseMilliseconds = 200;
    private const int Width = 60;
    private long _last = Environment.TickCount64;

    /// <summary>Shown only on a terminal.</summary>
    public static IAuditProgress? For(TextWriter writer) =>
        writer == Console.Error && !Console.IsErrorRedirected ? new TerminalProgress(writer) : null;

    /// <inheritdoc/>
    public void Advance(AuditPhase phase, ulong done, ulong total)
    {
        if (Environment.TickCount64 - _last < PauseMilliseconds)
        {
            return;
        }

        _last = Environment.TickCount64;
        string line = $"{phase}: {done} of {total}";
        terminal.Write($"\r{line.PadRight(Width)}\r");
    }
}
