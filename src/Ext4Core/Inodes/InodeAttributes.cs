using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;

namespace Ext4Core.Inodes;

/// <summary>Admits attribute lists, above all the one behind an inode's fields.</summary>
/// <remarks>The checks are those of the Linux 6.18 driver, which makes them on every inode that it reads: an inode with
/// a damaged list cannot be used at all.</remarks>
internal static class InodeAttributes
{
    private const uint RootInode = 2;

    /// <summary>Finds and admits the list in an inode; false when it has none.</summary>
    /// <param name="geometry">Says which value inodes exist.</param>
    /// <param name="inode">The whole inode.</param>
    /// <param name="where">The inode's location.</param>
    /// <param name="list">The list.</param>
    public static bool TryAdmit(
        VolumeGeometry geometry, ReadOnlySpan<byte> inode, scoped in DiskLocation where, out AttributeListView list)
    {
        int first = InodeAttributesView.FirstEntryOf(inode);
        if (first == 0)
        {
            list = default;
            return false;
        }

        DiskLocation here = where.At(first) with { Structure = StructureKind.InodeAttributes };
        list = Admit(geometry, inode[first..], 0, here);
        if (TryFindInlineData(list, out AttributeEntryView entry) && entry.ValueInode.Value != 0)
        {
            Corrupt.Throw(CorruptionCode.InlineDataInAttributeInode, here, entry.ValueInode.Value, 0);
        }

        return true;
    }

    /// <summary>The list in an inode that was found before to have one, and whose block was not given back since.</summary>
    public static AttributeListView Admitted(ReadOnlySpan<byte> inode) =>
        AttributeListView.Admitted(inode[InodeAttributesView.FirstEntryOf(inode)..], 0);

    /// <summary>Finds the attribute whose value continues inline data.</summary>
    public static bool TryFindInlineData(AttributeListView list, out AttributeEntryView entry) =>
        list.TryFind(AttributeNamespace.System, "data"u8, out entry);

    /// <summary>Admits a list and the numbers of its value inodes.</summary>
    /// <param name="geometry">Says which value inodes exist.</param>
    /// <param name="bytes">What value offsets count from, up to the end of the room.</param>
    /// <param name="first">Offset of the first entry.</param>
    /// <param name="where">The location of <paramref name="bytes"/>.</param>
    public static AttributeListView Admit(
        VolumeGeometry geometry, ReadOnlySpan<byte> bytes, int first, scoped in DiskLocation where)
    {
        AttributeListView list = AttributeListView.Parse(bytes, first, where);
        int position = list.Start;
        int at = position;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            if (entry.ValueInode.Value != 0)
            {
                CheckValueInode(geometry, entry, where.At(at + AttributeEntryView.EValueInum));
            }

            at = position;
        }

        return list;
    }

    private static void CheckValueInode(VolumeGeometry geometry, in AttributeEntryView entry, in DiskLocation where)
    {
        ulong inode = entry.ValueInode.Value;
        if (!geometry.Has(IncompatibleFeatures.AttributeInodes))
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeWithoutFeature, where, inode, 0);
        }

        if (inode == RootInode || inode < geometry.FirstInode || inode > geometry.InodesCount)
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeOutOfRange, where, inode, geometry.InodesCount);
        }

        if (entry.ValueSize == 0)
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeForEmptyValue, where, inode, 0);
        }
    }
}
