using System.Buffers.Binary;
using Ext4Core.Io;
using Ext4Core.Partitions;

namespace Ext4Core.UnitTests.Partitions;

/// <summary>Partitions are found where tables say, and tables are believed no further than the disk reaches.</summary>
public class PartitionTableTests
{
    private const int Sectors = 2048;

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_partition_of_a_guid_table_is_found_by_its_number(int sectorSize)
    {
        byte[] disk = GuidDisk(sectorSize);
        Assert.Equal((40L * sectorSize, 100L * sectorSize), Find(disk, 1));
        Assert.Equal((200L * sectorSize, 1L * sectorSize), Find(disk, 3));
    }

    [Fact]
    public void The_copy_at_the_end_is_used_where_the_first_table_cannot_be_believed()
    {
        foreach (int offset in (int[])[512, 512 + 12, 512 + 24, 512 + 72, 512 + 80, 512 + 88, 1024, 1024 + 32])
        {
            byte[] disk = GuidDisk(512);
            disk[offset] ^= 0x5A;
            Assert.Equal((40L * 512, 100L * 512), Find(disk, 1));
        }
    }

    [Fact]
    public void Where_both_are_damaged_both_are_named()
    {
        byte[] disk = GuidDisk(512);
        disk[512 + 40] ^= 1;
        disk[^(512 - 40)] ^= 1;
        string message = Refusal(disk, 1);
        Assert.Contains("sector 1 has checksum", message, StringComparison.Ordinal);
        Assert.Contains($"sector {Sectors - 1} has checksum", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, 91u, "claims a header of 91 bytes")]
    [InlineData(12, 513u, "claims a header of 513 bytes")]
    [InlineData(12, uint.MaxValue, "claims a header of")]
    [InlineData(24, 2u, "lies in sector 2")]
    [InlineData(72, 0u, "entries in sector 0")]
    [InlineData(72, (uint)Sectors, "entries in sector 2048")]
    [InlineData(72, Sectors - 1u, "entries in sector 2047")]
    [InlineData(76, uint.MaxValue, "entries in sector")]
    [InlineData(80, 0u, "claims 0 entries")]
    [InlineData(80, 1025u, "claims 1025 entries")]
    [InlineData(80, uint.MaxValue, "entries of 128 bytes")]
    [InlineData(84, 0u, "of 0 bytes")]
    [InlineData(84, 120u, "of 120 bytes")]
    [InlineData(84, 129u, "of 129 bytes")]
    [InlineData(84, 8192u, "of 8192 bytes")]
    [InlineData(88, 1u, "has entries with checksum")]
    public void A_header_that_is_sealed_and_wrong_is_refused(int field, uint value, string reason)
    {
        byte[] disk = GuidDisk(512);
        disk.AsSpan(^512).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(512 + field), value);
        Seal(disk.AsSpan(512, 512));
        Assert.Contains(reason, Refusal(disk, 1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0ul, 10ul, "claims 11 sectors from 0")]
    [InlineData((ulong)Sectors, (ulong)Sectors, "from 2048 on")]
    [InlineData(100ul, (ulong)Sectors, "and the disk has 2048")]
    [InlineData(100ul, 99ul, "before it begins")]
    [InlineData(1ul, ulong.MaxValue, "before it begins")]
    [InlineData(ulong.MaxValue, ulong.MaxValue, "and the disk has 2048")]
    public void A_partition_that_does_not_lie_on_the_disk_is_refused(ulong first, ulong last, string reason)
    {
        byte[] disk = GuidDisk(512);
        PutEntry(disk, 512, 1, first, last);
        disk.AsSpan(^512).Clear();
        SealEntries(disk, 512, at: 1);
        Assert.Contains(reason, Refusal(disk, 2), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "is empty")]
    [InlineData(129, "has 128 entries")]
    public void A_number_without_a_partition_is_refused(int number, string reason) =>
        Assert.Contains(reason, Refusal(GuidDisk(512), number), StringComparison.Ordinal);

    [Fact]
    public void A_promise_of_a_guid_table_without_one_is_refused()
    {
        byte[] disk = new byte[Sectors * 512];
        PutRecord(disk, 0, (0xEE, 1, Sectors - 1));
        Assert.Contains("promises one", Refusal(disk, 1), StringComparison.Ordinal);
    }

    [Fact]
    public void Primary_and_logical_partitions_of_a_master_boot_record_are_found()
    {
        byte[] disk = RecordDisk();
        Assert.Equal((100L * 512, 50L * 512), Find(disk, 1));
        Assert.Equal((510L * 512, 20L * 512), Find(disk, 5));
        Assert.Equal((610L * 512, 30L * 512), Find(disk, 6));
    }

    [Theory]
    [InlineData(2, "a container of others")]
    [InlineData(3, "is empty")]
    [InlineData(4, "and the disk has 2048")]
    [InlineData(7, "the last logical one is 6")]
    public void A_record_without_such_a_partition_is_refused(int number, string reason) =>
        Assert.Contains(reason, Refusal(RecordDisk(), number), StringComparison.Ordinal);

