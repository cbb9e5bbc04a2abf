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

    /// <summary>The checksum type is none that ext4 knows.</summary>
    ChecksumTypeUnknown = 116,

    /// <summary>The default hash version is none that ext4 knows.</summary>
    HashVersionUnknown = 118,

    /// <summary>The number of reserved descriptor blocks is impossible.</summary>
    SpareDescriptorBlocksOutOfRange = 119,

    /// <summary>The casefold encoding is none that ext4 knows.</summary>
    EncodingUnknown = 120,

    /// <summary>The first usable inode is one of the ten that are reserved on every volume.</summary>
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

    /// <summary>A block bitmap's checksum does not match.</summary>
    BlockBitmapChecksum = 220,

    /// <summary>An inode bitmap's checksum does not match.</summary>
    InodeBitmapChecksum = 221,

    /// <summary>A group counts other than its block bitmap's free clusters.</summary>
    FreeClustersMismatch = 222,

    /// <summary>A group counts other than its inode bitmap's free inodes.</summary>
    FreeInodesMismatch = 223,

    /// <summary>A group counts other than its directories in use.</summary>
    DirectoryCountMismatch = 224,

    /// <summary>A group counts inodes as never used that do not exist or are in use.</summary>
    UnusedInodesOutOfRange = 225,

    /// <summary>Bits of a bitmap that stand for nothing are clear.</summary>
    BitmapPadding = 226,

    /// <summary>A block is in use and marked free.</summary>
    BlockMarkedFree = 227,

    /// <summary>A block is marked in use and belongs to nothing.</summary>
    BlockMarkedUsed = 228,

    /// <summary>An inode is in use and marked free.</summary>
    InodeMarkedFree = 229,

    /// <summary>An inode is marked in use and is not.</summary>
    InodeMarkedUsed = 230,

    /// <summary>A group's flags say that bitmaps were never written, which only descriptor checksums allow.</summary>
    GroupFlagsContradict = 231,

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

    /// <summary>An encrypted name is shorter than any ciphertext.</summary>
    DirectoryCiphertextTooShort = 513,

    /// <summary>The tree's hash version is unknown, or not the one that its directory's flags need.</summary>
    HtreeHashVersionUnknown = 520,

    /// <summary>The tree's root carries a flag that nobody has defined.</summary>
    HtreeFlagsUnknown = 521,

    /// <summary>The tree has more levels than the volume's features allow.</summary>
    HtreeTooDeep = 522,

    /// <summary>An index block's room for entries is not what its block holds.</summary>
    HtreeLimitMismatch = 523,

    /// <summary>An index block has no entries, or more than it has room for.</summary>
    HtreeCountOutOfRange = 524,

    /// <summary>An index block leads back to a block above it, or one hash to more blocks than the directory has.</summary>
    HtreeCycle = 525,

    /// <summary>An index block leads to a block beyond the directory's end.</summary>
    HtreeBlockOutOfRange = 526,

    /// <summary>A block of entries stands where the tree needs an index block.</summary>
    HtreeNodeExpected = 527,

    /// <summary>An index block's first entries are not those of a root or an interior node, so its checksum cannot be found.</summary>
    HtreeLayoutUnknown = 528,

    /// <summary>An index block has no room for the checksum that metadata_csum needs.</summary>
    HtreeTailMissing = 529,

    /// <summary>The checksum of an index block does not match.</summary>
    HtreeChecksum = 530,

    /// <summary>An index block's hashes are not in order, or not between those that the block above says.</summary>
    HtreeOrder = 531,

    /// <summary>An index leads to a block that it has led to before.</summary>
    HtreeBlockTwice = 532,

    /// <summary>A directory has a block that its index does not lead to.</summary>
    HtreeBlockUnreferenced = 533,

    /// <summary>A name lies in another block of an indexed directory than its hash says.</summary>
    HtreeHashOutOfRange = 534,

    // 600: attributes, access control lists and inline data

    /// <summary>An attribute block's magic is wrong.</summary>
    AttributeMagic = 601,

    /// <summary>An attribute block claims another number of blocks than one.</summary>
    AttributeBlockCountMismatch = 602,

    /// <summary>An attribute block's checksum does not match.</summary>
    AttributeChecksum = 603,

    /// <summary>An attribute's name reaches past the end of the room for attributes.</summary>
    AttributeEntryOverflow = 604,

    /// <summary>An attribute's name ends before its length says.</summary>
    AttributeNameLengthMismatch = 605,

    /// <summary>An attribute's value claims more bytes than ext4 allows.</summary>
    AttributeValueTooLarge = 606,

    /// <summary>An attribute's value reaches past the end of the room for attributes.</summary>
    AttributeValueOutOfRange = 607,

    /// <summary>An attribute's value lies over the names.</summary>
    AttributeValueOverlapsNames = 608,

    /// <summary>An attribute names a value inode on a volume without the feature.</summary>
    AttributeInodeWithoutFeature = 609,

    /// <summary>An attribute's value inode is reserved, or beyond the last.</summary>
    AttributeInodeOutOfRange = 610,

    /// <summary>An attribute's value inode is the inode that has the attribute.</summary>
    AttributeInodeIsOwner = 611,

    /// <summary>An attribute's value inode is not marked as one.</summary>
    AttributeInodeFlagsContradict = 612,

    /// <summary>An attribute's value inode has attributes of its own.</summary>
    AttributeInodeHasAttributes = 613,

    /// <summary>An attribute's value inode has another size than the attribute says.</summary>
    AttributeInodeSizeMismatch = 614,

    /// <summary>An attribute's value inode has a hole.</summary>
    AttributeInodeHasHole = 615,

    /// <summary>An attribute's value does not match the checksum in its value inode.</summary>
    AttributeValueChecksum = 616,

    /// <summary>An attribute's hash does not follow from its name and its value inode's checksum.</summary>
    AttributeEntryChecksum = 617,

    /// <summary>An attribute names a value inode for an empty value.</summary>
    AttributeInodeForEmptyValue = 618,

    /// <summary>An access control list has another version than 1.</summary>
    AccessListVersionMismatch = 620,

    /// <summary>An access control list's entries do not fill it exactly.</summary>
    AccessListSize = 621,

    /// <summary>An entry of an access control list speaks of nobody known.</summary>
    AccessListTagUnknown = 622,

    /// <summary>The rest of inline data is in a value inode.</summary>
    InlineDataInAttributeInode = 630,

    // 700: journal

    /// <summary>The journal's first block carries no journal magic.</summary>
    JournalSuperblockMagic = 701,

    /// <summary>The journal's first block is no superblock of a known version.</summary>
    JournalSuperblockTypeUnknown = 702,

    /// <summary>The journal superblock's checksum does not match.</summary>
    JournalSuperblockChecksum = 703,

    /// <summary>The journal's block size is not the volume's.</summary>
    JournalBlockSizeMismatch = 704,

    /// <summary>The journal is longer than the file that holds it, or shorter than a log may be.</summary>
    JournalLengthOutOfRange = 705,

    /// <summary>The log's first block lies outside the journal.</summary>
    JournalFirstOutOfRange = 706,

    /// <summary>The journal's checksum type is none that the format knows.</summary>
    JournalChecksumTypeUnknown = 707,

    /// <summary>Two checksum versions are set that exclude each other.</summary>
    JournalFeaturesContradict = 708,

    /// <summary>The log goes on at a block outside the journal.</summary>
    JournalPositionOutOfRange = 709,

    /// <summary>A block of the journal has no place on the device: a hole in its file.</summary>
    JournalBlockMissing = 710,

    /// <summary>A descriptor or revoke block's checksum does not match, in a transaction that was committed.</summary>
    JournalBlockChecksum = 711,

    /// <summary>A commit block's checksum does not match, and it was not written ahead of its transaction.</summary>
    JournalCommitChecksum = 712,

    /// <summary>A logged block's checksum does not match its tag.</summary>
    JournalDataChecksum = 713,

    /// <summary>A revoke block claims more entries than it has room for.</summary>
    JournalRevokeCountOutOfRange = 714,

    /// <summary>A logged block belongs to a place behind the end of the volume's device.</summary>
    JournalHomeOutOfRange = 715,

    /// <summary>The log has no end: a walk passed more blocks than the journal has.</summary>
    JournalEndless = 716,

    /// <summary>The log replaces more blocks than may be overlaid.</summary>
    JournalBlocksTooMany = 717,

    /// <summary>The log revokes more blocks than may be remembered.</summary>
    JournalRevokesTooMany = 718,

    /// <summary>The journal lies in more pieces than may be remembered.</summary>
    JournalFragmented = 719,

    /// <summary>The journal's inode is no regular file in use, or is encrypted.</summary>
    JournalInodeImpossible = 720,

    /// <summary>The volume names both a journal inode and a journal device.</summary>
    JournalPlacesContradict = 721,

    /// <summary>The journal device carries no ext4 superblock.</summary>
    JournalDeviceMagic = 722,

    /// <summary>The device given as the journal is not a journal device.</summary>
    JournalDeviceFeatureMismatch = 723,

    /// <summary>The journal device's superblock checksum does not match.</summary>
    JournalDeviceChecksum = 724,

    /// <summary>The journal device is another one than the volume asks for; the report shows the first half of each UUID.</summary>
    JournalDeviceIdentityMismatch = 725,

    /// <summary>The journal device serves more volumes than one, or none.</summary>
    JournalUsersMismatch = 726,

    /// <summary>A record of the fast-commit area has an unknown tag or a length that its tag cannot have.</summary>
    FastCommitRecordImpossible = 731,

    /// <summary>The first fast commit's checksum does not match, or it belongs to another transaction.</summary>
    FastCommitChecksum = 732,

    /// <summary>The fast commits do not end before the journal does.</summary>
    FastCommitAreaOverrun = 733,

    /// <summary>There are more records in the fast-commit area than may be remembered.</summary>
    FastCommitRecordsTooMany = 734,

    /// <summary>What the fast commits change takes more memory than it may.</summary>
    FastCommitsTooLarge = 735,

    /// <summary>A fast commit gives a name to an inode that is not in use.</summary>
    FastCommitInodeMissing = 736,

    /// <summary>A fast commit gives a name to something that is no directory.</summary>
    FastCommitParentImpossible = 737,

    // 800: multiple-mount protection and the orphan file

    /// <summary>The multiple-mount protection block's magic is wrong.</summary>
    MultipleMountMagic = 801,

    /// <summary>The multiple-mount protection block's checksum does not match.</summary>
    MultipleMountChecksum = 802,

    /// <summary>An orphan file block's magic is wrong.</summary>
    OrphanBlockMagic = 811,

    /// <summary>An orphan file block's checksum does not match.</summary>
    OrphanBlockChecksum = 812,

    /// <summary>The orphan file is no regular file of whole blocks.</summary>
    OrphanFileSizeImpossible = 813,

    /// <summary>The orphan file has a hole.</summary>
    OrphanFileHasHole = 814,

    /// <summary>The list of orphans is longer than there are inodes: it runs in a circle.</summary>
    OrphanListOverflow = 815,

    // 900: fs-verity

    /// <summary>A fs-verity file has no extent tree to find its descriptor by.</summary>
    VerityWithoutExtents = 901,

    /// <summary>No fs-verity descriptor lies where the file's last block says.</summary>
    VerityDescriptorOutOfRange = 902,

    /// <summary>A fs-verity descriptor is smaller than version 1 is, or larger than any can be.</summary>
    VerityDescriptorSize = 903,

    /// <summary>A fs-verity descriptor has another version than 1.</summary>
    VerityVersionMismatch = 904,

    /// <summary>A fs-verity descriptor's reserved bytes are not zero.</summary>
    VerityPaddingMismatch = 905,

    /// <summary>A fs-verity descriptor's salt is longer than its field.</summary>
    VeritySaltSize = 906,

    /// <summary>A fs-verity descriptor is for a file of another size.</summary>
    VerityFileSizeMismatch = 907,

    /// <summary>A fs-verity descriptor's signature does not fit into it.</summary>
    VeritySignatureSize = 908,

    /// <summary>A fs-verity descriptor names a hash that is not spoken here: SHA-256 and SHA-512 are.</summary>
    VerityAlgorithmUnknown = 909,

    /// <summary>A Merkle tree's block size is below 1 KiB, above the volume's, or too small for its hash.</summary>
    VerityBlockSizeOutOfRange = 910,

    /// <summary>A Merkle tree would need more than eight levels.</summary>
    VerityLevelsOverflow = 911,

    // 820: what must agree across the volume

    /// <summary>A backup of the superblock speaks of another volume or of another geometry.</summary>
    BackupSuperblockMismatch = 820,

    /// <summary>A block belongs to two owners.</summary>
    BlockClaimedTwice = 823,

    /// <summary>An inode counts other than its blocks.</summary>
    InodeBlocksMismatch = 824,

    /// <summary>An inode's size does not cover its blocks, or covers more than a directory has.</summary>
    InodeSizeMismatch = 825,

    /// <summary>An inode counts other than its names.</summary>
    LinkCountMismatch = 826,

    /// <summary>An inode in use has no name that the root leads to.</summary>
    InodeUnreachable = 827,

    /// <summary>A name stands for an inode that is not in use.</summary>
    EntryInodeUnused = 828,

    /// <summary>A name tells another file type than its inode.</summary>
    EntryTypeMismatch = 829,

    /// <summary>A directory's first name is not '.', or stands for another inode.</summary>
    DirectoryDotMismatch = 830,

    /// <summary>A directory's '..' does not stand for the directory that names it.</summary>
    DirectoryParentMismatch = 831,

    /// <summary>A directory has a second name.</summary>
    DirectoryNamedTwice = 832,

    /// <summary>A directory holds the same name twice.</summary>
    DirectoryNameTwice = 833,

    /// <summary>An inode in use carries a deletion time, or a deleted one carries none, or the number of another orphan.</summary>
    InodeDeletionTime = 835,

    /// <summary>An inode that the superblock names is not what it has to be.</summary>
    SpecialInodeWrong = 836,

    /// <summary>A device, pipe or socket has contents.</summary>
    SpecialFileHasBlocks = 837,

    /// <summary>An attribute block or value inode counts other than its users.</summary>
    AttributeReferencesMismatch = 838,

    /// <summary>The resize inode does not hold the room for descriptors as it has to.</summary>
    ResizeInodeMismatch = 839,

    /// <summary>An inode has an attribute block on a volume without the ext_attr feature.</summary>
    AttributeBlockWithoutFeature = 842,

    // 850: quota files

    /// <summary>A quota file's magic is wrong, or that of another kind of owners.</summary>
    QuotaFileMagic = 850,

    /// <summary>A quota file has another version than 1.</summary>
    QuotaVersionMismatch = 851,

    /// <summary>A quota file's tree leads out of the file, into a hole, to a block twice, or to a record that is not there.</summary>
    QuotaTreeImpossible = 852,

    /// <summary>A quota file counts other than the bytes that an owner takes up.</summary>
    QuotaSpaceMismatch = 853,

    /// <summary>A quota file counts other than the inodes that an owner has.</summary>
    QuotaInodesMismatch = 854,

    /// <summary>A quota file has no record of an owner of inodes.</summary>
    QuotaRecordMissing = 855,
}
