using System.Text;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Layout;

public sealed class AttributeListViewTests
{
    private const int Room = 64;
    private static readonly DiskLocation Here = new(StructureKind.InodeAttributes, 40, 0x1A0, 12);

    [Fact]
    public void A_list_gives_its_entries_in_order_with_their_values()
    {
        byte[] bytes = ListOf(("one", "1"), ("three", "333"));

        Assert.Equal(["one=1", "three=333"], Read(AttributeListView.Parse(bytes, 0, Here)));
    }

    [Fact]
    public void An_empty_list_is_no_damage() => Assert.Empty(Read(AttributeListView.Parse(new byte[4], 0, Here)));

    [Fact]
    public void A_name_that_leaves_no_room_for_the_end_of_the_list_is_corrupt()
    {
        byte[] bytes = new byte[24];
        bytes[AttributeEntryView.ENameLen] = 4;
        bytes.AsSpan(AttributeEntryView.EName, 4).Fill((byte)'n');
        Assert.Equal(["nnnn="], Read(AttributeListView.Parse(bytes, 0, Here)));

        bytes[AttributeEntryView.ENameLen] = 5;
        AssertDamage(CorruptionCode.AttributeEntryOverflow, Here, 24, 20, () => AttributeListView.Parse(bytes, 0, Here));
    }

    [Fact]
    public void A_list_without_an_end_is_corrupt()
    {
        byte[] bytes = new byte[Room];
        bytes.AsSpan().Fill(3);

        AssertDamage(
            CorruptionCode.AttributeEntryOverflow, Here.At(60), 80, Room - 4, () => AttributeListView.Parse(bytes, 0, Here));
    }

    [Fact]
    public void A_zero_inside_a_name_is_corrupt()
    {
        byte[] bytes = ListOf(("name", "v"));
        bytes[AttributeEntryView.EName + 2] = 0;

        AssertDamage(
            CorruptionCode.AttributeNameLengthMismatch, Here.At(AttributeEntryView.ENameLen), 4, 2,
            () => AttributeListView.Parse(bytes, 0, Here));
    }

    [Fact]
    public void A_value_may_claim_sixteen_mebibytes_in_its_own_inode_and_not_one_byte_more()
    {
        byte[] bytes = ListOf(("name", ""));
        Le.PutU32(bytes, AttributeEntryView.EValueInum, 12);
        Le.PutU32(bytes, AttributeEntryView.EValueSize, AttributeListView.MaximumValueSize);
        _ = AttributeListView.Parse(bytes, 0, Here);

        Le.PutU32(bytes, AttributeEntryView.EValueSize, AttributeListView.MaximumValueSize + 1);
        AssertDamage(
            CorruptionCode.AttributeValueTooLarge, Here.At(AttributeEntryView.EValueSize), (1 << 24) + 1, 1 << 24,
            () => AttributeListView.Parse(bytes, 0, Here));
    }

    [Fact]
    public void A_value_whose_padding_reaches_past_the_end_is_corrupt()
    {
        byte[] bytes = ListOf(("name", ""));
        Le.PutU32(bytes, AttributeEntryView.EValueSize, 5);
        Le.PutU16(bytes, AttributeEntryView.EValueOffs, Room - 8);
        _ = AttributeListView.Parse(bytes, 0, Here);

        Le.PutU16(bytes, AttributeEntryView.EValueOffs, Room - 7);
        AssertDamage(
            CorruptionCode.AttributeValueOutOfRange, Here.At(AttributeEntryView.EValueOffs), Room - 2, Room,
            () => AttributeListView.Parse(bytes, 0, Here));
    }

    [Fact]
    public void A_value_over_the_names_or_their_end_is_corrupt()
    {
        byte[] bytes = ListOf(("name", ""));
        Le.PutU32(bytes, AttributeEntryView.EValueSize, 4);
        Le.PutU16(bytes, AttributeEntryView.EValueOffs, 24);
        _ = AttributeListView.Parse(bytes, 0, Here);

        Le.PutU16(bytes, AttributeEntryView.EValueOffs, 23);
        AssertDamage(
            CorruptionCode.AttributeValueOverlapsNames, Here.At(AttributeEntryView.EValueOffs), 23, 24,
            () => AttributeListView.Parse(bytes, 0, Here));
    }

    [Fact]
    public void An_unordered_search_finds_what_an_ordered_one_passes_by()
    {
        AttributeListView list = AttributeListView.Parse(ListOf(("zz", "1"), ("a", "2")), 0, Here);

        Assert.True(list.TryFind(AttributeNamespace.User, "a"u8, out _));
        Assert.False(list.TryFindOrdered(AttributeNamespace.User, "a"u8, out _));
        Assert.True(list.TryFindOrdered(AttributeNamespace.User, "zz"u8, out AttributeEntryView entry));
        Assert.Equal("1"u8, list.ValueOf(entry));
        Assert.False(list.TryFind(AttributeNamespace.Trusted, "a"u8, out _));
    }

