using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;
using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mounting;

/// <summary>A device read around the system's page cache. Such reads begin and end at page borders and go to aligned memory,
/// so each thread has a window of its own to read through.</summary>
internal sealed class DirectBlockDevice(SafeFileHandle handle, long length) : IBlockDevice
{
    private const int WindowBytes = 1 << 20;
    private const long PageMask = PageBuffer.PageSize - 1;

    [ThreadStatic]
    private static PageBuffer? t_window;

    public long Length => length;

    public bool IsReadOnly => true;

    public void Read(DeviceOffset from, Span<byte> buffer)
    {
        t_window ??= new(WindowBytes);
        long offset = from.Value;
        while (!buffer.IsEmpty)
        {
            int skip = (int)(offset & PageMask);
            int wanted = Math.Min(skip + buffer.Length, WindowBytes);
            Span<byte> window = t_window.Bytes[..(int)((wanted + PageMask) & ~PageMask)];
            int count = Math.Min(ReadWindow(offset - skip, window), wanted) - skip;
            if (count <= 0)
            {
                throw new DeviceException("read", offset, buffer.Length);
            }

            window.Slice(skip, count).CopyTo(buffer);
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes) => throw Refusal("write", to.Value, bytes.Length);

    public void Flush()
    {
        // Nothing was written.
    }

    public void Discard(DeviceOffset from, long length) => throw Refusal("discard", from.Value, length);

    public void Dispose() => handle.Dispose();

    private int ReadWindow(long offset, Span<byte> window)
    {
        for (;;)
        {
            nint count = Libc.ReadAt(handle, window, (nuint)window.Length, offset);
            if (count >= 0)
            {
                return (int)count;
            }

            Errno error = Libc.LastError;
            if (error != Errno.Interrupted)
            {
                throw new DeviceException("read", offset, window.Length, new IOException(Libc.Describe(error)));
            }
        }
    }

    private static DeviceException Refusal(string operation, long offset, long length) =>
        new(operation, offset, length, new InvalidOperationException("the device is read-only"));
}
