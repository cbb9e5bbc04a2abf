using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>What a volume lives on. Offsets count from the volume's start and exist only for proven places.</summary>
/// <remarks>Every method is safe to call from several threads at once, transfers everything or throws
/// <see cref="Integrity.DeviceException"/>.</remarks>
public interface IBlockDevice : IDisposable
{
    /// <summary>The device's size in bytes.</summary>
    long Length { get; }

    /// <summary>Whether <see cref="Write"/> and <see cref="Discard"/> are refused.</summary>
    bool IsReadOnly { get; }

    /// <summary>Fills <paramref name="buffer"/> from the device.</summary>
    void Read(DeviceOffset from, Span<byte> buffer);

    /// <summary>Writes <paramref name="bytes"/>; durable only after <see cref="Flush"/>.</summary>
    void Write(DeviceOffset to, ReadOnlySpan<byte> bytes);

    /// <summary>Makes every write that has returned durable.</summary>
    void Flush();

    /// <summary>Says that a range of bytes is no longer needed; what it reads as afterwards is undefined.</summary>
    void Discard(DeviceOffset from, long length);
}
