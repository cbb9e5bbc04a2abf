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
        Examine(geometry, inode, where, out list, out bool isPresent).ThrowIfAny();
        return isPresent;
    }

    /// <summary>The same without a throw: looks for damage in the list of an inode, if it has one.</summary>
    public static Damage Examine(
        VolumeGeometry geometry, ReadOnlySpan<byte> inode, scoped in DiskLocation where, out AttributeListView list,
        out bool isPresent)
    {
        int first = InodeAttributesView.FirstEntryOf(inode);
        isPresent = first != 0;
        list = default;
        if (!isPresent)
        {
            return default;
        }

        DiskLocation here = where.At(first) with { Structure = StructureKind.InodeAttributes };
        Damage damage = Examine(geometry, inode[first..], 0, here, out list);
        return damage.IsNone && TryFindInlineData(list, out AttributeEntryView entry) && entry.ValueInode.Value != 0
            ? new(CorruptionCode.InlineDataInAttributeInode, here, entry.ValueInode.Value, 0)
            : damage;
    }

    /// <summary>The list in an inode that was found before to have one, and whose block was not given back since.</summary>
    public static AttributeListView Admitted(ReadOnlySpan<byte> inode) =>
        AttributeListView.Admitted(inode[InodeAttributesView.FirstEntryOf(inode)..], 0);

    /// <summary>Finds the attribute whose value continues inline data.</summary>
    public static bool TryFindInlineData(AttributeListView list, out AttributeEntryView entry) =>
        list.TryFind(AttributeNamespace.System, "data"u8, out entry);

    /// <summary>Looks for damage in a list and in the numbers of its value inodes.</summary>
    /// <param name="geometry">Says which value inodes exist.</param>
    /// <param name="bytes">What value offsets count from, up to the end of the room.</param>
    /// <param name="first">Offset of the first entry.</param>
    /// <param name="where">The location of <paramref name="bytes"/>.</param>
    /// <param name="list">The list, which is admitted when there is no damage.</param>
    public static Damage Examine(
        VolumeGeometry geometry, ReadOnlySpan<byte> bytes, int first, scoped in DiskLocation where, out AttributeListView list)
    {
        if (!AttributeListView.TryParse(bytes, first, where, out list, out Damage damage))
        {
            return damage;
        }

        int position = list.Start;
        int at = position;
        while (damage.IsNone && list.TryRead(ref position, out AttributeEntryView entry))
        {
            if (entry.ValueInode.Value != 0)
            {
                damage = ExamineValueInode(geometry, entry, where.At(at + AttributeEntryView.EValueInum));
            }

            at = position;
        }

        return damage;
    }

    private static Damage ExamineValueInode(VolumeGeometry geometry, in AttributeEntryView entry, in DiskLocation where)
    {
        ulong inode = entry.ValueInode.Value;
        if (!geometry.Has(IncompatibleFeatures.AttributeInodes))
        {
            return new(CorruptionCode.AttributeInodeWithoutFeature, where, inode, 0);
        }

        if (inode == RootInode || inode < geometry.FirstInode || inode > geometry.InodesCount)
        {
            return new(CorruptionCode.AttributeInodeOutOfRange, where, inode, geometry.InodesCount);
        }

        return entry.ValueSize == 0 ? new(CorruptionCode.AttributeInodeForEmptyValue, where, inode, 0) : default;
    }
}
