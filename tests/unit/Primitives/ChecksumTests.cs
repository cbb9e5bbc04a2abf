using Ext4Core.Layout;
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
    public void Crc32C_of_any_length_is_that_of_its_bytes_one_by_one()
    {
        byte[] bytes = new byte[4100];
        new Random(5).NextBytes(bytes);
        uint crc = 0x1234_5678;
        for (int count = 0; count < bytes.Length; count++)
        {
            Assert.Equal(crc, Crc32C.Append(0x1234_5678, bytes.AsSpan(0, count)));
            crc = System.Numerics.BitOperations.Crc32C(crc, bytes[count]);
        }
    }

    [Fact]
    public void Checksum_of_an_inode_takes_its_own_fields_for_zeros()
    {
        byte[] inode = new byte[256];
        new Random(6).NextBytes(inode);
        Le.PutU16(inode, InodeExtraView.IExtraIsize, 32);
        byte[] zeroed = [.. inode];
        Le.PutU16(zeroed, InodeView.IChecksumLo, 0);
        Assert.Equal(Crc32C.Append(7, zeroed.AsSpan(0, InodeView.Size)), InodeChecksum.Compute(inode.AsSpan(0, InodeView.Size), 7));
        Le.PutU16(zeroed, InodeExtraView.IChecksumHi, 0);
        Assert.Equal(Crc32C.Append(7, zeroed), InodeChecksum.Compute(inode, 7));
        Le.PutU16(inode, InodeExtraView.IExtraIsize, 0);
        Le.PutU16(zeroed, InodeExtraView.IExtraIsize, 0);
        Le.PutU16(zeroed, InodeExtraView.IChecksumHi, Le.U16(inode, InodeExtraView.IChecksumHi));
        Assert.Equal(Crc32C.Append(7, zeroed), InodeChecksum.Compute(inode, 7));
    }

    [Fact]
    public void Crc16_of_the_check_string_is_the_published_value() =>
        Assert.Equal(0x4B37, Crc16.Append(Crc16.Initial, "123456789"u8));

    [Fact]
    public void Crc32_of_the_check_string_is_the_published_value() =>
        Assert.Equal(0x0376_E6E7u, Crc32.Append(Crc32.Initial, "123456789"u8));
}
