using System.Buffers.Binary;
using System.Numerics;

namespace Ext4Core.Primitives;

/// <summary>CRC-32C as ext4 and JBD2 use it: seeded, not inverted at the end.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/checksums.rst.</remarks>
internal static class Crc32C
{
    /// <summary>The seed of a checksum that starts from nothing.</summary>
    public const uint Initial = 0xFFFF_FFFF;

    /// <summary>Continues <paramref name="crc"/> over <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }

    /// <summary>Continues <paramref name="crc"/> over one little-endian 32-bit number.</summary>
    public static uint Append(uint crc, uint value) => BitOperations.Crc32C(crc, BitConverter.IsLittleEndian
        ? value
        : BinaryPrimitives.ReverseEndianness(value));

    /// <summary>Continues <paramref name="crc"/> over <paramref name="count"/> zero bytes.</summary>
    public static uint AppendZeros(uint crc, int count)
    {
        for (; count >= 8; count -= 8)
        {
            crc = BitOperations.Crc32C(crc, 0ul);
        }

        for (; count > 0; count--)
        {
            crc = BitOperations.Crc32C(crc, (byte)0);
        }

        return crc;
    }
}
