using Ext4Core;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace TestSupport;

/// <summary>A volume of one group in memory, built by hand: for tests that say exactly what an inode looks like.</summary>
/// <remarks>An empty root directory; ordinary inodes from <see cref="FirstInode"/> on. Checksums are put right when it
/// is mounted, except for what <see cref="BreakInodeChecksum"/> names.</remarks>
public sealed class TinyVolume
{
    public const uint FirstInode = 11;

    /// <summary>The mode of a directory that everyone may read.</summary>
    public const ushort DirectoryMode = 0x41ED;

    private const ushort RegularMode = 0x81A4;
    private const uint Root = 2;
    private const int BlocksCount = 512;

    private readonly byte[] _bytes;
    private readonly int _inodeSize;
    private readonly uint _inodesCount;
    private readonly bool _hasChecksums;
    private readonly uint _inodeTable;
    private readonly HashSet<uint> _broken = [];
    private uint _nextBlock;

    public TinyVolume(
        int blockSize = 1024,
        int inodeSize = 256,
        IncompatibleFeatures features = default,
        ReadOnlyCompatibleFeatures readOnlyFeatures = default,
        bool hasChecksums = true)
    {
        BlockSize = blockSize;
        _inodeSize = inodeSize;
        _hasChecksums = hasChecksums;
        _bytes = new byte[BlocksCount * blockSize];
        _inodesCount = (uint)Math.Max(32, blockSize / inodeSize);
        uint descriptors = blockSize == 1024 ? 2u : 1u;
        _inodeTable = descriptors + 3;
        _nextBlock = _inodeTable + (uint)((_inodesCount * inodeSize) + blockSize - 1) / (uint)blockSize;
        WriteSuperblock(features, readOnlyFeatures);
        Span<byte> group = Block(descriptors);
        Le.PutU32(group, GroupDescriptorView.BgBlockBitmapLo, descriptors + 1);
        Le.PutU32(group, GroupDescriptorView.BgInodeBitmapLo, descriptors + 2);
        Le.PutU32(group, GroupDescriptorView.BgInodeTableLo, _inodeTable);
        uint block = AddFile(Root, new byte[blockSize]);
        Le.PutU16(Inode(Root), InodeView.IMode, DirectoryMode);
        MakeEmptyDirectory(Block(block), Root);
    }

    public int BlockSize { get; }

    /// <summary>The seed of the volume's checksums: its UUID is all zeros.</summary>
    public uint ChecksumSeed { get; } = Crc32C.Append(Crc32C.Initial, new byte[16]);

    /// <summary>All bytes of the volume.</summary>
    public byte[] Bytes => _bytes;

    /// <summary>The superblock's bytes.</summary>
    public Span<byte> Superblock => _bytes.AsSpan(SuperblockView.VolumeOffset, SuperblockView.Size);

    /// <summary>The seed of the checksums of what belongs to an inode.</summary>
    public uint SeedOf(uint number) =>
        Crc32C.Append(Crc32C.Append(ChecksumSeed, number), Le.U32(Inode(number), InodeView.IGeneration));

    /// <summary>The bytes of one inode.</summary>
    public Span<byte> Inode(uint number) =>
        _bytes.AsSpan((int)(_inodeTable * (uint)BlockSize) + ((int)(number - 1) * _inodeSize), _inodeSize);

    /// <summary>The bytes of one block.</summary>
    public Span<byte> Block(ulong number) => _bytes.AsSpan((int)number * BlockSize, BlockSize);

    /// <summary>Takes blocks that nothing uses yet.</summary>
    public uint Allocate(int count)
    {
        uint first = _nextBlock;
        _nextBlock += (uint)count;
        return first;
    }

    /// <summary>Makes a regular file with an extent tree over consecutive blocks.</summary>
    /// <returns>Its first block; 0 for an empty file.</returns>
    public uint AddFile(uint number, ReadOnlySpan<byte> contents)
    {
        int count = (contents.Length + BlockSize - 1) / BlockSize;
        uint first = count == 0 ? 0 : Allocate(count);
        contents.CopyTo(_bytes.AsSpan((int)first * BlockSize));
        Span<byte> inode = AddInode(number, (ulong)contents.Length, InodeFlags.Extents);
        Le.PutU32(inode, InodeView.IBlocksLo, (uint)(count * BlockSize / 512));
        WriteExtents(inode, [(0u, first, (ushort)count)]);
        return first;
    }

