using System.Buffers.Binary;
using System.Numerics;

namespace Ext4Core.Primitives;

/// <summary>CRC-32C as ext4 and JBD2 use it: seeded, not inverted at the end.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/checksums.rst.</remarks>
internal static class Crc32C
{
    /// <summary>The seed of a checksum that starts from nothing.</summary>
    public const uint Initial = 0xFFFF_FFFF;

    /// <summary>Bytes in each of three lanes that are summed side by side: a step waits for the one before it in its lane, and a
    /// processor has time for two others. Three lanes are a block of 1 KiB without its tail.</summary>
    private const int LaneSize = 336;

    /// <summary>For each byte of a checksum, what its values become after as many zeros as a lane has bytes.</summary>
    private static readonly uint[] LaneOfZeros = BuildLaneOfZeros();

    /// <summary>Continues <paramref name="crc"/> over <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 3 * LaneSize)
        {
            crc = AppendLanes(crc, bytes[..LaneSize], bytes.Slice(LaneSize, LaneSize), bytes.Slice(2 * LaneSize, LaneSize));
            bytes = bytes[(3 * LaneSize)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            crc = Append(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }

    /// <summary>Continues <paramref name="crc"/> over eight bytes, the lowest first.</summary>
    public static uint Append(uint crc, ulong value) => BitOperations.Crc32C(crc, value);

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

    private static uint AppendLanes(uint crc, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        uint secondCrc = 0;
        uint thirdCrc = 0;
        for (int at = 0; at < LaneSize; at += sizeof(ulong))
        {
            crc = Append(crc, BinaryPrimitives.ReadUInt64LittleEndian(first[at..]));
            secondCrc = Append(secondCrc, BinaryPrimitives.ReadUInt64LittleEndian(second[at..]));
            thirdCrc = Append(thirdCrc, BinaryPrimitives.ReadUInt64LittleEndian(third[at..]));
        }

        return AppendLaneOfZeros(AppendLaneOfZeros(crc) ^ secondCrc) ^ thirdCrc;
    }

    private static uint AppendLaneOfZeros(uint crc)
    {
        uint[] table = LaneOfZeros;
        return table[crc & 0xFF] ^ table[0x100 | (crc >> 8 & 0xFF)] ^ table[0x200 | (crc >> 16 & 0xFF)] ^ table[0x300 | crc >> 24];
    }

    private static uint[] BuildLaneOfZeros()
    {
        uint[] table = new uint[sizeof(uint) << 8];
        for (int index = 0; index < table.Length; index++)
        {
            table[index] = AppendZeros((uint)(index & 0xFF) << (index >> 8 << 3), LaneSize);
        }

        return table;
    }
}
