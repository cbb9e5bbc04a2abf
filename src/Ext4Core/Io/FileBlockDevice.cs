using Ext4Core.Integrity;
using Ext4Core.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Ext4Core.Io;

/// <summary>A volume in a file or on a block device that is already open.</summary>
public sealed class FileBlockDevice : IBlockDevice
{
    /// <summary>Takes ownership of an open descriptor.</summary>
    /// <param name="handle">The open file or block device.</param>
    /// <param name="length">Its size in bytes: a block device does not tell by itself.</param>
    /// <param name="isReadOnly">Whether writes are refused here, whatever the descriptor allows.</param>
    public FileBlockDevice(SafeFileHandle handle, long length, bool isReadOnly)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Handle = handle;
        Length = length;
        IsReadOnly = isReadOnly;
    }

    /// <summary>The open descriptor, for whoever can have the system move bytes without reading them.</summary>
    public SafeFileHandle Handle { get; }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public void Read(DeviceOffset from, Span<byte> buffer)
    {
        long offset = from.Value;
        while (!buffer.IsEmpty)
        {
            int count = ReadOnce(offset, buffer);
            offset += count;
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public void Write(DeviceOffset to, ReadOnlySpan<byte> bytes)
    {
        RefuseIfReadOnly("write", to.Value, bytes.Length);
        if (to.Value > Length - bytes.Length)
        {
            // A file would grow.
            throw new DeviceException("write", to.Value, bytes.Length);
        }

        try
        {
            RandomAccess.Write(Handle, bytes, to.Value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException("write", to.Value, bytes.Length, error);
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        try
        {
            RandomAccess.FlushToDisk(Handle);
        }
        catch (IOException error)
        {
            throw new DeviceException("flush", 0, Length, error);
        }
    }

    /// <inheritdoc/>
    /// <remarks>A discard is advice: a plain file keeps its bytes.</remarks>
    public void Discard(DeviceOffset from, long length) => RefuseIfReadOnly("discard", from.Value, length);

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    private int ReadOnce(long offset, Span<byte> buffer)
    {
        int count;
        try
        {
            count = RandomAccess.Read(Handle, buffer, offset);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DeviceException("read", offset, buffer.Length, error);
        }

        return count > 0 ? count : throw new DeviceException("read", offset, buffer.Length);
    }

    private void RefuseIfReadOnly(string operation, long offset, long length)
    {
        if (IsReadOnly)
        {
            throw new DeviceException(operation, offset, length, new InvalidOperationException("the device is read-only"));
        }
    }
}
