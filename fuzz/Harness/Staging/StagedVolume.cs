using System.Numerics;
using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>A small volume that is made once, and on which each input lays the blocks and inodes that it is about.</summary>
/// <remarks>65,536 blocks in eight groups whose bitmaps and inode tables are packed together at the front. Behind them come
/// <see cref="PlaceCount"/> places that inputs may fill, from <see cref="FirstPlace"/> on; all other blocks are zeros. Inodes
/// have 256 bytes; <see cref="Subject"/> is the one that inputs are about. Its identity is all zeros.</remarks>
internal sealed class StagedVolume
{
    /// <summary>The block of place 0, whatever the block size.</summary>
    public const int FirstPlace = 64;
    public const int PlaceCount = 64;
    public const int BlocksCount = 1 << 16;
    public const int InodesCount = GroupCount * InodesPerGroup;
    public const uint FirstInode = 11;
    public const int InodeSize = 256;

    /// <summary>An inode that inputs are about, its generation, and one more for whatever the first refers to.</summary>
    public const int Subject = 12, Companion = 13;
    public const uint Generation = 0x0001_0203;

    private const int GroupCount = 8, BlocksPerGroup = BlocksCount / GroupCount, InodesPerGroup = 16;
    private const int FlexGroupBits = 3;
    private const byte Crc32CType = 1;

    private readonly int _firstDataBlock;
    private readonly int _inodeTables;
    private readonly int _tableBlocks;

    public StagedVolume(InputOptions options, FastCommitOverlay? fastCommits = null)
    {
        BlockSize = options.HasLargeBlocks ? 4096 : 1024;
        _firstDataBlock = options.HasLargeBlocks ? 0 : 1;
        _tableBlocks = InodesPerGroup * InodeSize / BlockSize;
        int descriptors = _firstDataBlock + 1;
        int bitmaps = descriptors + 1;
        _inodeTables = bitmaps + (2 * GroupCount);
        Device = new(BlockSize, FirstPlace + PlaceCount, BlocksCount + _firstDataBlock);
        WriteSuperblock(options);
        for (int group = 0; group < GroupCount; group++)
        {
            WriteDescriptor(descriptors, group, bitmaps, options.HasChecksums);
        }

        Device.Keep();
        Geometry = new(new SuperblockView(Superblock), new(SuperblockView.VolumeOffset), Device.Length, SuperblockWhere);
        Stack = new(Device, Geometry, 0, new(), fastCommits: fastCommits);
        Workspace = Stack.CreateWorkspace();
        Reset();
    }

    public int BlockSize { get; }

    public StagedDevice Device { get; }

    public VolumeGeometry Geometry { get; }

    public VolumeStack Stack { get; }

    public Workspace Workspace { get; }

    /// <summary>The seed of the subject's checksums.</summary>
    public uint SubjectSeed => Stack.Inodes.ChecksumSeed(new(Subject), Generation);

    /// <summary>The superblock's bytes, to read.</summary>
    public ReadOnlySpan<byte> Superblock => Device.Edit(SuperblockView.VolumeOffset / BlockSize)
        .Slice(SuperblockView.VolumeOffset % BlockSize, SuperblockView.Size);

