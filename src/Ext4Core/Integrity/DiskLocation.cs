namespace Ext4Core.Integrity;

/// <summary>Where on the volume something was found.</summary>
/// <param name="Structure">The structure that holds it.</param>
/// <param name="Block">The file system block that the structure starts in.</param>
/// <param name="Offset">Bytes from the start of that block.</param>
/// <param name="Inode">The inode that owns the structure; 0 where none does.</param>
public readonly record struct DiskLocation(StructureKind Structure, ulong Block, int Offset, uint Inode = 0)
{
    /// <summary>A field of the same structure, <paramref name="field"/> bytes further on.</summary>
    public DiskLocation At(int field) => this with { Offset = Offset + field };

    /// <inheritdoc/>
    public override string ToString() => Inode == 0
        ? $"{Structure}, block {Block}+0x{Offset:x3}"
        : $"{Structure} of inode {Inode}, block {Block}+0x{Offset:x3}";
}
