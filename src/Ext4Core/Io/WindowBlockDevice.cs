using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>A volume that starts some bytes into another device: <c>offset=</c>, or one partition.</summary>
public sealed class WindowBlockDevice : IBlockDevice
{
    /// <summary>Opens a window and takes ownership of <paramref name="whole"/>.</summary>
    /// <param name="whole">The device below.</param>
    /// <param name="start">Bytes from its start to the volume's start.</param>
    /// <param name="length">Bytes in the window; null means up to the end of the device.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window does not lie on the device.</exception>
    public WindowBlockDevice(IBlockDevice whole, long start, long? length = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, whole.Length);
        Whole = whole;
        Start = start;
        Length = length ?? whole.Length - start;
        ArgumentOutOfRangeException.ThrowIfNegative(Length, nameof(length));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length, whole.Length - start, nameof(length));
    }

    /// <summary>The device below.</summary>
    public IBlockDevice Whole { get; }

    /// <summary>Bytes from its start to the volume's start.</summary>
    public long Start { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsReadOnly => Whole.IsReadOnly;

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer) => Whole.Read(Inside("read", from, buffer.Length), buffer);

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes) => Whole.Write(Inside("write", to, bytes.Length), bytes);

    /// <inheritdoc/>
    public void Flush() => Whole.Flush();

    /// <inheritdoc/>
    public void Discard(DeviceOffset from, long length) => Whole.Discard(Inside("discard", from, length), length);

    /// <inheritdoc/>
    public void Dispose() => Whole.Dispose();

    private DeviceOffset Inside(string operation, DeviceOffset at, long length) =>
        at.Value <= Length && length <= Length - at.Value
            ? at.Plus(Start)
            : throw new DeviceException(operation, at.Value, length);
}
