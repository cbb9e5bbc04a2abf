using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Extents;

public sealed class ExtentNodeViewTests
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 8193, 0, 12);

    [Fact]
    [Provokes(CorruptionCode.ExtentMagic)]
    public void Anything_but_the_magic_is_no_node() =>
        Edge(CorruptionCode.ExtentMagic, ExtentNodeView.EhMagic, 1024, ExtentNodeView.ExpectedMagic, 0xF30B);

    [Fact]
    [Provokes(CorruptionCode.ExtentEntriesOverflow)]
    public void Node_claiming_more_entries_than_fit_is_corrupt()
    {
        Assert.Equal(84, Parse(ImageBuilder.ExtentNode(entries: 84, bytes: 1024)).EntryCount);
        byte[] node = ImageBuilder.ExtentNode(entries: 400, bytes: 1024);
        var damage = Assert.Throws<CorruptionException>(() => { _ = ExtentNodeView.Parse(node, Here); });
        Assert.Equal((CorruptionCode.ExtentEntriesOverflow, Here.At(0x2)), (damage.Code, damage.Where));
        Snapshot.Verify(damage.Message);
    }

    [Fact]
    [Provokes(CorruptionCode.ExtentEntriesOverflow)]
    public void The_room_that_a_node_says_it_has_bounds_its_entries()
    {
        byte[] node = ImageBuilder.ExtentNode(entries: 4, bytes: 1024);
        Le.PutU16(node, ExtentNodeView.EhMax, 4);
        Assert.Equal(4, Parse(node).EntryCount);
        Le.PutU16(node, ExtentNodeView.EhMax, 3);
        Assert.Equal(CorruptionCode.ExtentEntriesOverflow, Refused(node).Code);
    }

    [Theory]
    [InlineData(60, 4, 5)]
    [InlineData(1024, 84, 85)]
    [InlineData(2048, 169, 170)]
    [InlineData(4096, 340, 341)]
    [InlineData(65536, 5460, 5461)]
    [InlineData(60, 1, 0)]
    [Provokes(CorruptionCode.ExtentMaximumEntries)]
    public void A_node_has_room_for_what_its_bytes_hold(int bytes, ushort inside, ushort outside) =>
        Edge(CorruptionCode.ExtentMaximumEntries, ExtentNodeView.EhMax, bytes, inside, outside);

    [Fact]
    [Provokes(CorruptionCode.ExtentDepth)]
    public void A_tree_is_five_levels_deep_at_most() =>
        Edge(CorruptionCode.ExtentDepth, ExtentNodeView.EhDepth, 60, 5, 6);

    [Fact]
    [Provokes(CorruptionCode.ExtentNodeEmpty)]
    public void Only_a_leaf_may_be_empty()
    {
        Assert.Equal(0, Parse(ImageBuilder.ExtentNode(entries: 0, bytes: 60)).EntryCount);
        Assert.Equal(1, Parse(ImageBuilder.ExtentNode(entries: 1, bytes: 60, depth: 1)).EntryCount);
        CorruptionException damage = Refused(ImageBuilder.ExtentNode(entries: 0, bytes: 60, depth: 1));
        Assert.Equal((CorruptionCode.ExtentNodeEmpty, Here.At(0x2)), (damage.Code, damage.Where));
    }

    [Theory]
    [InlineData(1, 1u, false)]
    [InlineData(0x8000, 0x8000u, false)]
    [InlineData(0x8001, 1u, true)]
    [InlineData(0xFFFF, 0x7FFFu, true)]
    [InlineData(0, 0u, false)]
    public void A_length_above_32768_marks_an_unwritten_run(ushort stored, uint length, bool isUnwritten)
    {
        byte[] extent = new byte[ExtentView.Size];
        Le.PutU16(extent, ExtentView.EeLen, stored);
        Assert.Equal((length, isUnwritten), (new ExtentView(extent).Length, new ExtentView(extent).IsUnwritten));
    }

    [Fact]
    public void Physical_blocks_have_48_bits()
    {
        byte[] node = new byte[60];
        ExtentNodeWriter.Initialise(node, 0);
        ExtentNodeWriter.AppendExtent(node, 7, 9, 0xABCD_1234_5678, isUnwritten: true);
        ExtentView extent = Parse(node).Extent(0);
        Assert.Equal((7u, 9u, 0xABCD_1234_5678ul, true), (extent.First.Value, extent.Length, extent.Start.Value, extent.IsUnwritten));
        ExtentNodeWriter.Initialise(node, 1);
        ExtentNodeWriter.AppendIndex(node, 7, 0xABCD_1234_5678);
        Assert.Equal(0xABCD_1234_5678ul, Parse(node).Index(0).Child.Value);
    }

    private static void Edge(CorruptionCode code, int field, int bytes, ushort inside, ushort outside)
    {
        byte[] node = ImageBuilder.ExtentNode(entries: 1, bytes: bytes);
        Le.PutU16(node, field, inside);
        _ = Parse(node);
        Le.PutU16(node, field, outside);
        CorruptionException damage = Refused(node);
        Assert.Equal((code, Here.At(field), (ulong)outside), (damage.Code, damage.Where, damage.Found));
    }

    private static CorruptionException Refused(byte[] node) =>
        Assert.Throws<CorruptionException>(() => { _ = ExtentNodeView.Parse(node, Here); });

    private static ExtentNodeView Parse(byte[] node) => ExtentNodeView.Parse(node, Here);
}
