namespace Ext4Core.Integrity;

/// <summary>The device below failed: not the image's fault and not ours.</summary>
public sealed class DeviceException : Exception
{
    /// <summary>Creates the failure of one transfer.</summary>
    /// <param name="operation">What was tried: read, write, flush or discard.</param>
    /// <param name="offset">Bytes from the start of the device.</param>
    /// <param name="length">Bytes wanted.</param>
    /// <param name="inner">What the system said, if it said anything.</param>
    public DeviceException(string operation, long offset, long length, Exception? inner = null)
        : base($"device {operation} of {length} bytes at byte {offset} failed: {inner?.Message ?? "end of device"}", inner)
    {
        Offset = offset;
        Length = length;
    }

    /// <summary>Bytes from the start of the device.</summary>
    public long Offset { get; }

    /// <summary>Bytes wanted.</summary>
    public long Length { get; }
}
