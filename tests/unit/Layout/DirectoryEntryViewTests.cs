using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Layout;

public sealed class DirectoryEntryViewTests
{
    private const int BlockSize = 1024;
    private static readonly DiskLocation Here = new(StructureKind.DirectoryBlock, 77, 0, 12);
    private static readonly DirectoryShape Plain = new(BlockSize, 100, HasChecksums: false, HasHashes: false);
    private static readonly DirectoryShape Sealed = Plain with { HasChecksums = true };
    private static readonly DirectoryShape Hashed = Plain with { HasHashes = true };

    [Fact]
    public void An_entry_gives_back_what_was_written()
    {
        byte[] block = new byte[BlockSize];
        DirectoryBlockWriter.Put(block, 12, 1012, 42, "name"u8, DirectoryEntryType.SymbolicLink);

        DirectoryEntryView entry = new(block, 12);

        Assert.Equal(new ClaimedInode(42), entry.Inode);
        Assert.True(entry.IsUsed);
        Assert.Equal("name"u8, entry.Name);
        Assert.Equal(DirectoryEntryType.SymbolicLink, entry.Type);
        Assert.Equal(1012, entry.SizeIn(BlockSize));
    }

    [Theory]
    [InlineData(1024, 1024, 1024)]
    [InlineData(0, 1024, 0)]
    [InlineData(65535, 32768, 65535)]
    [InlineData(65535, 65536, 65536)]
    [InlineData(0, 65536, 65536)]
    [InlineData(65532, 65536, 65532)]
    [InlineData(1, 65536, 65536)]
    [InlineData(13, 65536, 65548)]
    public void Lengths_have_two_more_bits_in_blocks_of_64_KiB(int stored, int blockSize, int bytes) =>
        Assert.Equal(bytes, DirectoryEntryView.DecodeSize((ushort)stored, blockSize));

    [Fact]
    public void Every_length_survives_its_stored_form()
    {
        for (int size = 12; size <= 65536; size += 4)
        {
            Assert.Equal(size, DirectoryEntryView.DecodeSize(DirectoryEntryView.EncodeSize(size, 65536), 65536));
        }
    }

    [Theory]
    [InlineData(12)]
    [InlineData(1012)]
    [InlineData(1024)]
    public void An_entry_that_fits_is_sound(int size) => Assert.True(Examine(Entry(size, "a"), Plain).IsNone);

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(11)]
    public void An_entry_shorter_than_any_entry_is_damage(int size) =>
        Assert.Equal(
            new Damage(CorruptionCode.DirectoryEntryTooShort, Here.At(4), (ulong)size, 12), Examine(Entry(size, "a"), Plain));

    [Fact]
    public void An_entry_of_odd_length_is_damage() =>
        Assert.Equal(
            new Damage(CorruptionCode.DirectoryEntryUnaligned, Here.At(4), 18, 16), Examine(Entry(18, "a"), Plain));

    [Fact]
    public void A_name_longer_than_its_entry_is_damage()
    {
        Assert.True(Examine(Entry(16, "12345678"), Plain).IsNone);
        Assert.Equal(
            new Damage(CorruptionCode.DirectoryNameOverflow, Here.At(6), 20, 16), Examine(Entry(16, "123456789"), Plain));
    }

    [Fact]
    public void An_entry_that_reaches_past_its_block_is_damage() =>
        Assert.Equal(
            new Damage(CorruptionCode.DirectoryEntryCrossesBlock, Here.At(4), 1028, 1024), Examine(Entry(1028, "a"), Plain));

    [Theory]
    [InlineData(1016)]
    [InlineData(1020)]
    public void An_entry_that_leaves_no_room_behind_it_is_damage(int size) =>
        Assert.Equal(
            new Damage(CorruptionCode.DirectoryEntryNearEnd, Here.At(4), (ulong)size, 1012), Examine(Entry(size, "a"), Plain));

    [Fact]
    public void An_inode_beyond_the_last_is_damage()
    {
        Assert.True(Examine(Entry(1024, "a", 100), Plain).IsNone);
        Assert.Equal(
            new Damage(CorruptionCode.InodeOutOfRange, Here, 101, 100), Examine(Entry(1024, "a", 101), Plain));
    }

    [Fact]
    public void A_dot_at_the_end_of_its_block_is_damage()
    {
        Assert.True(Examine(Entry(12, "."), Plain).IsNone);
        Assert.True(Examine(Entry(1024, ".."), Plain).IsNone);
        Assert.Equal(
            new Damage(CorruptionCode.DirectoryDotLast, Here.At(4), 1024, 1012), Examine(Entry(1024, "."), Plain));
    }

    [Fact]
    public void An_entry_with_a_hash_needs_eight_bytes_more_but_dots_and_tails_do_not()
    {
        Assert.Equal(CorruptionCode.DirectoryEntryTooShort, Examine(Entry(12, "a"), Hashed).Code);
        Assert.Equal(CorruptionCode.DirectoryNameOverflow, Examine(Entry(20, "12345"), Hashed).Code);
        Assert.True(Examine(Entry(24, "12345"), Hashed).IsNone);
        Assert.True(Examine(Entry(12, "."), Hashed).IsNone);
        Assert.True(Examine(Entry(12, ".."), Hashed).IsNone);
    }

    [Fact]
    public void Room_behind_an_entry_is_for_a_tail_or_for_an_entry_with_a_hash()
    {
        Assert.Equal(CorruptionCode.DirectoryEntryNearEnd, Examine(Entry(1008, "a"), Hashed).Code);
        Assert.True(Examine(Entry(1004, "a"), Hashed).IsNone);
        Assert.True(Examine(Entry(1012, "a"), Hashed with { HasChecksums = true }).IsNone);
    }

    [Fact]
    public void A_sealed_block_carries_a_tail_that_is_an_entry_too()
    {
        byte[] block = Entry(1012, "a");
        DirectoryBlockWriter.Seal(block, 0x1234_5678);

        DirectoryTailView tail = new(block);

        Assert.True(tail.IsPresent);
        Assert.Equal(DirectoryTailView.Compute(block, 0x1234_5678), tail.Checksum);
        Assert.NotEqual(DirectoryTailView.Compute(block, 0x1234_5679), tail.Checksum);
        Assert.True(DirectoryEntryView.Examine(block, 1012, Sealed, Here).IsNone);
        Assert.False(new DirectoryEntryView(block, 1012).IsUsed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_tail_with_a_wrong_field_is_no_tail(int field)
    {
        byte[] block = Entry(1012, "a");
        DirectoryBlockWriter.Seal(block, 1);
        block[1012 + field] ^= 0x40;
        Assert.False(new DirectoryTailView(block).IsPresent);
    }

    private static Damage Examine(byte[] block, in DirectoryShape shape) =>
        DirectoryEntryView.Examine(block, 0, shape, Here);

    private static byte[] Entry(int size, string name, uint inode = 11)
    {
        byte[] block = new byte[BlockSize];
        DirectoryBlockWriter.Put(
            block, 0, BlockSize, inode, System.Text.Encoding.ASCII.GetBytes(name), DirectoryEntryType.Regular);
        Le.PutU16(block, DirectoryEntryView.DeRecLen, (ushort)size);
        return block;
    }
}
