using Ext4Core.Io;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>Opens what a volume lives on, for reading and for nobody else's writing.</summary>
internal sealed class DeviceOpener(EventLog log)
{
    private const nuint GetDeviceSize = 0x8008_1272;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens a block device exclusively, or an image file under a shared lock.</summary>
    /// <exception cref="MountException">It cannot be opened, or somebody else holds it for longer than it is worth waiting.</exception>
    public IBlockDevice Open(string path, long offset, bool isDirect)
    {
        int flags = Libc.OpenExclusive | (isDirect ? Libc.OpenDirect : 0);
        SafeFileHandle handle = Retry(path, () => Libc.Open(path, flags), file => !file.IsInvalid);
        ulong deviceSize = 0;
        bool isBlockDevice = Libc.Control(handle, GetDeviceSize, ref deviceSize) == 0;
        if (!isBlockDevice)
        {
            // A lock on a block device would upset those who watch for changes of it.
            _ = Retry(path, () => Libc.Lock(handle, Libc.LockShared | Libc.LockNonBlocking), result => result == 0);
        }

        long length = isBlockDevice ? (long)deviceSize : Libc.Seek(handle, 0, Libc.SeekEnd);
        if (length < 0)
        {
            throw new MountException($"cannot tell the size of {path}: {Libc.Describe(Libc.LastError)}");
        }

        if (offset > length)
        {
            throw new MountException($"offset={offset} lies beyond the end of {path}: it has {length} bytes");
        }

        IBlockDevice device = isDirect ? new DirectBlockDevice(handle, length) : new FileBlockDevice(handle, length, isReadOnly: true);
        return offset == 0 ? device : new WindowBlockDevice(device, offset);
    }

    /// <summary>A server that was just unmounted may hold the device for a moment longer.</summary>
    private T Retry<T>(string path, Func<T> attempt, Func<T, bool> succeeded)
    {
        long start = Environment.TickCount64;
        bool isTold = false;
        for (;;)
        {
            T result = attempt();
            if (succeeded(result))
            {
                return result;
            }

            Errno error = Libc.LastError;
            if (error is not (Errno.Busy or Errno.TryAgain) || Environment.TickCount64 - start > Patience.TotalMilliseconds)
            {
                throw new MountException($"cannot open {path}: {Libc.Describe(error)}");
            }

            if (!isTold)
            {
                log.Write(Severity.Notice, "busy", ("device", path), ("patience", Patience));
                isTold = true;
            }

            Thread.Sleep(Pause);
        }
    }
}
