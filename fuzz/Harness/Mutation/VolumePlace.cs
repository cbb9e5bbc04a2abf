using Ext4Core.Integrity;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>What a byte of a volume belongs to.</summary>
/// <param name="Kind">The structure; the volume itself for a byte of nothing that is known.</param>
/// <param name="Owner">The inode that the structure belongs to, or the group; 0 for neither.</param>
/// <param name="Block">The block that the structure stands in.</param>
/// <param name="Within">Bytes from that block's start.</param>
/// <param name="Field">The field, in ext4's words; empty for bytes outside of any.</param>
/// <param name="Start">The first byte of the field. Unit: bytes of the volume.</param>
/// <param name="End">The first byte behind it; for bytes outside of any field, where the next one starts.</param>
/// <param name="IsBigEndian">The field's order of bytes.</param>
internal readonly record struct VolumePlace(
    StructureKind Kind, uint Owner, ulong Block, long Within, string Field, long Start, long End, bool IsBigEndian)
{
    /// <summary>The block of the journal that holds a copy of the structure, where the byte is one of that copy.</summary>
    public ulong? LoggedIn { get; init; }

    /// <summary>The structure and its owner, without the place.</summary>
    public string Structure => Owner == 0 && !IsOfGroup ? $"{Kind}" : $"{Kind} of {(IsOfGroup ? "group" : "inode")} {Owner}";

    /// <summary>Whether the field holds a checksum.</summary>
    public bool IsChecksum => Field.Contains("checksum", StringComparison.Ordinal) || Field.Contains("csum", StringComparison.Ordinal)
        || Field.Contains("chksum", StringComparison.Ordinal);

    private bool IsOfGroup => Kind is StructureKind.GroupDescriptor or StructureKind.BlockBitmap or StructureKind.InodeBitmap
        || (Kind == StructureKind.Superblock && Owner != 0);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Structure}, block {Block}+0x{Within:x3}{(LoggedIn is { } copy ? $", logged in block {copy}" : "")}{(Field.Length > 0 ? $": {Field}" : "")}";
}
