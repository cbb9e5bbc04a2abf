namespace Ext4Core.Integrity;

/// <summary>The on-disk structure that a damage report speaks of.</summary>
public enum StructureKind : byte
{
    /// <summary>No structure: the volume as a whole.</summary>
    Volume,

    /// <summary>The primary superblock or a backup of it.</summary>
    Superblock,

    /// <summary>A group descriptor.</summary>
    GroupDescriptor,

    /// <summary>A block (cluster) bitmap.</summary>
    BlockBitmap,

    /// <summary>An inode bitmap.</summary>
    InodeBitmap,

    /// <summary>An inode in its table.</summary>
    Inode,

    /// <summary>A node of an extent tree: the root in the inode, or a block.</summary>
    ExtentNode,

    /// <summary>A block of block pointers, or the pointers in the inode.</summary>
    IndirectBlock,

    /// <summary>Data kept inside the inode.</summary>
    InlineData,

    /// <summary>A block of linear directory entries.</summary>
    DirectoryBlock,

    /// <summary>An htree root or index block.</summary>
    HtreeNode,

    /// <summary>Attributes in the space behind the inode's fields.</summary>
    InodeAttributes,

    /// <summary>An attribute block.</summary>
    AttributeBlock,

    /// <summary>An inode that holds one attribute value.</summary>
    AttributeInode,

    /// <summary>A POSIX access control list.</summary>
    AccessControlList,

    /// <summary>The journal's superblock.</summary>
    JournalSuperblock,

    /// <summary>A block of the journal: descriptor, commit or revoke.</summary>
    JournalBlock,

    /// <summary>A block of the fast-commit area.</summary>
    FastCommitBlock,

    /// <summary>A block of the orphan file.</summary>
    OrphanFile,

    /// <summary>The multiple-mount protection block.</summary>
    MultipleMountProtection,

    /// <summary>A fs-verity descriptor.</summary>
    VerityDescriptor,

    /// <summary>A block of a fs-verity Merkle tree.</summary>
    VerityTree,

    /// <summary>A symbolic link's target.</summary>
    SymbolicLink,

    /// <summary>The contents of a regular file.</summary>
    FileData,

    /// <summary>A file that counts what each owner takes up.</summary>
    QuotaFile,
}
