using System.Runtime.InteropServices;

namespace Fuse4fs.Mounting;

/// <summary>Somebody asks for the end: a signal, or the server itself. Afterwards the mount is taken down in good order.</summary>
internal sealed class StopRequest : IDisposable
{
    private readonly ManualResetEvent _requested = new(initialState: false);
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>Set when the end was asked for.</summary>
    public WaitHandle Requested => _requested;

    /// <summary>Asks for the end.</summary>
    public void Request() => _ = _requested.Set();

    /// <summary>From now on the signals that end a process ask for the end instead.</summary>
    public void ListenToSignals()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Request();
            }));
        }
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _requested.Dispose();
    }
}
