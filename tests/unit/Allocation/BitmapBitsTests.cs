using Ext4Core.Allocation;

namespace Ext4Core.UnitTests.Allocation;

public sealed class BitmapBitsTests
{
    [Fact]
    public void Clear_bits_are_counted_as_one_by_one()
    {
        byte[] bitmap = Sample();
        uint clear = 0;
        for (uint count = 0; count <= bitmap.Length * 8; count++)
        {
            Assert.Equal(clear, BitmapBits.CountClear(bitmap, count));
            clear += count < bitmap.Length * 8 && !BitmapBits.IsSet(bitmap, count) ? 1u : 0u;
        }
    }

    [Fact]
    public void The_first_clear_bit_is_found_from_anywhere()
    {
        byte[] bitmap = Sample();
        uint first = (uint)bitmap.Length * 8;
        for (uint bit = first; bit-- > 0;)
        {
            first = BitmapBits.IsSet(bitmap, bit) ? first : bit;
            Assert.Equal(first, BitmapBits.FirstClear(bitmap, bit));
        }
    }

    [Fact]
    public void A_bitmap_without_a_clear_bit_has_its_end_for_the_first() =>
        Assert.Equal(24u, BitmapBits.FirstClear([0xFF, 0xFF, 0xFF], 3));

    /// <summary>Long runs of set bits, and single clear ones at each place in a byte.</summary>
    private static byte[] Sample()
    {
        byte[] bitmap = new byte[67];
        Array.Fill(bitmap, byte.MaxValue);
        for (int index = 0; index < 8; index++)
        {
            bitmap[index * 8] = (byte)~(1 << index);
        }

        return bitmap;
    }
}