    public static DiskLocation SuperblockWhere => new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset);

    /// <summary>The block of the volume that a place is.</summary>
    public static ulong BlockOf(int place) => FirstPlace + (ulong)place;

    /// <summary>Starts over: the volume is as it was made, nothing is in the cache, and the budget of work is full.</summary>
    public void Reset()
    {
        Device.Reset();
        Stack.Cache.Clear();
        Workspace.Begin();
    }

    /// <summary>Makes what the volume holds now the state that it starts over with.</summary>
    public void Keep()
    {
        Device.Keep();
        Reset();
    }

    /// <summary>Fills a place from its start, with zeros behind the input.</summary>
    public Span<byte> Lay(int place, ReadOnlySpan<byte> bytes)
    {
        Span<byte> block = Device.Edit(FirstPlace + (place % PlaceCount));
        bytes = bytes[..Math.Min(bytes.Length, block.Length)];
        bytes.CopyTo(block);
        block[bytes.Length..].Clear();
        return block;
    }

    /// <summary>What a place holds.</summary>
    public ReadOnlySpan<byte> Place(int place) => Device.Edit(FirstPlace + (place % PlaceCount));

    /// <summary>The bytes of an inode in its table.</summary>
    public Span<byte> EditInode(uint number)
    {
        int index = (int)((number - 1) % InodesPerGroup);
        int perBlock = BlockSize / InodeSize;
        int table = _inodeTables + ((int)((number - 1) / InodesPerGroup) * _tableBlocks);
        return Device.Edit(table + (index / perBlock)).Slice(index % perBlock * InodeSize, InodeSize);
    }

    /// <summary>Puts the checksum of an inode in its table right.</summary>
    public void SealInode(uint number)
    {
        Span<byte> inode = EditInode(number);
        InodeChecksum.Seal(inode, Stack.Inodes.ChecksumSeed(new(number), new InodeView(inode).Generation));
    }

    /// <summary>The subject as its table would give it, if it were there: for structures that are not in the inode itself.</summary>
    public Inode SubjectOf(FileType type, InodeFlags flags, ulong size, ReadOnlySpan<byte> blockMap)
    {
        Inode inode = new()
        {
            Number = new(Subject),
            TableBlock = (ulong)(_inodeTables + ((Subject - 1) / (uint)(BlockSize / InodeSize))),
            TableOffset = (int)((Subject - 1) % (uint)(BlockSize / InodeSize)) * InodeSize,
            Mode = (ushort)((int)type << 12),
            Flags = flags,
            LinkCount = 1,
            Generation = Generation,
            Size = size,
            ChecksumSeed = SubjectSeed,
        };
        inode.SetBlockMap(blockMap);
        return inode;
    }

    /// <summary>An extent root over places that follow each other.</summary>
    public static void PutExtents(Span<byte> root, uint firstFileBlock, int firstPlace, int count)
    {
        ExtentNodeWriter.Initialise(root, depth: 0);
        if (count > 0)
        {
            ExtentNodeWriter.AppendExtent(root, firstFileBlock, (uint)count, BlockOf(firstPlace), isUnwritten: false);
        }
    }

    private void WriteSuperblock(InputOptions options)
    {
        const IncompatibleFeatures Needed = IncompatibleFeatures.FileType | IncompatibleFeatures.Extents
            | IncompatibleFeatures.FlexibleBlockGroups | IncompatibleFeatures.SixtyFourBit;
        const IncompatibleFeatures Further = IncompatibleFeatures.AttributeInodes | IncompatibleFeatures.LargeDirectories
            | IncompatibleFeatures.InlineData | IncompatibleFeatures.Encryption | IncompatibleFeatures.CaseFolding;
        const ReadOnlyCompatibleFeatures FurtherReadOnly = ReadOnlyCompatibleFeatures.HugeFiles | ReadOnlyCompatibleFeatures.Project
            | ReadOnlyCompatibleFeatures.Verity | ReadOnlyCompatibleFeatures.ExtraInodeSize;
        uint log = (uint)BitOperations.Log2((uint)BlockSize) - 10;
        Span<byte> superblock = Device.Edit(SuperblockView.VolumeOffset / BlockSize)[(SuperblockView.VolumeOffset % BlockSize)..];
        Le.PutU32(superblock, SuperblockView.SInodesCount, InodesCount);
        SuperblockWriter.PutBlocksCount(superblock, BlocksCount + (uint)_firstDataBlock);
        Le.PutU32(superblock, SuperblockView.SFirstDataBlock, (uint)_firstDataBlock);
        Le.PutU32(superblock, SuperblockView.SLogBlockSize, log);
        Le.PutU32(superblock, SuperblockView.SLogClusterSize, log);
        Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, BlocksPerGroup);
        Le.PutU32(superblock, SuperblockView.SClustersPerGroup, BlocksPerGroup);
        Le.PutU32(superblock, SuperblockView.SInodesPerGroup, InodesPerGroup);
        Le.PutU16(superblock, SuperblockView.SMagic, SuperblockView.ExpectedMagic);
        Le.PutU16(superblock, SuperblockView.SState, (ushort)VolumeStates.Valid);
        Le.PutU32(superblock, SuperblockView.SRevLevel, 1);
        Le.PutU32(superblock, SuperblockView.SFirstIno, FirstInode);
        Le.PutU16(superblock, SuperblockView.SInodeSize, InodeSize);
        Le.PutU16(superblock, SuperblockView.SDescSize, GroupDescriptorView.LargeSize);
        superblock[SuperblockView.SLogGroupsPerFlex] = FlexGroupBits;
        superblock[SuperblockView.SChecksumType] = Crc32CType;
        superblock[SuperblockView.SDefHashVersion] = (byte)HashVersion.HalfMd4;
        Le.PutU16(superblock, SuperblockView.SEncoding, 1);
        Le.PutU32(superblock, SuperblockView.SFeatureCompat,
            (uint)(CompatibleFeatures.ExtendedAttributes | (options.IsPlain ? default : CompatibleFeatures.DirectoryIndex)));
        Le.PutU32(superblock, SuperblockView.SFeatureIncompat, (uint)(Needed | (options.IsPlain ? default : Further)));
        Le.PutU32(superblock, SuperblockView.SFeatureRoCompat, (uint)(
            ReadOnlyCompatibleFeatures.SparseSuper | ReadOnlyCompatibleFeatures.LargeFiles
            | (options.IsPlain ? default : FurtherReadOnly)
            | (options.HasChecksums ? ReadOnlyCompatibleFeatures.MetadataChecksum : default)));
        SuperblockWriter.Seal(superblock);
    }

    private void WriteDescriptor(int block, int group, int bitmaps, bool hasChecksums)
    {
        Span<byte> descriptor = Device.Edit(block).Slice(group * GroupDescriptorView.LargeSize, GroupDescriptorView.LargeSize);
        GroupDescriptorWriter.PutPlaces(
            descriptor, (ulong)(bitmaps + group), (ulong)(bitmaps + GroupCount + group),
            (ulong)(_inodeTables + (group * _tableBlocks)));
        if (hasChecksums)
        {
            uint seed = Crc32C.Append(Crc32C.Initial, stackalloc byte[16]);
            GroupDescriptorWriter.SealCrc32C(descriptor, seed, (uint)group);
        }
    }
}
