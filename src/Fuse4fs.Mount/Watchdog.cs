using Fuse4fs.Native;

namespace Fuse4fs.Mount;

/// <summary>Ends the helper when a mount takes for ever: a server that does not answer the kernel would hold it in the mount call,
/// where nothing else reaches it.</summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Timer _timer;

    public Watchdog(int exitCode) => _timer = new(
        _ =>
        {
            Console.Error.WriteLine($"fuse4fs-mount: the service did not come to an end within {Patience.TotalSeconds:f0} s");
            Libc.ExitNow(exitCode);
        },
        state: null,
        Patience,
        Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
