using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using FsCheck;
using FsCheck.Fluent;

namespace Ext4Core.PropertyTests.Layout;

public sealed class ExtentNodeProperties
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 8193, 0, 12);

    /// <summary>Half of the headers carry the magic, and counts that hug the node's room.</summary>
    private static readonly Gen<byte[]> Nodes =
        from bytes in Gen.Elements(60, 1024, 4096, 65536)
        from magic in Gen.Frequency((3, Gen.Constant((int)ExtentNodeView.ExpectedMagic)), (1, Gen.Choose(0, ushort.MaxValue)))
        from maximum in Count((bytes - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize)
        from entries in Count(maximum)
        from depth in Gen.Choose(0, 7)
        select Node(bytes, magic, entries, maximum, depth);

    [Fact]
    public void Any_header_is_refused_or_its_entries_and_checksum_lie_inside_the_node() =>
        Prop.ForAll(Nodes.ToArbitrary(), bytes =>
        {
            try
            {
                ExtentNodeView node = ExtentNodeView.Parse(bytes, Here);
                return node.Depth <= ExtentNodeView.MaximumDepth
                    && (node.Depth == 0 || node.EntryCount > 0)
                    && ExtentNodeView.HeaderSize + (node.EntryCount * ExtentNodeView.EntrySize) <= node.TailOffset
                    && node.TailOffset <= bytes.Length;
            }
            catch (CorruptionException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();

    private static Gen<int> Count(int limit) =>
        Gen.OneOf(Gen.Elements(0, 1, limit, Math.Min(limit + 1, ushort.MaxValue), ushort.MaxValue), Gen.Choose(0, limit));

    private static byte[] Node(int bytes, int magic, int entries, int maximum, int depth)
    {
        byte[] node = new byte[bytes];
        Le.PutU16(node, ExtentNodeView.EhMagic, (ushort)magic);
        Le.PutU16(node, ExtentNodeView.EhEntries, (ushort)entries);
        Le.PutU16(node, ExtentNodeView.EhMax, (ushort)maximum);
        Le.PutU16(node, ExtentNodeView.EhDepth, (ushort)depth);
        return node;
    }
}