    [Fact]
    public void An_entrys_hash_is_the_one_that_the_kernel_writes()
    {
        // From a block written by Linux 6.18: user.big2 with 100 times 'A', and user.naïve with "value".
        Assert.Equal(HashOfKernelBlock.AsciiHash, AttributeHash.OfEntry(HashOfKernelBlock.AsciiName, HashOfKernelBlock.AsciiValue));
        Assert.Equal(HashOfKernelBlock.HighHash, AttributeHash.OfEntry(HashOfKernelBlock.HighName, HashOfKernelBlock.HighValue));
    }

    [Fact]
    public void Signed_and_unsigned_hashes_differ_for_names_beyond_ascii_alone()
    {
        Assert.Equal(AttributeHash.OfEntry("plain"u8, 7), AttributeHash.OfEntrySigned("plain"u8, 7));
        Assert.NotEqual(AttributeHash.OfEntry("na\u00EFve"u8, 7), AttributeHash.OfEntrySigned("na\u00EFve"u8, 7));
    }

    [Fact]
    public void A_block_with_another_magic_or_more_than_one_block_is_corrupt()
    {
        DiskLocation here = new(StructureKind.AttributeBlock, 77, 0, 12);
        byte[] block = new byte[1024];
        AttributeBlockWriter.Initialise(block);
        AttributeBlockWriter.Seal(block, 0x1234, 77, hasChecksums: true);
        AttributeBlockView view = AttributeBlockView.Parse(block, here);
        Assert.Equal(view.Checksum, view.ComputeChecksum(0x1234, new BlockNumber(77)));
        Assert.NotEqual(view.Checksum, view.ComputeChecksum(0x1234, new BlockNumber(78)));

        Le.PutU32(block, AttributeBlockView.HBlocks, 2);
        AssertDamage(
            CorruptionCode.AttributeBlockCountMismatch, here.At(AttributeBlockView.HBlocks), 2, 1,
            () => AttributeBlockView.Parse(block, here));
        block[0] = 1;
        AssertDamage(
            CorruptionCode.AttributeMagic, here, 0xEA020001, 0xEA020000, () => AttributeBlockView.Parse(block, here));
    }

    [Fact]
    public void A_writer_fills_the_room_to_the_last_byte_and_refuses_what_does_not_fit()
    {
        byte[] bytes = new byte[Room];
        AttributeListWriter writer = new(bytes, 0);
        Assert.True(writer.TryAdd(AttributeNamespace.User, "a"u8, new byte[16], 0));
        Assert.False(writer.TryAdd(AttributeNamespace.User, "b"u8, new byte[5], 0));
        Assert.True(writer.TryAdd(AttributeNamespace.User, "b"u8, default, 0));
        Assert.False(writer.TryAddReference(AttributeNamespace.User, "c"u8, 12, 100, 0));

        Assert.Equal(2, Read(AttributeListView.Parse(bytes, 0, Here)).Count);
    }

    private static byte[] ListOf(params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        byte[] bytes = new byte[Room];
        AttributeListWriter writer = new(bytes, 0);
        foreach ((string name, string value) in attributes)
        {
            Assert.True(writer.TryAdd(AttributeNamespace.User, Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value), 0));
        }

        return bytes;
    }

    private static List<string> Read(AttributeListView list)
    {
        List<string> found = [];
        int position = list.Start;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            found.Add($"{Encoding.UTF8.GetString(entry.Name)}={Encoding.UTF8.GetString(list.ValueOf(entry))}");
        }

        return found;
    }

    private delegate AttributeListView ListParser();

    private delegate AttributeBlockView BlockParser();

    private static void AssertDamage(CorruptionCode code, DiskLocation where, ulong found, ulong expected, ListParser parse)
    {
        var damage = Assert.Throws<CorruptionException>(() => { _ = parse(); });
        Assert.Equal((code, where, found, expected), (damage.Code, damage.Where, damage.Found, damage.Expected));
    }

    private static void AssertDamage(CorruptionCode code, DiskLocation where, ulong found, ulong expected, BlockParser parse)
    {
        var damage = Assert.Throws<CorruptionException>(() => { _ = parse(); });
        Assert.Equal((code, where, found, expected), (damage.Code, damage.Where, damage.Found, damage.Expected));
    }

    private static class HashOfKernelBlock
    {
        public const uint AsciiHash = 0xE993_4171;
        public const uint HighHash = 0xBB05_47AC;

        public static ReadOnlySpan<byte> AsciiName => "big2"u8;

        public static ReadOnlySpan<byte> AsciiValue => "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"u8;

        public static ReadOnlySpan<byte> HighName => "na\u00EFve"u8;

        public static ReadOnlySpan<byte> HighValue => "value"u8;
    }
}
