namespace Ext4Core.Primitives;

/// <summary>CRC-16 (polynomial 0x8005, reflected) as the gdt_csum feature uses it.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/group_descr.rst.</remarks>
internal static class Crc16
{
    /// <summary>The seed of a group descriptor's checksum.</summary>
    public const ushort Initial = 0xFFFF;

    private static readonly ushort[] Table = BuildTable();

    /// <summary>Continues <paramref name="crc"/> over <paramref name="bytes"/>.</summary>
    public static ushort Append(ushort crc, ReadOnlySpan<byte> bytes)
    {
        ushort[] table = Table;
        foreach (byte value in bytes)
        {
            crc = (ushort)((crc >> 8) ^ table[(crc ^ value) & 0xFF]);
        }

        return crc;
    }

    private static ushort[] BuildTable()
    {
        const ushort ReflectedPolynomial = 0xA001;
        ushort[] table = new ushort[256];
        for (int index = 0; index < table.Length; index++)
        {
            ushort crc = (ushort)index;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (ushort)((crc & 1) != 0 ? (crc >> 1) ^ ReflectedPolynomial : crc >> 1);
            }

            table[index] = crc;
        }

        return table;
    }
}