    /// <summary>Makes a regular file whose contents are inside the inode, continued by an attribute.</summary>
    public void AddInlineFile(uint number, ReadOnlySpan<byte> contents)
    {
        Span<byte> inode = AddInode(number, (ulong)contents.Length, InodeFlags.InlineData);
        int head = Math.Min(contents.Length, InodeView.BlockMapSize);
        contents[..head].CopyTo(inode[InodeView.IBlock..]);
        AttributeListWriter writer = new(AddAttributeRoom(number), 0);
        if (!writer.TryAdd(AttributeNamespace.System, "data"u8, contents[head..], 0))
        {
            throw new ArgumentException("The contents do not fit into the inode.", nameof(contents));
        }
    }

    /// <summary>Makes a regular file without contents or map.</summary>
    public Span<byte> AddInode(uint number, ulong size, InodeFlags flags)
    {
        const int ExtraSize = 32;
        Span<byte> inode = Inode(number);
        inode.Clear();
        Le.PutU16(inode, InodeView.IMode, RegularMode);
        Le.PutU16(inode, InodeView.ILinksCount, 1);
        Le.PutU32(inode, InodeView.IGeneration, number * 3);
        Le.PutU32(inode, InodeView.ISizeLo, (uint)(size & uint.MaxValue));
        Le.PutU32(inode, InodeView.ISizeHigh, (uint)(size >> 32));
        Le.PutU32(inode, InodeView.IFlags, (uint)flags);
        if (_inodeSize > InodeView.Size)
        {
            Le.PutU16(inode, InodeExtraView.IExtraIsize, ExtraSize);
        }

        return inode;
    }

    /// <summary>Writes an extent root over the inode's map: file block, block, count.</summary>
    public static void WriteExtents(Span<byte> inode, params ReadOnlySpan<(uint File, uint Block, ushort Count)> extents)
    {
        Span<byte> root = inode.Slice(InodeView.IBlock, InodeView.BlockMapSize);
        root.Clear();
        Le.PutU16(root, ExtentNodeView.EhMagic, ExtentNodeView.ExpectedMagic);
        Le.PutU16(root, ExtentNodeView.EhMax, 4);
        int index = 0;
        foreach ((uint file, uint block, ushort count) in extents)
        {
            if (count == 0)
            {
                continue;
            }

            Span<byte> extent = root[(ExtentNodeView.HeaderSize + (index * ExtentNodeView.EntrySize))..];
            Le.PutU32(extent, ExtentView.EeBlock, file);
            Le.PutU16(extent, ExtentView.EeLen, count);
            Le.PutU32(extent, ExtentView.EeStartLo, block);
            index++;
        }

        Le.PutU16(root, ExtentNodeView.EhEntries, (ushort)index);
    }

    /// <summary>Announces attributes in an inode and gives the room for their list.</summary>
    public Span<byte> AddAttributeRoom(uint number)
    {
        Span<byte> inode = Inode(number);
        int header = InodeView.Size + Le.U16(inode, InodeExtraView.IExtraIsize);
        Le.PutU32(inode, header, AttributeBlockView.ExpectedMagic);
        return inode[(header + InodeAttributesView.HeaderSize)..];
    }

    /// <summary>Gives an inode an attribute block and its bytes; <see cref="SealAttributeBlock"/> ends the writing.</summary>
    public uint AddAttributeBlock(uint number)
    {
        uint block = Allocate(1);
        AttributeBlockWriter.Initialise(Block(block));
        Le.PutU32(Inode(number), InodeView.IFileAclLo, block);
        return block;
    }

    /// <summary>Puts an attribute block's hash and checksum right.</summary>
    public void SealAttributeBlock(uint block) => AttributeBlockWriter.Seal(Block(block), ChecksumSeed, block, _hasChecksums);

