using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>A volume in one array.</summary>
/// <param name="volume">The whole volume; writes go into it.</param>
/// <param name="isReadOnly">Whether writes are refused.</param>
public sealed class MemoryBlockDevice(Memory<byte> volume, bool isReadOnly = false) : IBlockDevice
{
    /// <inheritdoc/>
    public long Length => volume.Length;

    /// <inheritdoc/>
    public bool IsReadOnly => isReadOnly;

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer) => Window("read", from, buffer.Length).CopyTo(buffer);

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes)
    {
        RefuseIfReadOnly("write", to, bytes.Length);
        bytes.CopyTo(Window("write", to, bytes.Length));
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // Memory is as durable as it gets.
    }

    /// <inheritdoc/>
    public void Discard(DeviceOffset from, long length)
    {
        RefuseIfReadOnly("discard", from, length);
        Window("discard", from, length).Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The array belongs to the caller.
    }

    private Span<byte> Window(string operation, DeviceOffset at, long length) =>
        at.Value <= volume.Length && length <= volume.Length - at.Value
            ? volume.Span.Slice((int)at.Value, (int)length)
            : throw new DeviceException(operation, at.Value, length);

    private void RefuseIfReadOnly(string operation, DeviceOffset at, long length)
    {
        if (isReadOnly)
        {
            throw new DeviceException(operation, at.Value, length, new InvalidOperationException("the device is read-only"));
        }
    }
}
