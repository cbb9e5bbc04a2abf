namespace Ext4Core.Integrity;

/// <summary>Every way in which a volume can be damaged. The hundreds name the folder; a number is never reused.</summary>
public enum CorruptionCode
{
    // 100: superblock and geometry

    /// <summary>No ext2/3/4 superblock here.</summary>
    SuperblockMagic = 101,

    /// <summary>The superblock's checksum does not match.</summary>
    SuperblockChecksum = 102,

    /// <summary>The block size is none that ext4 knows.</summary>
    BlockSizeOutOfRange = 103,

    /// <summary>The cluster size is smaller than the block size or too large.</summary>
    ClusterSizeOutOfRange = 104,

    /// <summary>The inode size is not a power of two between 128 and the block size.</summary>
    InodeSizeOutOfRange = 105,

    /// <summary>The descriptor size does not fit the 64bit feature.</summary>
    DescriptorSizeOutOfRange = 106,

    /// <summary>The number of blocks in a group is impossible.</summary>
    BlocksPerGroupOutOfRange = 107,

    /// <summary>The number of clusters in a group does not follow from its blocks.</summary>
    ClustersPerGroupMismatch = 108,

    /// <summary>The number of inodes in a group is impossible.</summary>
    InodesPerGroupOutOfRange = 109,

    /// <summary>The first data block lies outside the volume or does not follow from the block size.</summary>
    FirstDataBlockOutOfRange = 110,

    /// <summary>The number of blocks is impossible for this geometry or larger than the device.</summary>
    BlocksCountOutOfRange = 111,

    /// <summary>The number of inodes is not groups times inodes per group.</summary>
    InodesCountMismatch = 112,

    /// <summary>The first meta block group lies beyond the last descriptor block.</summary>
    FirstMetaGroupOutOfRange = 113,

    /// <summary>The revision level is none that ext4 knows.</summary>
    RevisionUnknown = 115,

    /// <summary>The checksum type is none that ext4 knows.</summary>
    ChecksumTypeUnknown = 116,

    /// <summary>Two features are set that exclude each other.</summary>
    FeaturesContradict = 117,

    /// <summary>The default hash version is none that ext4 knows.</summary>
    HashVersionUnknown = 118,

    /// <summary>The number of reserved descriptor blocks is impossible.</summary>
    SpareDescriptorBlocksOutOfRange = 119,

    /// <summary>The casefold encoding is none that ext4 knows.</summary>
    EncodingUnknown = 120,

    /// <summary>The first usable inode is below the reserved ones or beyond the last.</summary>
    FirstInodeOutOfRange = 121,

    /// <summary>A block number lies outside the volume or over its metadata.</summary>
    BlockOutOfRange = 122,

    /// <summary>An inode number lies outside the volume.</summary>
    InodeOutOfRange = 123,

    /// <summary>A request touched more blocks than its budget: a cycle or an explosion.</summary>
    WorkBudgetExceeded = 124,

    /// <summary>The superblock's error field for the volume's root: it is not a directory or not in use.</summary>
    RootNotDirectory = 125,

    // 200: groups and bitmaps

    /// <summary>A group descriptor's checksum does not match.</summary>
    GroupDescriptorChecksum = 201,

    /// <summary>A group's block bitmap lies outside the volume or the group.</summary>
    BlockBitmapOutOfRange = 202,

    /// <summary>A group's inode bitmap lies outside the volume or the group.</summary>
    InodeBitmapOutOfRange = 203,

    /// <summary>A group's inode table lies outside the volume or the group.</summary>
    InodeTableOutOfRange = 204,

    /// <summary>Bitmaps, inode tables, descriptors or the journal share a block.</summary>
    SystemZonesOverlap = 205,

    // 300: inodes

    /// <summary>An inode's checksum does not match.</summary>
    InodeChecksum = 301,

    /// <summary>An inode's extra size reaches past the inode or is not a multiple of four.</summary>
    InodeExtraSizeOutOfRange = 302,

    /// <summary>An inode that something refers to is not in use.</summary>
    InodeNotInUse = 303,

    /// <summary>An inode's size is impossible.</summary>
    InodeSizeImpossible = 304,

    /// <summary>An inode's mode names no file type.</summary>
    InodeTypeUnknown = 305,

    /// <summary>An inode's flags contradict each other or its type.</summary>
    InodeFlagsContradict = 306,

    /// <summary>A symbolic link in its inode is not as long as the inode's size says.</summary>
    LinkLengthMismatch = 307,

    /// <summary>A symbolic link is empty or longer than a block.</summary>
    LinkLengthOutOfRange = 308,

    // 400: extents and block maps

    /// <summary>An extent node's magic is wrong.</summary>
    ExtentMagic = 401,

    /// <summary>An extent node claims more entries than it has room for.</summary>
    ExtentEntriesOverflow = 402,

    /// <summary>An extent node's depth is not its parent's less one, or above five.</summary>
    ExtentDepth = 403,

    /// <summary>An extent node's room for entries is not what its block holds.</summary>
    ExtentMaximumEntries = 404,

    /// <summary>Entries of an extent node overlap or are out of order.</summary>
    ExtentOrder = 405,

    /// <summary>An extent covers no block, or more than the format allows.</summary>
    ExtentLength = 406,

    /// <summary>An extent block's checksum does not match.</summary>
    ExtentChecksum = 407,

    /// <summary>An interior extent node has no entries.</summary>
    ExtentNodeEmpty = 408,

    /// <summary>A node's first file block is not the one that its parent says.</summary>
    ExtentParentMismatch = 409,

    // 500: directories

    /// <summary>A directory entry is shorter than any entry can be.</summary>
    DirectoryEntryTooShort = 501,

    /// <summary>A directory entry's length is not a multiple of four.</summary>
    DirectoryEntryUnaligned = 502,

    /// <summary>A directory entry is too short for its name.</summary>
    DirectoryNameOverflow = 503,

    /// <summary>A directory entry reaches past its block.</summary>
    DirectoryEntryCrossesBlock = 504,

    /// <summary>A directory entry leaves too few bytes of its block for another.</summary>
    DirectoryEntryNearEnd = 505,

    /// <summary>The entry '.' is the last of its block, so there is no '..'.</summary>
    DirectoryDotLast = 506,

    /// <summary>A block of entries has no checksum tail where metadata_csum needs one.</summary>
    DirectoryTailMissing = 507,

    /// <summary>The checksum of a block of directory entries does not match.</summary>
    DirectoryChecksum = 508,

    /// <summary>A block that a directory cannot do without is a hole.</summary>
    DirectoryHole = 509,

    /// <summary>A directory entry's name is empty or contains a slash.</summary>
    DirectoryNameForbidden = 510,

    /// <summary>A directory entry refers to an inode that is reserved for the volume's own use.</summary>
    DirectoryEntryOfSystemInode = 511,

    /// <summary>A directory entry other than '.' refers to the directory itself.</summary>
    DirectoryEntryLoop = 512,
}
