using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Primitives;

public sealed class ChecksumTests
{
    [Fact]
    public void Crc32C_of_the_check_string_is_the_published_value() =>
        Assert.Equal(0xE306_9283u, ~Crc32C.Append(Crc32C.Initial, "123456789"u8));

    [Fact]
    public void Crc32C_over_zeros_equals_crc32C_over_an_array_of_zeros()
    {
        for (int count = 0; count < 40; count++)
        {
            Assert.Equal(Crc32C.Append(0x1234_5678, new byte[count]), Crc32C.AppendZeros(0x1234_5678, count));
        }
    }

    [Fact]
    public void Crc16_of_the_check_string_is_the_published_value() =>
        Assert.Equal(0x4B37, Crc16.Append(Crc16.Initial, "123456789"u8));

    [Fact]
    public void Crc32_of_the_check_string_is_the_published_value() =>
        Assert.Equal(0x0376_E6E7u, Crc32.Append(Crc32.Initial, "123456789"u8));
}