    [Fact]
    public void A_chain_of_logical_partitions_that_leads_astray_ends()
    {
        byte[] disk = RecordDisk();
        PutRecord(disk, 600, (0x83, 10, 30), (0x05, 0, 100));
        Assert.Contains("does not end", Refusal(disk, 1000), StringComparison.Ordinal);
        PutRecord(disk, 600, (0x83, 10, 30), (0x05, 100, 100));
        Assert.Contains("out of its container", Refusal(disk, 9), StringComparison.Ordinal);
        PutRecord(disk, 600, (0x83, 10, 30), (0x05, 600, 100));
        Assert.Contains("out of its container", Refusal(disk, 9), StringComparison.Ordinal);
        PutRecord(disk, 600, (0x83, 10, 30), (0x05, 200, 100));
        Assert.Contains("holds no record", Refusal(disk, 9), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_without_a_table_or_without_a_sector_is_refused()
    {
        Assert.Contains("signature", Refusal(new byte[4096], 1), StringComparison.Ordinal);
        Assert.Contains("100 bytes", Refusal(new byte[100], 1), StringComparison.Ordinal);
        byte[] disk = new byte[4096];
        PutRecord(disk, 0, (0x83, 1, 2));
        Assert.Contains("no logical partitions", Refusal(disk, 5), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_is_refused_or_leads_to_a_place_on_the_disk()
    {
        Random random = new(4711);
        byte[][] disks = [GuidDisk(512), RecordDisk()];
        for (int round = 0; round < 1000; round++)
        {
            byte[] disk = (byte[])disks[round % disks.Length].Clone();
            for (int edit = random.Next(1, 4); edit > 0; edit--)
            {
                disk[random.Next(4) == 0 ? random.Next(disk.Length) : random.Next(1536)] = (byte)random.Next(256);
            }

            if (random.Next(2) == 0)
            {
                Seal(disk.AsSpan(512, 512));
            }

            try
            {
                (long start, long length) = Find(disk, random.Next(1, 12));
                Assert.True(start > 0 && length > 0 && start + length <= disk.Length);
            }
            catch (PartitionException)
            {
                // Refused, in words.
            }
        }
    }

    private static (long Start, long Length) Find(byte[] disk, int number)
    {
        using WindowBlockDevice window = PartitionTable.Open(new MemoryBlockDevice(disk), number);
        return (window.Start, window.Length);
    }

    private static string Refusal(byte[] disk, int number) => Assert.Throws<PartitionException>(() => Find(disk, number)).Message;

    /// <summary>Partitions 1 and 3; the table's copy in the last sector has its entries just before it.</summary>
    private static byte[] GuidDisk(int sectorSize)
    {
        byte[] disk = new byte[Sectors * sectorSize];
        PutRecord(disk, 0, (0xEE, 1, Sectors - 1));
        PutEntry(disk, sectorSize, 0, 40, 139);
        PutEntry(disk, sectorSize, 2, 200, 200);
        int entriesLength = 128 * 128;
        int copyAt = Sectors - 1 - (entriesLength / sectorSize);
        disk.AsSpan(2 * sectorSize, entriesLength).CopyTo(disk.AsSpan(copyAt * sectorSize));
        PutHeader(disk, sectorSize, at: 1, entriesAt: 2);
        PutHeader(disk, sectorSize, at: Sectors - 1, copyAt);
        SealEntries(disk, sectorSize, at: 1);
        SealEntries(disk, sectorSize, at: Sectors - 1);
        return disk;
    }

    /// <summary>A primary partition, a container with two logical ones, nothing, and one that leads off the disk.</summary>
    private static byte[] RecordDisk()
    {
        byte[] disk = new byte[Sectors * 512];
        PutRecord(disk, 0, (0x83, 100, 50), (0x0F, 500, 600), (0, 0, 0), (0x83, 2000, 100));
        PutRecord(disk, 500, (0x83, 10, 20), (0x05, 100, 100));
        PutRecord(disk, 600, (0x83, 10, 30));
        return disk;
    }

    private static void PutRecord(byte[] disk, int sector, params (byte Type, uint First, uint Count)[] entries)
    {
        Span<byte> record = disk.AsSpan(sector * 512, 512);
        record[446..].Clear();
        for (int index = 0; index < entries.Length; index++)
        {
            record[446 + (index * 16) + 4] = entries[index].Type;
            BinaryPrimitives.WriteUInt32LittleEndian(record[(446 + (index * 16) + 8)..], entries[index].First);
            BinaryPrimitives.WriteUInt32LittleEndian(record[(446 + (index * 16) + 12)..], entries[index].Count);
        }

        record[510] = 0x55;
        record[511] = 0xAA;
    }

    private static void PutEntry(byte[] disk, int sectorSize, int index, ulong first, ulong last)
    {
        Span<byte> entry = disk.AsSpan((2 * sectorSize) + (index * 128), 128);
        entry[..16].Fill(0x11);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], last);
    }

    private static void PutHeader(byte[] disk, int sectorSize, int at, int entriesAt)
    {
        Span<byte> header = disk.AsSpan(at * sectorSize, sectorSize);
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], 92);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)at);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], (ulong)entriesAt);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], 128);
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], 128);
    }

    private static void SealEntries(byte[] disk, int sectorSize, int at)
    {
        Span<byte> header = disk.AsSpan(at * sectorSize, sectorSize);
        int entriesAt = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[88..], GuidChecksum.Compute(disk.AsSpan(entriesAt * sectorSize, 128 * 128)));
        Seal(header);
    }

    private static void Seal(Span<byte> header)
    {
        header.Slice(16, 4).Clear();
        int size = Math.Min((int)(BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) & int.MaxValue), header.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], GuidChecksum.Compute(header[..size]));
    }

    [Fact]
    public void The_checksum_is_the_one_that_everybody_means() => Assert.Equal(0xCBF4_3926, GuidChecksum.Compute("123456789"u8));
}
