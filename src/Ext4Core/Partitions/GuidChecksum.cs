namespace Ext4Core.Partitions;

/// <summary>The checksum of a GUID partition table: CRC-32, least significant bit first, inverted at the end.</summary>
/// <remarks>Source: UEFI specification, "GPT Header".</remarks>
internal static class GuidChecksum
{
    private const uint Polynomial = 0xEDB8_8320;

    private static readonly uint[] Table = BuildTable();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = (crc >> 8) ^ Table[(crc ^ value) & 0xFF];
        }

        return ~crc;
    }

    private static uint[] BuildTable()
    {
        uint[] table = new uint[256];
        for (uint index = 0; index < 256; index++)
        {
            uint crc = index;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            }

            table[index] = crc;
        }

        return table;
    }
}
