using Ext4Core.Io;
using Ext4Core.Partitions;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>Opens what a volume lives on, for reading and for nobody else's writing.</summary>
internal sealed class DeviceOpener(EventLog log)
{
    private const nuint GetDeviceSize = 0x8008_1272;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15), Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens a block device exclusively, or an image file under a shared lock. A name <c>/dev/fd/N</c> means a descriptor
    /// that this process was started with.</summary>
    /// <exception cref="MountException">It cannot be opened, or somebody else holds it for longer than it is worth waiting.</exception>
    public IBlockDevice Open(string path, long offset, bool isDirect)
    {
        if (PassedDescriptor.IsNamedBy(path))
        {
            return Use(PassedDescriptor.Take(path), path, offset);
        }

        int flags = Libc.OpenExclusive | (isDirect ? Libc.OpenDirect : 0);
        return Use(Retry(path, () => Attempt(Libc.Open(path, flags))), path, offset);
    }

    /// <summary>Uses a descriptor that somebody else has opened: how it reads is how it was opened.</summary>
    /// <exception cref="MountException">Nothing can be read from it, or somebody else holds its lock.</exception>
    public IBlockDevice Use(SafeFileHandle handle, string path, long offset)
    {
        const int modeMask = 3, writeOnly = 1;
        int flags = Libc.ControlDescriptor(handle, Libc.GetStatusFlags, 0);
        if (flags < 0 || (flags & modeMask) == writeOnly || (flags & Libc.OpenPathOnly) != 0)
        {
            throw new MountException($"{path} is not open for reading");
        }

        long length = LengthOf(handle, path, out bool isBlockDevice);
        if (!isBlockDevice)
        {
            // A lock on a block device would upset those who watch for changes of it.
            _ = Retry(path, () => (Libc.Lock(handle, Libc.LockShared | Libc.LockNonBlocking) == 0 ? handle : null, Libc.LastError));
        }

        if (offset > length)
        {
            throw new MountException($"offset={offset} lies beyond the end of {path}: it has {length} bytes");
        }

        IBlockDevice device = (flags & Libc.OpenDirect) != 0
            ? new DirectBlockDevice(handle, length)
            : new FileBlockDevice(handle, length, isReadOnly: true);
        return offset == 0 ? device : new WindowBlockDevice(device, offset);
    }

    /// <summary>The part of a device that one partition is. This reads the table: only a server that is locked down may.</summary>
    /// <param name="device">The whole; it is closed where its table leads nowhere.</param>
    /// <param name="partition">Its number; null takes the whole.</param>
    /// <exception cref="MountException">There is no such partition, or the table cannot be believed.</exception>
    public static IBlockDevice Narrow(IBlockDevice device, int? partition)
    {
        if (partition is not int number)
        {
            return device;
        }

        try
        {
            return PartitionTable.Open(device, number);
        }
        catch (PartitionException refusal)
        {
            device.Dispose();
            throw new MountException(refusal.Message);
        }
    }

    /// <summary>Tries again while somebody else holds the device: a server that was just unmounted may hold it for a moment longer.</summary>
    /// <param name="path">For the log.</param>
    /// <param name="attempt">Gives the descriptor, or the reason why there is none.</param>
    /// <exception cref="MountException">It is refused for another reason, or for too long.</exception>
    public SafeFileHandle Retry(string path, Func<(SafeFileHandle? File, Errno Error)> attempt)
    {
        long start = Environment.TickCount64;
        bool isTold = false;
        for (;;)
        {
            (SafeFileHandle? file, Errno error) = attempt();
            if (file is not null)
            {
                return file;
            }

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

    /// <summary>Whether a descriptor is a block device.</summary>
    public static bool IsBlockDevice(SafeFileHandle handle)
    {
        ulong size = 0;
        return Libc.Control(handle, GetDeviceSize, ref size) == 0;
    }

    private static long LengthOf(SafeFileHandle handle, string path, out bool isBlockDevice)
    {
        ulong deviceSize = 0;
        isBlockDevice = Libc.Control(handle, GetDeviceSize, ref deviceSize) == 0;
        long length = isBlockDevice ? (long)Math.Min(deviceSize, long.MaxValue) : Libc.Seek(handle, 0, Libc.SeekEnd);
        return length >= 0 ? length : throw new MountException($"cannot tell the size of {path}: {Libc.Describe(Libc.LastError)}");
    }

    private static (SafeFileHandle? File, Errno Error) Attempt(SafeFileHandle file) =>
        file.IsInvalid ? (null, Libc.LastError) : (file, Errno.None);
}
