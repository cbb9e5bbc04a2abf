using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Fuse4fs.Protocol;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>One field of a structure.</summary>
/// <param name="Name">The format's own name, as in <c>s_magic</c>.</param>
/// <param name="Offset">Bytes from the structure's start.</param>
/// <param name="Size">Bytes, up to the next field.</param>
/// <param name="IsBigEndian">The journal's byte order.</param>
public readonly record struct DiskField(string Name, int Offset, int Size, bool IsBigEndian);

/// <summary>The fields of one view, found by their offset constants.</summary>
public sealed class StructureShape
{
    private StructureShape(string name, DiskField[] fields)
    {
        Name = name;
        Fields = fields;
    }

    /// <summary>The view's name without the word "View".</summary>
    public string Name { get; }

    /// <summary>Every field, by offset.</summary>
    public IReadOnlyList<DiskField> Fields { get; }

    /// <summary>Reads the constants of a view.</summary>
    internal static StructureShape Of([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] Type view) =>
        Of(view, constant => constant.GetCustomAttribute<DiskFieldsAttribute>() is { } mark ? (mark.End, mark.IsBigEndian) : null);

    /// <summary>Reads the constants of a packet's view.</summary>
    internal static StructureShape OfPacket([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] Type view) =>
        Of(view, constant => constant.GetCustomAttribute<PacketFieldsAttribute>() is { } mark ? (mark.End, true) : null);

    private static StructureShape Of(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] Type view, Func<FieldInfo, (int End, bool IsBigEndian)?> markOf)
    {
        List<(string Name, int Offset, int End, bool IsBigEndian)> found = [];
        foreach (FieldInfo constant in view.GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            if (markOf(constant) is { } mark)
            {
                found.Add((NameOf(constant), (int)constant.GetRawConstantValue()!, mark.End, mark.IsBigEndian));
            }
        }

        int[] ends = [.. found.Select(field => field.Offset).Append(found.Max(field => field.End)).Distinct().Order()];
        return new(
            view.Name.Replace("View", "", StringComparison.Ordinal),
            [.. found.OrderBy(field => field.Offset).Select(field => new DiskField(
                field.Name, field.Offset, ends.First(end => end > field.Offset) - field.Offset, field.IsBigEndian))]);
    }

    /// <summary>A row of numbers of 32 bits.</summary>
    internal static StructureShape OfWords(string name, int count) => new(
        name, [.. Enumerable.Range(0, count).Select(index => new DiskField($"word_{index}", index * sizeof(uint), sizeof(uint), false))]);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Views spell <c>s_log_block_size</c> as <c>SLogBlockSize</c>.</summary>
    private static string NameOf(FieldInfo constant)
    {
        StringBuilder name = new();
        foreach (char letter in constant.Name)
        {
            _ = char.IsUpper(letter) && name.Length > 0 ? name.Append('_') : name;
            name.Append(char.ToLowerInvariant(letter));
        }

        return name.ToString();
    }
}

/// <summary>The shapes of every structure: a new field of a view is known here by itself.</summary>
public static class FieldCatalogue
{
    /// <summary>The superblock.</summary>
    public static StructureShape Superblock { get; } = StructureShape.Of(typeof(SuperblockView));

    /// <summary>A group descriptor.</summary>
    public static StructureShape Descriptor { get; } = StructureShape.Of(typeof(GroupDescriptorView));

    /// <summary>The first 128 bytes of an inode.</summary>
    public static StructureShape Inode { get; } = StructureShape.Of(typeof(InodeView));

    /// <summary>The fields behind them.</summary>
    public static StructureShape InodeExtra { get; } = StructureShape.Of(typeof(InodeExtraView));

    /// <summary>The header of an extent node.</summary>
    public static StructureShape ExtentNode { get; } = StructureShape.Of(typeof(ExtentNodeView));

    /// <summary>An extent.</summary>
    public static StructureShape Extent { get; } = StructureShape.Of(typeof(ExtentView));

    /// <summary>A pointer to a node.</summary>
    public static StructureShape ExtentIndex { get; } = StructureShape.Of(typeof(ExtentIndexView));

    /// <summary>A directory entry.</summary>
    public static StructureShape DirectoryEntry { get; } = StructureShape.Of(typeof(DirectoryEntryView));

    /// <summary>The tail of a block of entries.</summary>
    public static StructureShape DirectoryTail { get; } = StructureShape.Of(typeof(DirectoryTailView));

    /// <summary>What the root of an index says of itself.</summary>
    public static StructureShape HtreeRoot { get; } = StructureShape.Of(typeof(HtreeRootView));

