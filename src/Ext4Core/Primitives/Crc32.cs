namespace Ext4Core.Primitives;

/// <summary>CRC-32 (polynomial 0x04C11DB7, most significant bit first, not inverted at the end), as the first journal
/// checksum uses it.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/journal.rst, "Commit Block".</remarks>
internal static class Crc32
{
    /// <summary>The seed of a transaction's checksum.</summary>
    public const uint Initial = 0xFFFF_FFFF;

    private static readonly uint[] Table = BuildTable();

    /// <summary>Continues <paramref name="crc"/> over <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] table = Table;
        foreach (byte value in bytes)
        {
            crc = unchecked(crc << 8) ^ table[(crc >> 24) ^ value];
        }

        return crc;
    }

    private static uint[] BuildTable()
    {
        const uint Polynomial = 0x04C1_1DB7;
        uint[] table = new uint[256];
        for (uint index = 0; index < 256; index++)
        {
            uint crc = index << 24;
            for (int bit = 0; bit < 8; bit++)
            {
                uint shifted = unchecked(crc << 1);
                crc = (crc & 0x8000_0000) != 0 ? shifted ^ Polynomial : shifted;
            }

            table[index] = crc;
        }

        return table;
    }
}