    /// <summary>Makes an inode that holds one attribute's value, with the checksum where ext4 keeps it.</summary>
    /// <returns>The value's checksum.</returns>
    public uint AddValueInode(uint number, ReadOnlySpan<byte> value)
    {
        AddFile(number, value);
        Span<byte> inode = Inode(number);
        Le.PutU32(inode, InodeView.IFlags, (uint)(InodeFlags.Extents | InodeFlags.AttributeInode));
        uint checksum = Crc32C.Append(ChecksumSeed, value);
        Le.PutU32(inode, InodeView.IAtime, checksum);
        return checksum;
    }

    /// <summary>Leaves one inode's checksum as it is.</summary>
    public void BreakInodeChecksum(uint number) => _broken.Add(number);

    /// <summary>Puts checksums right and mounts.</summary>
    public Volume Mount()
    {
        Seal();
        return Volume.Mount(new MemoryBlockDevice(_bytes, isReadOnly: true), new VolumeOptions());
    }

    private void MakeEmptyDirectory(Span<byte> block, uint number)
    {
        const int DotSize = 12;
        int rest = BlockSize - (_hasChecksums ? DirectoryTailView.Size : 0);
        DirectoryBlockWriter.Put(block, 0, DotSize, number, "."u8, DirectoryEntryType.Directory);
        DirectoryBlockWriter.Put(block, DotSize, rest - DotSize, number, ".."u8, DirectoryEntryType.Directory);
        if (_hasChecksums)
        {
            DirectoryBlockWriter.Seal(block, SeedOf(number));
        }
    }

    private void Seal()
    {
        if (!_hasChecksums)
        {
            return;
        }

        for (uint number = 1; number <= _inodesCount; number++)
        {
            Span<byte> inode = Inode(number);
            if (!_broken.Contains(number) && Le.U16(inode, InodeView.IMode) != 0)
            {
                InodeChecksum.Seal(inode, SeedOf(number));
            }
        }

        Span<byte> group = Block(BlockSize == 1024 ? 2u : 1u)[..GroupDescriptorView.SmallSize];
        Le.PutU16(group, GroupDescriptorView.BgChecksum, new GroupDescriptorView(group).ComputeCrc32C(ChecksumSeed, 0));
        SuperblockWriter.Seal(Superblock);
    }

    private void WriteSuperblock(IncompatibleFeatures features, ReadOnlyCompatibleFeatures readOnlyFeatures)
    {
        int log = System.Numerics.BitOperations.Log2((uint)BlockSize) - 10;
        Span<byte> superblock = Superblock;
        Le.PutU32(superblock, SuperblockView.SInodesCount, _inodesCount);
        Le.PutU32(superblock, SuperblockView.SBlocksCountLo, BlocksCount);
        Le.PutU32(superblock, SuperblockView.SFirstDataBlock, BlockSize == 1024 ? 1u : 0u);
        Le.PutU32(superblock, SuperblockView.SLogBlockSize, (uint)log);
        Le.PutU32(superblock, SuperblockView.SLogClusterSize, (uint)log);
        Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, (uint)BlockSize * 8);
        Le.PutU32(superblock, SuperblockView.SClustersPerGroup, (uint)BlockSize * 8);
        Le.PutU32(superblock, SuperblockView.SInodesPerGroup, _inodesCount);
        Le.PutU16(superblock, SuperblockView.SMagic, SuperblockView.ExpectedMagic);
        Le.PutU16(superblock, SuperblockView.SState, (ushort)VolumeStates.Valid);
        Le.PutU32(superblock, SuperblockView.SRevLevel, 1);
        Le.PutU32(superblock, SuperblockView.SFirstIno, FirstInode);
        Le.PutU16(superblock, SuperblockView.SInodeSize, (ushort)_inodeSize);
        superblock[SuperblockView.SChecksumType] = 1;
        Le.PutU32(superblock, SuperblockView.SFeatureCompat, (uint)CompatibleFeatures.ExtendedAttributes);
        Le.PutU32(superblock, SuperblockView.SFeatureIncompat, (uint)(features | IncompatibleFeatures.Extents));
        Le.PutU32(
            superblock,
            SuperblockView.SFeatureRoCompat,
            (uint)(readOnlyFeatures | (_hasChecksums ? ReadOnlyCompatibleFeatures.MetadataChecksum : default)));
    }
}
