using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>A volume that starts some bytes into another device: <c>offset=</c>, or one partition.</summary>
public sealed class WindowBlockDevice : IBlockDevice
{
    private readonly IBlockDevice _whole;
    private readonly long _start;

    /// <summary>Opens a window and takes ownership of <paramref name="whole"/>.</summary>
    /// <param name="whole">The device below.</param>
    /// <param name="start">Bytes from its start to the volume's start.</param>
    /// <param name="length">Bytes in the window; null means up to the end of the device.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window does not lie on the device.</exception>
    public WindowBlockDevice(IBlockDevice whole, long start, long? length = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, whole.Length);
        _whole = whole;
        _start = start;
        Length = length ?? whole.Length - start;
        ArgumentOutOfRangeException.ThrowIfNegative(Length, nameof(length));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length, whole.Length - start, nameof(length));
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => _whole.IsReadOnly;

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer) => _whole.Read(Inside("read", from, buffer.Length), buffer);

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes) => _whole.Write(Inside("write", to, bytes.Length), bytes);

    /// <inheritdoc/>
    public void Flush() => _whole.Flush();

    /// <inheritdoc/>
    public void Discard(DeviceOffset from, long length) => _whole.Discard(Inside("discard", from, length), length);

    /// <inheritdoc/>
    public void Dispose() => _whole.Dispose();

    private DeviceOffset Inside(string operation, DeviceOffset at, long length) =>
        at.Value <= Length && length <= Length - at.Value
            ? at.Plus(_start)
            : throw new DeviceException(operation, at.Value, length);
}
