using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>The superblock: what the volume says of itself.</summary>
/// <remarks><c>ext4_super_block</c>, 1024 bytes, little-endian, 1024 bytes into the volume.
/// Source: Linux, Documentation/filesystems/ext4/super.rst.</remarks>
internal readonly ref struct SuperblockView
{
    public const int Size = 1024;
    public const int VolumeOffset = 1024;
    public const ushort ExpectedMagic = 0xEF53;
    [DiskFields(Size)]
    public const int SInodesCount = 0x0, SBlocksCountLo = 0x4, SRBlocksCountLo = 0x8, SFreeBlocksCountLo = 0xC,
        SFreeInodesCount = 0x10, SFirstDataBlock = 0x14, SLogBlockSize = 0x18, SLogClusterSize = 0x1C,
        SBlocksPerGroup = 0x20, SClustersPerGroup = 0x24, SInodesPerGroup = 0x28, SMtime = 0x2C, SWtime = 0x30,
        SMntCount = 0x34, SMaxMntCount = 0x36, SMagic = 0x38, SState = 0x3A, SErrors = 0x3C, SMinorRevLevel = 0x3E,
        SLastcheck = 0x40, SCheckinterval = 0x44, SCreatorOs = 0x48, SRevLevel = 0x4C, SDefResuid = 0x50,
        SDefResgid = 0x52, SFirstIno = 0x54, SInodeSize = 0x58, SBlockGroupNr = 0x5A, SFeatureCompat = 0x5C,
        SFeatureIncompat = 0x60, SFeatureRoCompat = 0x64, SUuid = 0x68, SVolumeName = 0x78, SLastMounted = 0x88,
        SReservedGdtBlocks = 0xCE, SJournalUuid = 0xD0, SJournalInum = 0xE0, SJournalDev = 0xE4, SLastOrphan = 0xE8,
        SHashSeed = 0xEC, SDefHashVersion = 0xFC, SJnlBackupType = 0xFD, SDescSize = 0xFE, SDefaultMountOpts = 0x100,
        SFirstMetaBg = 0x104, SMkfsTime = 0x108, SJnlBlocks = 0x10C, SBlocksCountHi = 0x150, SRBlocksCountHi = 0x154,
        SFreeBlocksCountHi = 0x158, SMinExtraIsize = 0x15C, SWantExtraIsize = 0x15E, SFlags = 0x160,
        SRaidStride = 0x164, SMmpInterval = 0x166, SMmpBlock = 0x168, SRaidStripeWidth = 0x170, SLogGroupsPerFlex = 0x174,
        SChecksumType = 0x175, SKbytesWritten = 0x178, SErrorCount = 0x194, SFirstErrorTime = 0x198,
        SFirstErrorIno = 0x19C, SFirstErrorBlock = 0x1A0, SFirstErrorFunc = 0x1A8, SFirstErrorLine = 0x1C8,
        SLastErrorTime = 0x1CC, SLastErrorIno = 0x1D0, SLastErrorLine = 0x1D4, SLastErrorBlock = 0x1D8,
        SLastErrorFunc = 0x1E0, SMountOpts = 0x200, SUsrQuotaInum = 0x240, SGrpQuotaInum = 0x244,
        SOverheadClusters = 0x248, SBackupBgs = 0x24C, SEncryptAlgos = 0x254, SEncryptPwSalt = 0x258, SLpfIno = 0x268,
        SPrjQuotaInum = 0x26C, SChecksumSeed = 0x270, SWtimeHi = 0x274, SMtimeHi = 0x275, SMkfsTimeHi = 0x276,
        SLastcheckHi = 0x277, SFirstErrorTimeHi = 0x278, SLastErrorTimeHi = 0x279, SFirstErrorErrcode = 0x27A,
        SLastErrorErrcode = 0x27B, SEncoding = 0x27C, SEncodingFlags = 0x27E, SOrphanFileInum = 0x280,
        SChecksum = 0x3FC;

    private readonly ReadOnlySpan<byte> _bytes;

    public SuperblockView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>The bytes themselves, for checksums.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    public uint InodesCount => Le.U32(_bytes, SInodesCount);

    /// <summary>Blocks on the volume; the high half counts only with 64bit.</summary>
    public ulong BlocksCount => Wide(SBlocksCountHi, SBlocksCountLo);

    public ulong ReservedBlocksCount => Wide(SRBlocksCountHi, SRBlocksCountLo);

    public ulong FreeBlocksCount => Wide(SFreeBlocksCountHi, SFreeBlocksCountLo);

    public uint FreeInodesCount => Le.U32(_bytes, SFreeInodesCount);

    public uint FirstDataBlock => Le.U32(_bytes, SFirstDataBlock);

    /// <summary>Logarithm of the block size, less ten.</summary>
    public uint LogBlockSize => Le.U32(_bytes, SLogBlockSize);

    /// <summary>Logarithm of the cluster size, less ten; a relic of fragments without bigalloc.</summary>
    public uint LogClusterSize => Le.U32(_bytes, SLogClusterSize);

    public uint BlocksPerGroup => Le.U32(_bytes, SBlocksPerGroup);

    public uint ClustersPerGroup => Le.U32(_bytes, SClustersPerGroup);

    public uint InodesPerGroup => Le.U32(_bytes, SInodesPerGroup);

    /// <summary>Last mount. Unit: seconds since 1970.</summary>
    public long MountTime => Time(SMtimeHi, SMtime);

    /// <summary>Last write. Unit: seconds since 1970.</summary>
    public long WriteTime => Time(SWtimeHi, SWtime);

    public ushort MountCount => Le.U16(_bytes, SMntCount);

    public short MaximumMountCount => unchecked((short)Le.U16(_bytes, SMaxMntCount));

    public ushort Magic => Le.U16(_bytes, SMagic);

    public VolumeStates State => (VolumeStates)Le.U16(_bytes, SState);

    /// <summary>What to do on an error: 1 continue, 2 remount read-only, 3 panic.</summary>
    public ushort ErrorsBehaviour => Le.U16(_bytes, SErrors);

    public ushort MinorRevision => Le.U16(_bytes, SMinorRevLevel);

    public long LastCheckTime => Time(SLastcheckHi, SLastcheck);

    public uint CheckIntervalSeconds => Le.U32(_bytes, SCheckinterval);

    public uint CreatorOs => Le.U32(_bytes, SCreatorOs);

    public uint Revision => Le.U32(_bytes, SRevLevel);

    public ushort ReservedUserId => Le.U16(_bytes, SDefResuid);

    public ushort ReservedGroupId => Le.U16(_bytes, SDefResgid);

    /// <summary>First inode that is not reserved; 11 on revision 0.</summary>
    public uint FirstInode => Revision == 0 ? 11 : Le.U32(_bytes, SFirstIno);

    /// <summary>Bytes in an inode; 128 on revision 0.</summary>
    public ushort InodeSize => Revision == 0 ? (ushort)128 : Le.U16(_bytes, SInodeSize);

    /// <summary>The group that this copy lies in.</summary>
    public ushort BlockGroupNumber => Le.U16(_bytes, SBlockGroupNr);

    public CompatibleFeatures Compatible => (CompatibleFeatures)Le.U32(_bytes, SFeatureCompat);

    public IncompatibleFeatures Incompatible => (IncompatibleFeatures)Le.U32(_bytes, SFeatureIncompat);

    public ReadOnlyCompatibleFeatures ReadOnlyCompatible => (ReadOnlyCompatibleFeatures)Le.U32(_bytes, SFeatureRoCompat);

    public ReadOnlySpan<byte> Uuid => _bytes.Slice(SUuid, 16);

    /// <summary>The label, without the padding.</summary>
    public ReadOnlySpan<byte> VolumeName => Text(SVolumeName, 16);

    public ReadOnlySpan<byte> LastMounted => Text(SLastMounted, 64);

    public ushort ReservedDescriptorBlocks => Le.U16(_bytes, SReservedGdtBlocks);

    public ReadOnlySpan<byte> JournalUuid => _bytes.Slice(SJournalUuid, 16);

    public ClaimedInode JournalInode => new(Le.U32(_bytes, SJournalInum));

    public uint JournalDevice => Le.U32(_bytes, SJournalDev);

    /// <summary>Head of the list of orphaned inodes; 0 for none.</summary>
    public ClaimedInode LastOrphan => new(Le.U32(_bytes, SLastOrphan));

    /// <summary>One of the four words that seed directory hashes.</summary>
    public uint HashSeed(int index) => Le.U32(_bytes.Slice(SHashSeed, 16), index * 4);

    public byte DefaultHashVersion => _bytes[SDefHashVersion];

    /// <summary>1 when <see cref="JournalBackup"/> holds the journal inode's map.</summary>
    public byte JournalBackupType => _bytes[SJnlBackupType];

    public ushort DescriptorSize => Le.U16(_bytes, SDescSize);

    public uint DefaultMountOptions => Le.U32(_bytes, SDefaultMountOpts);

    public uint FirstMetaBlockGroup => Le.U32(_bytes, SFirstMetaBg);

    public long CreationTime => Time(SMkfsTimeHi, SMkfsTime);

    /// <summary>Copy of the journal inode's i_block (60 bytes), size high, size low.</summary>
    public ReadOnlySpan<byte> JournalBackup => _bytes.Slice(SJnlBlocks, 68);

    public ushort MinimumExtraSize => Le.U16(_bytes, SMinExtraIsize);

    public ushort WantedExtraSize => Le.U16(_bytes, SWantExtraIsize);

    public VolumeFlags Flags => (VolumeFlags)Le.U32(_bytes, SFlags);

    public ushort MultipleMountInterval => Le.U16(_bytes, SMmpInterval);

    public ClaimedBlock MultipleMountBlock => new(Le.U64(_bytes, SMmpBlock));

    public byte LogGroupsPerFlex => _bytes[SLogGroupsPerFlex];

    public byte ChecksumType => _bytes[SChecksumType];

    public ulong KilobytesWritten => Le.U64(_bytes, SKbytesWritten);

    public uint ErrorCount => Le.U32(_bytes, SErrorCount);

    public long FirstErrorTime => Time(SFirstErrorTimeHi, SFirstErrorTime);

    public uint FirstErrorInode => Le.U32(_bytes, SFirstErrorIno);

    public ulong FirstErrorBlock => Le.U64(_bytes, SFirstErrorBlock);

    public ReadOnlySpan<byte> FirstErrorFunction => Text(SFirstErrorFunc, 32);

    public long LastErrorTime => Time(SLastErrorTimeHi, SLastErrorTime);

    public ReadOnlySpan<byte> MountOptions => Text(SMountOpts, 64);

    public ClaimedInode UserQuotaInode => new(Le.U32(_bytes, SUsrQuotaInum));

    public ClaimedInode GroupQuotaInode => new(Le.U32(_bytes, SGrpQuotaInum));

    public ClaimedInode ProjectQuotaInode => new(Le.U32(_bytes, SPrjQuotaInum));

    /// <summary>Clusters of metadata overhead as mkfs counted them; 0 when unknown.</summary>
    public uint OverheadClusters => Le.U32(_bytes, SOverheadClusters);

    /// <summary>Groups with backups under sparse_super2: two of them.</summary>
    public uint BackupGroup(int index) => Le.U32(_bytes.Slice(SBackupBgs, 8), index * 4);

    public ClaimedInode LostAndFoundInode => new(Le.U32(_bytes, SLpfIno));

    /// <summary>Seed of all metadata checksums under metadata_csum_seed.</summary>
    public uint ChecksumSeed => Le.U32(_bytes, SChecksumSeed);

    public ushort Encoding => Le.U16(_bytes, SEncoding);

    public ushort EncodingFlags => Le.U16(_bytes, SEncodingFlags);

    public ClaimedInode OrphanFileInode => new(Le.U32(_bytes, SOrphanFileInum));

    public uint Checksum => Le.U32(_bytes, SChecksum);

    /// <summary>The checksum that the bytes should carry.</summary>
    public uint ComputeChecksum() => Crc32C.Append(Crc32C.Initial, _bytes[..SChecksum]);

    private ulong Wide(int high, int low) => Incompatible.HasFlag(IncompatibleFeatures.SixtyFourBit)
        ? Le.Join(Le.U32(_bytes, high), Le.U32(_bytes, low))
        : Le.U32(_bytes, low);

    private long Time(int high, int low) => (long)Le.Join(_bytes[high], Le.U32(_bytes, low));

    private ReadOnlySpan<byte> Text(int offset, int length)
    {
        ReadOnlySpan<byte> field = _bytes.Slice(offset, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }
}

/// <summary><c>s_state</c>.</summary>
[Flags]
public enum VolumeStates : ushort
{
    /// <summary>Cleanly unmounted.</summary>
    Valid = 1,

    /// <summary>Errors were detected.</summary>
    Errors = 2,

    /// <summary>Orphans are being recovered.</summary>
    Orphans = 4,

    /// <summary>Fast commits are being replayed.</summary>
    FastCommitReplay = 0x20,
}

/// <summary><c>s_flags</c>.</summary>
[Flags]
public enum VolumeFlags : uint
{
    /// <summary>Directory hashes treat characters as signed.</summary>
    SignedHash = 1,

    /// <summary>Directory hashes treat characters as unsigned.</summary>
    UnsignedHash = 2,

    /// <summary>A test volume of a development kernel.</summary>
    TestFilesystem = 4,
}

/// <summary>Writes superblock fields and seals the checksum.</summary>
internal static class SuperblockWriter
{
    /// <summary>Blocks on the volume: <c>s_blocks_count_hi</c>, <c>s_blocks_count_lo</c>.</summary>
    public static void PutBlocksCount(Span<byte> superblock, ulong blocks) =>
        PutWide(superblock, SuperblockView.SBlocksCountHi, SuperblockView.SBlocksCountLo, blocks);

    /// <summary>Blocks not in use: <c>s_free_blocks_count_hi</c>, <c>s_free_blocks_count_lo</c>.</summary>
    public static void PutFreeBlocksCount(Span<byte> superblock, ulong blocks) =>
        PutWide(superblock, SuperblockView.SFreeBlocksCountHi, SuperblockView.SFreeBlocksCountLo, blocks);

    /// <summary>Puts the checksum right over 1024 bytes.</summary>
    public static void Seal(Span<byte> superblock) => Le.PutU32(
        superblock, SuperblockView.SChecksum, new SuperblockView(superblock).ComputeChecksum());

    private static void PutWide(Span<byte> superblock, int high, int low, ulong value)
    {
        Le.PutU32(superblock, high, (uint)(value >> 32));
        Le.PutU32(superblock, low, unchecked((uint)value));
    }
}