    /// <summary>An entry of an index.</summary>
    public static StructureShape HtreeEntries { get; } = StructureShape.Of(typeof(HtreeEntriesView));

    /// <summary>The tail of an index block.</summary>
    public static StructureShape HtreeTail { get; } = StructureShape.Of(typeof(HtreeTailView));

    /// <summary>An attribute.</summary>
    public static StructureShape AttributeEntry { get; } = StructureShape.Of(typeof(AttributeEntryView));

    /// <summary>The header of an attribute block.</summary>
    public static StructureShape AttributeBlock { get; } = StructureShape.Of(typeof(AttributeBlockView));

    /// <summary>An access control list: its header, and an entry behind it.</summary>
    public static StructureShape AccessControlList { get; } = StructureShape.Of(typeof(AccessControlListView));

    /// <summary>What every block of the journal starts with.</summary>
    public static StructureShape JournalHeader { get; } = StructureShape.Of(typeof(JournalHeaderView));

    /// <summary>The journal's superblock.</summary>
    public static StructureShape JournalSuperblock { get; } = StructureShape.Of(typeof(JournalSuperblockView));

    /// <summary>A tag of a descriptor block.</summary>
    public static StructureShape JournalTag { get; } = StructureShape.Of(typeof(JournalTagReader));

    /// <summary>A revoke block.</summary>
    public static StructureShape JournalRevoke { get; } = StructureShape.Of(typeof(JournalRevokeView));

    /// <summary>A commit block.</summary>
    public static StructureShape JournalCommit { get; } = StructureShape.Of(typeof(JournalCommitView));

    /// <summary>The header of a fast-commit record.</summary>
    public static StructureShape FastCommitRecord { get; } = StructureShape.Of(typeof(FastCommitRecordView));

    /// <summary>The value of a fast commit's head.</summary>
    public static StructureShape FastCommitHead { get; } = StructureShape.Of(typeof(FastCommitHeadView));

    /// <summary>The value of a fast commit's tail.</summary>
    public static StructureShape FastCommitTail { get; } = StructureShape.Of(typeof(FastCommitTailView));

    /// <summary>A range that a fast commit adds.</summary>
    public static StructureShape FastCommitAddRange { get; } = StructureShape.Of(typeof(FastCommitAddRangeView));

    /// <summary>A range that a fast commit deletes.</summary>
    public static StructureShape FastCommitDeleteRange { get; } = StructureShape.Of(typeof(FastCommitDeleteRangeView));

    /// <summary>A name that a fast commit changes.</summary>
    public static StructureShape FastCommitName { get; } = StructureShape.Of(typeof(FastCommitNameView));

    /// <summary>An inode that a fast commit replaces.</summary>
    public static StructureShape FastCommitInode { get; } = StructureShape.Of(typeof(FastCommitInodeView));

    /// <summary>The multiple-mount protection block.</summary>
    public static StructureShape MultipleMount { get; } = StructureShape.Of(typeof(MultipleMountView));

    /// <summary>The tail of an orphan file's block.</summary>
    public static StructureShape OrphanBlock { get; } = StructureShape.Of(typeof(OrphanBlockView));

    /// <summary>A descriptor of fs-verity.</summary>
    public static StructureShape VerityDescriptor { get; } = StructureShape.Of(typeof(VerityDescriptorView));

    /// <summary>The start of a quota file.</summary>
    public static StructureShape QuotaFile { get; } = StructureShape.Of(typeof(QuotaFileView));

    /// <summary>A record of a quota file.</summary>
    public static StructureShape QuotaRecord { get; } = StructureShape.Of(typeof(QuotaRecordView));

    /// <summary>The first pointers of a block of pointers, which no view describes.</summary>
    public static StructureShape BlockPointers { get; } = StructureShape.OfWords("BlockPointers", 16);

    /// <summary>The shapes of every view.</summary>
    public static IReadOnlyList<StructureShape> All { get; } =
    [
        Superblock, Descriptor, Inode, InodeExtra, ExtentNode, Extent, ExtentIndex, DirectoryEntry, DirectoryTail, HtreeRoot,
        HtreeEntries, HtreeTail, AttributeEntry, AttributeBlock, AccessControlList, JournalHeader, JournalSuperblock, JournalTag,
        JournalRevoke, JournalCommit, FastCommitRecord, FastCommitHead, FastCommitTail, FastCommitAddRange,
        FastCommitDeleteRange, FastCommitName, FastCommitInode, MultipleMount, OrphanBlock, VerityDescriptor,
        QuotaFile, QuotaRecord,
    ];
}
