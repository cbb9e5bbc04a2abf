namespace Ext4Core.Layout;

/// <summary><c>s_feature_compat</c>: a volume with an unknown bit here is still fully usable.</summary>
[Flags]
public enum CompatibleFeatures : uint
{
    /// <summary>Preallocate directory blocks.</summary>
    DirectoryPreallocation = 0x1,

    /// <summary>"imagic inodes".</summary>
    ImagicInodes = 0x2,

    /// <summary>has_journal.</summary>
    HasJournal = 0x4,

    /// <summary>ext_attr.</summary>
    ExtendedAttributes = 0x8,

    /// <summary>resize_inode.</summary>
    ResizeInode = 0x10,

    /// <summary>dir_index.</summary>
    DirectoryIndex = 0x20,

    /// <summary>sparse_super2.</summary>
    SparseSuper2 = 0x200,

    /// <summary>fast_commit.</summary>
    FastCommit = 0x400,

    /// <summary>stable_inodes.</summary>
    StableInodes = 0x800,

    /// <summary>orphan_file.</summary>
    OrphanFile = 0x1000,
}

/// <summary><c>s_feature_incompat</c>: a volume with an unknown bit here must not be mounted.</summary>
[Flags]
public enum IncompatibleFeatures : uint
{
    /// <summary>compression: in no kernel.</summary>
    Compression = 0x1,

    /// <summary>filetype.</summary>
    FileType = 0x2,

    /// <summary>needs_recovery.</summary>
    NeedsRecovery = 0x4,

    /// <summary>journal_dev: an external journal, not a volume.</summary>
    JournalDevice = 0x8,

    /// <summary>meta_bg.</summary>
    MetaBlockGroups = 0x10,

    /// <summary>extent.</summary>
    Extents = 0x40,

    /// <summary>64bit.</summary>
    SixtyFourBit = 0x80,

    /// <summary>mmp.</summary>
    MultipleMountProtection = 0x100,

    /// <summary>flex_bg.</summary>
    FlexibleBlockGroups = 0x200,

    /// <summary>ea_inode.</summary>
    AttributeInodes = 0x400,

    /// <summary>dirdata: in no kernel.</summary>
    DirectoryData = 0x1000,

    /// <summary>metadata_csum_seed.</summary>
    ChecksumSeed = 0x2000,

    /// <summary>large_dir.</summary>
    LargeDirectories = 0x4000,

    /// <summary>inline_data.</summary>
    InlineData = 0x8000,

    /// <summary>encrypt.</summary>
    Encryption = 0x1_0000,

    /// <summary>casefold.</summary>
    CaseFolding = 0x2_0000,
}

/// <summary><c>s_feature_ro_compat</c>: a volume with an unknown bit here may be read, not written.</summary>
[Flags]
public enum ReadOnlyCompatibleFeatures : uint
{
    /// <summary>sparse_super.</summary>
    SparseSuper = 0x1,

    /// <summary>large_file.</summary>
    LargeFiles = 0x2,

    /// <summary>btree_dir: in no kernel.</summary>
    BtreeDirectories = 0x4,

    /// <summary>huge_file.</summary>
    HugeFiles = 0x8,

    /// <summary>uninit_bg, also called gdt_csum.</summary>
    DescriptorChecksum = 0x10,

    /// <summary>dir_nlink.</summary>
    DirectoryLinkCount = 0x20,

    /// <summary>extra_isize.</summary>
    ExtraInodeSize = 0x40,

    /// <summary>has_snapshot: in no kernel.</summary>
    HasSnapshot = 0x80,

    /// <summary>quota.</summary>
    Quota = 0x100,

    /// <summary>bigalloc.</summary>
    BigAllocation = 0x200,

    /// <summary>metadata_csum.</summary>
    MetadataChecksum = 0x400,

    /// <summary>replica: in no kernel.</summary>
    Replica = 0x800,

    /// <summary>read-only.</summary>
    ReadOnly = 0x1000,

    /// <summary>project.</summary>
    Project = 0x2000,

    /// <summary>shared_blocks.</summary>
    SharedBlocks = 0x4000,

    /// <summary>verity.</summary>
    Verity = 0x8000,

    /// <summary>orphan_present.</summary>
    OrphanPresent = 0x1_0000,
}
