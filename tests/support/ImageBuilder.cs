using System.Buffers.Binary;
using Ext4Core;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace TestSupport;

/// <summary>Makes small valid volumes in memory, without any tool: clean to e2fsck, every checksum right.</summary>
/// <remarks>
/// The spans that it hands out are the volume's own bytes: a test changes one field, calls <see cref="Seal"/> to put every
/// checksum right, and only the field is wrong. What is changed after that is wrong under its checksum too.
/// </remarks>
public sealed partial class ImageBuilder
{
    public const uint RootInode = 2;
    public const uint LostAndFoundInode = 11;

    /// <summary>The time that everything on the volume carries. Unit: seconds since 1970.</summary>
    public const uint Moment = 1_700_000_000;

    private const ushort DirectoryMode = 0x41ED;
    private const int ReservedInodes = 10;

    private readonly VolumeShape _shape;
    private readonly ImageLayout _layout;
    private readonly HashSet<uint> _liveGroups = [];
    private readonly SortedSet<uint> _inodes = [];
    private readonly List<(uint Inode, ulong Block)> _extentNodes = [];
    private readonly List<(uint Inode, ulong Block)> _directoryBlocks = [];
    private readonly List<(string Name, uint Inode, byte Type)> _rootEntries = [];
    private uint _usedDirectories;
    private ulong _rootBlock;
    private ulong _cursor;

    public ImageBuilder(VolumeShape shape)
    {
        _shape = shape;
        _layout = new(shape);
        Disk = new((long)(shape.Blocks << _layout.BlockBits));
        WriteSuperblock();
        WriteDescriptors();
        if (!HasDescriptorChecksum)
        {
            for (uint group = 0; group < _layout.GroupCount; group++)
            {
                Enliven(group);
            }
        }

        Enliven(0);
        Enliven(_layout.GroupCount - 1);
        for (uint inode = 1; inode <= ReservedInodes; inode++)
        {
            MarkInode(inode);
        }

        MakeRoot();
        Seal();
    }

    /// <summary>A volume of today's default shape.</summary>
    public ImageBuilder()
        : this(VolumeShape.Ext4)
    {
    }

    /// <summary>The volume's bytes.</summary>
    public SimulatedDisk Disk { get; }

    public int BlockSize => _shape.BlockSize;

    public uint GroupCount => _layout.GroupCount;

    public uint InodesCount => _layout.GroupCount * _layout.InodesPerGroup;

    /// <summary>The primary superblock.</summary>
    public Span<byte> Superblock => Disk.Edit(SuperblockView.VolumeOffset, SuperblockView.Size);

    /// <summary>Whether checksums of metadata are crc32c.</summary>
    private bool HasMetadataChecksum => _shape.Has(ReadOnlyCompatibleFeatures.MetadataChecksum);

    private bool HasDescriptorChecksum =>
        HasMetadataChecksum || _shape.Has(ReadOnlyCompatibleFeatures.DescriptorChecksum);

    private static ReadOnlySpan<byte> Uuid => "Ext4Safety-tests"u8;

    private uint Seed => _shape.Has(IncompatibleFeatures.ChecksumSeed)
        ? _shape.ChecksumSeed
        : Crc32C.Append(Crc32C.Initial, Uuid);

    /// <summary>A block's bytes.</summary>
    public Span<byte> Block(ulong number) => Disk.Edit((long)(number << _layout.BlockBits), _shape.BlockSize);

    /// <summary>A group's descriptor in its primary place.</summary>
    public Span<byte> Descriptor(uint group)
    {
        ulong block = _layout.DescriptorBlock(group / _layout.DescriptorsPerBlock, 0, 0);
        return Block(block).Slice(
            (int)(group % _layout.DescriptorsPerBlock) * _layout.DescriptorSize, _layout.DescriptorSize);
    }

    /// <summary>The block that holds a group's descriptor.</summary>
    public ulong DescriptorBlockOf(uint group) => _layout.DescriptorBlock(group / _layout.DescriptorsPerBlock, 0, 0);

    /// <summary>An inode's bytes.</summary>
    public Span<byte> Inode(uint number)
    {
        (ulong block, int offset) = PlaceOf(number);
        return Block(block).Slice(offset, _shape.InodeSize);
    }

    /// <summary>The block of the inode table that holds an inode, and where in it.</summary>
    public (ulong Block, int Offset) PlaceOf(uint number)
    {
        uint group = (number - 1) / _layout.InodesPerGroup;
        long offset = (long)((number - 1) % _layout.InodesPerGroup) * _shape.InodeSize;
        return (_layout.InodeTable(group) + (ulong)(offset >> _layout.BlockBits), (int)(offset & (_shape.BlockSize - 1)));
    }

    /// <summary>The first block of a group's inode table.</summary>
    public ulong InodeTableOf(uint group) => _layout.InodeTable(group);

    /// <summary>The first block of a group.</summary>
    public ulong FirstBlockOf(uint group) => _layout.FirstBlockOf(group);

    /// <summary>Takes the next free blocks that lie together, whole clusters, and says where and how many there were.</summary>
    public ulong Allocate(uint wanted, out uint count)
    {
        uint clusterBlocks = 1u << _layout.ClusterBits;
        while (true)
        {
            uint group = (uint)((_cursor - _layout.FirstDataBlock) / _layout.BlocksPerGroup);
            if (group >= _layout.GroupCount)
            {
                throw new InvalidOperationException("The volume is full.");
            }

            Enliven(group);
            ulong end = _layout.FirstBlockOf(group) + _layout.BlocksIn(group);
            ulong start = _cursor;
            count = 0;
            while (count < wanted && start + count < end && !IsUsed(start + count))
            {
                count += clusterBlocks;
            }

            _cursor = start + Math.Max(count, clusterBlocks);
            if (count > 0)
            {
                count = (uint)Math.Min(count, end - start);
                Mark(start, count);
                return start;
            }
        }
    }

    /// <summary>Takes one free block, with the cluster that it lies in.</summary>
    public ulong Allocate() => Allocate(1, out _);

    /// <summary>Leaves a cluster free, so that what is allocated next does not continue what was allocated last.</summary>
    public void LeaveGap() => _cursor += 1u << _layout.ClusterBits;

    /// <summary>Continues to allocate in a group.</summary>
    public void MoveTo(uint group) => _cursor = _layout.FirstBlockOf(group);

    /// <summary>Takes the next free inode and starts it: owner, times, one link, no data.</summary>
    public uint AddInode(ushort mode, InodeFlags flags = default)
    {
        uint number = LostAndFoundInode;
        while (_inodes.Contains(number))
        {
            number++;
        }

        StartInode(number, mode, flags);
        return number;
    }

    /// <summary>Gives an inode a name in the root directory.</summary>
    public void AddName(string name, uint inode)
    {
        byte type = (byte)((Le.U16(Inode(inode), InodeView.IMode) >> 12) switch { 8 => 1, 4 => 2, 2 => 3, 6 => 4, 1 => 5, 12 => 6, 10 => 7, _ => 0 });
        _rootEntries.Add((name, inode, type));
        WriteDirectory(_rootBlock, RootInode, RootInode, _rootEntries);
    }

    /// <summary>Puts an inode's checksum right.</summary>
    public void SealInode(uint number)
    {
        if (HasMetadataChecksum && _shape.CreatorOs == 0)
        {
            InodeChecksum.Seal(Inode(number), SeedOf(number));
        }
    }

    /// <summary>Puts everything right that follows from something else: counts, checksums and backups.</summary>
    public void Seal()
    {
        foreach (uint inode in _inodes)
        {
            SealInode(inode);
        }

        if (HasMetadataChecksum)
        {
            foreach ((uint inode, ulong block) in _extentNodes)
            {
                ExtentNodeWriter.Seal(Block(block), SeedOf(inode));
            }

            foreach ((uint inode, ulong block) in _directoryBlocks)
            {
                SealDirectoryBlock(Block(block), SeedOf(inode));
            }
        }

        SealGroups();
        SealSuperblock();
        if (!_shape.OmitsBackups)
        {
            WriteBackups();
        }
    }

    /// <summary>Puts one group descriptor's checksum right.</summary>
    public void SealDescriptor(uint group)
    {
        if (HasMetadataChecksum)
        {
            GroupDescriptorWriter.SealCrc32C(Descriptor(group), Seed, group);
        }
        else if (HasDescriptorChecksum)
        {
            GroupDescriptorWriter.SealCrc16(Descriptor(group), Uuid, group);
        }
    }

    /// <summary>Puts the superblock's checksum right.</summary>
    public void SealSuperblock()
    {
        if (HasMetadataChecksum)
        {
            SuperblockWriter.Seal(Superblock);
        }
    }

    /// <summary>Mounts a copy-on-write view of the volume as it stands.</summary>
    public Volume Mount(VolumeOptions? options = null) => Volume.Mount(new SimulatedDisk(Disk), options ?? SmallOptions);

    /// <summary>Options for many small mounts: a cache of the least size.</summary>
    public static VolumeOptions SmallOptions { get; } = new() { CacheBytes = 0 };

    private uint SeedOf(uint inode) =>
        Crc32C.Append(Crc32C.Append(Seed, inode), Le.U32(Inode(inode), InodeView.IGeneration));

    private void StartInode(uint number, ushort mode, InodeFlags flags)
    {
        MarkInode(number);
        _inodes.Add(number);
        Span<byte> inode = Inode(number);
        inode.Clear();
        Le.PutU16(inode, InodeView.IMode, mode);
        Le.PutU16(inode, InodeView.ILinksCount, 1);
        Le.PutU32(inode, InodeView.IFlags, (uint)flags);
        Le.PutU32(inode, InodeView.IGeneration, number * 7919);
        InodeWriter.PutOwner(inode, 70_000, 80_000);
        foreach (int field in (ReadOnlySpan<int>)[InodeView.IAtime, InodeView.ICtime, InodeView.IMtime])
        {
            Le.PutU32(inode, field, Moment);
        }

        if (_shape.InodeSize > InodeView.Size)
        {
            Le.PutU16(inode, InodeExtraView.IExtraIsize, 32);
            Le.PutU32(inode, InodeExtraView.ICrtime, Moment);
        }

        if (flags.HasFlag(InodeFlags.Extents))
        {
            ExtentNodeWriter.Initialise(inode.Slice(InodeView.IBlock, InodeView.BlockMapSize), 0);
        }
    }

    private void MakeRoot()
    {
        _cursor = _layout.FirstDataBlock;
        _rootBlock = MakeDirectory(RootInode, 3);
        ulong lostAndFound = MakeDirectory(LostAndFoundInode, 2);
        _rootEntries.Add(("lost+found", LostAndFoundInode, 2));
        WriteDirectory(_rootBlock, RootInode, RootInode, _rootEntries);
        WriteDirectory(lostAndFound, LostAndFoundInode, RootInode, []);
    }

    private ulong MakeDirectory(uint number, ushort links)
    {
        StartInode(number, DirectoryMode, MapFlags);
        _usedDirectories++;
        ulong block = WriteMap(number, [new(0, 1)], 0);
        Span<byte> inode = Inode(number);
        InodeWriter.PutSize(inode, (ulong)_shape.BlockSize);
        Le.PutU16(inode, InodeView.ILinksCount, links);
        _directoryBlocks.Add((number, block));
        return block;
    }

    private void WriteDirectory(ulong block, uint self, uint parent, List<(string Name, uint Inode, byte Type)> entries)
    {
        Span<byte> bytes = Block(block);
        bytes.Clear();
        int end = _shape.BlockSize - (HasMetadataChecksum ? 12 : 0);
        int offset = 0;
        offset = WriteEntry(bytes, offset, self, "."u8, 2, entries.Count < 0);
        int last = offset;
        offset = WriteEntry(bytes, offset, parent, ".."u8, 2, false);
        foreach ((string name, uint inode, byte type) in entries)
        {
            last = offset;
            offset = WriteEntry(bytes, offset, inode, System.Text.Encoding.UTF8.GetBytes(name), type, false);
        }

        if (offset > end)
        {
            throw new InvalidOperationException("The root directory is full.");
        }

        Le.PutU16(bytes, last + 4, (ushort)(end - last));
    }

    private int WriteEntry(Span<byte> block, int offset, uint inode, ReadOnlySpan<byte> name, byte type, bool isLast)
    {
        int length = (8 + name.Length + 3) & ~3;
        Span<byte> entry = block.Slice(offset, length);
        Le.PutU32(entry, 0, inode);
        Le.PutU16(entry, 4, (ushort)(isLast ? block.Length - offset : length));
        entry[6] = (byte)name.Length;
        entry[7] = _shape.Has(IncompatibleFeatures.FileType) ? type : (byte)0;
        name.CopyTo(entry[8..]);
        return offset + length;
    }

    private static void SealDirectoryBlock(Span<byte> block, uint seed)
    {
        int tail = block.Length - 12;
        block[tail..].Clear();
        Le.PutU16(block, tail + 4, 12);
        block[tail + 7] = 0xDE;
        Le.PutU32(block, tail + 8, Crc32C.Append(seed, block[..tail]));
    }

    private void MarkInode(uint number)
    {
        uint group = (number - 1) / _layout.InodesPerGroup;
        Enliven(group);
        SetBits(Block(_layout.InodeBitmap(group)), (int)((number - 1) % _layout.InodesPerGroup), 1);
    }

    private bool IsUsed(ulong block)
    {
        (uint group, int bit) = BitOf(block);
        return (Block(_layout.BlockBitmap(group))[bit >> 3] & (1 << (bit & 7))) != 0;
    }

    private void Mark(ulong start, uint count)
    {
        for (ulong block = start; block < start + count; block += 1u << _layout.ClusterBits)
        {
            (uint group, int bit) = BitOf(block);
            SetBits(Block(_layout.BlockBitmap(group)), bit, 1);
        }

        (uint lastGroup, int lastBit) = BitOf(start + count - 1);
        SetBits(Block(_layout.BlockBitmap(lastGroup)), lastBit, 1);
    }

    private (uint Group, int Bit) BitOf(ulong block)
    {
        uint group = (uint)((block - _layout.FirstDataBlock) / _layout.BlocksPerGroup);
        return (group, (int)((block - _layout.FirstBlockOf(group)) >> _layout.ClusterBits));
    }

    private static void SetBits(Span<byte> bitmap, int first, int count)
    {
        for (int bit = first; bit < first + count; bit++)
        {
            bitmap[bit >> 3] |= (byte)(1 << (bit & 7));
        }
    }

    /// <summary>Writes a group's bitmaps, which an untouched group goes without where descriptors have checksums.</summary>
    private void Enliven(uint group)
    {
        if (!_liveGroups.Add(group))
        {
            return;
        }

        Enliven(BitOf(_layout.BlockBitmap(group)).Group);
        Span<byte> blocks = Block(_layout.BlockBitmap(group));
        int clusters = (int)_layout.ClustersIn(group);
        SetBits(blocks, clusters, (_shape.BlockSize * 8) - clusters);
        foreach ((ulong start, uint count) in _layout.MetadataIn(group))
        {
            Mark(start, count);
        }

        Span<byte> inodes = Block(_layout.InodeBitmap(group));
        SetBits(inodes, (int)_layout.InodesPerGroup, (_shape.BlockSize * 8) - (int)_layout.InodesPerGroup);
    }

    private void WriteSuperblock()
    {
        Span<byte> bytes = Superblock;
        Le.PutU32(bytes, SuperblockView.SInodesCount, InodesCount);
        Le.PutU32(bytes, SuperblockView.SFirstDataBlock, _layout.FirstDataBlock);
        Le.PutU32(bytes, SuperblockView.SLogBlockSize, (uint)(_layout.BlockBits - 10));
        Le.PutU32(bytes, SuperblockView.SLogClusterSize, (uint)(_layout.BlockBits - 10 + _layout.ClusterBits));
        Le.PutU32(bytes, SuperblockView.SBlocksPerGroup, _layout.BlocksPerGroup);
        Le.PutU32(bytes, SuperblockView.SClustersPerGroup, _layout.ClustersPerGroup);
        Le.PutU32(bytes, SuperblockView.SInodesPerGroup, _layout.InodesPerGroup);
        Le.PutU32(bytes, SuperblockView.SWtime, Moment);
        Le.PutU32(bytes, SuperblockView.SLastcheck, Moment);
        Le.PutU32(bytes, SuperblockView.SMkfsTime, Moment);
        Le.PutU16(bytes, SuperblockView.SMaxMntCount, ushort.MaxValue);
        Le.PutU16(bytes, SuperblockView.SMagic, SuperblockView.ExpectedMagic);
        Le.PutU16(bytes, SuperblockView.SState, (ushort)VolumeStates.Valid);
        Le.PutU16(bytes, SuperblockView.SErrors, 1);
        Le.PutU32(bytes, SuperblockView.SCreatorOs, _shape.CreatorOs);
        Le.PutU32(bytes, SuperblockView.SRevLevel, _shape.Revision);
        Le.PutU32(bytes, SuperblockView.SFeatureCompat, (uint)_shape.Compatible);
        Le.PutU32(bytes, SuperblockView.SFeatureIncompat, (uint)_shape.Incompatible);
        Le.PutU32(bytes, SuperblockView.SFeatureRoCompat, (uint)_shape.ReadOnlyCompatible);
        Uuid.CopyTo(bytes[SuperblockView.SUuid..]);
        SuperblockWriter.PutBlocksCount(bytes, _shape.Blocks);
        if (_shape.Revision == 0)
        {
            return;
        }

        Le.PutU32(bytes, SuperblockView.SFirstIno, ReservedInodes + 1);
        Le.PutU16(bytes, SuperblockView.SInodeSize, (ushort)_shape.InodeSize);
        "coretests"u8.CopyTo(bytes[SuperblockView.SVolumeName..]);
        "hash seed 16 b.."u8.CopyTo(bytes[SuperblockView.SHashSeed..]);
        bytes[SuperblockView.SDefHashVersion] = 1;
        Le.PutU32(bytes, SuperblockView.SFlags, (uint)VolumeFlags.SignedHash);
        if (_layout.DescriptorSize > GroupDescriptorView.SmallSize)
        {
            Le.PutU16(bytes, SuperblockView.SDescSize, (ushort)_layout.DescriptorSize);
        }

        Le.PutU32(bytes, SuperblockView.SFirstMetaBg, _shape.FirstMetaBlockGroup);
        bytes[SuperblockView.SLogGroupsPerFlex] = _layout.HasFlexGroups ? _shape.LogGroupsPerFlex : (byte)0;
        bytes[SuperblockView.SChecksumType] = HasMetadataChecksum ? (byte)1 : (byte)0;
        Le.PutU32(bytes, SuperblockView.SBackupBgs, _shape.BackupGroups.First);
        Le.PutU32(bytes, SuperblockView.SBackupBgs + 4, _shape.BackupGroups.Second);
        if (_shape.InodeSize > InodeView.Size)
        {
            Le.PutU16(bytes, SuperblockView.SMinExtraIsize, 32);
            Le.PutU16(bytes, SuperblockView.SWantExtraIsize, 32);
        }

        if (_shape.Has(IncompatibleFeatures.ChecksumSeed))
        {
            Le.PutU32(bytes, SuperblockView.SChecksumSeed, _shape.ChecksumSeed);
        }

        if (_shape.Has(IncompatibleFeatures.CaseFolding))
        {
            Le.PutU16(bytes, SuperblockView.SEncoding, 1);
        }
    }

    private void WriteDescriptors()
    {
        for (uint group = 0; group < _layout.GroupCount; group++)
        {
            GroupDescriptorWriter.PutPlaces(
                Descriptor(group), _layout.BlockBitmap(group), _layout.InodeBitmap(group), _layout.InodeTable(group));
        }
    }

    private void SealGroups()
    {
        ulong freeBlocks = 0;
        uint freeInodesInAll = 0;
        for (uint group = 0; group < _layout.GroupCount; group++)
        {
            Span<byte> descriptor = Descriptor(group);
            uint freeClusters = FreeClustersIn(group);
            uint freeInodes = _liveGroups.Contains(group)
                ? FreeBits(Block(_layout.InodeBitmap(group)), (int)_layout.InodesPerGroup)
                : _layout.InodesPerGroup;
            freeBlocks += (ulong)freeClusters << _layout.ClusterBits;
            freeInodesInAll += freeInodes;
            SealGroup(group, descriptor, freeClusters, freeInodes);
        }

        SuperblockWriter.PutFreeBlocksCount(Superblock, freeBlocks);
        Le.PutU32(Superblock, SuperblockView.SFreeInodesCount, freeInodesInAll);
    }

    private void SealGroup(uint group, Span<byte> descriptor, uint freeClusters, uint freeInodes)
    {
        bool isLive = _liveGroups.Contains(group);
        uint unused = isLive || !HasDescriptorChecksum ? 0 : _layout.InodesPerGroup;
        GroupDescriptorWriter.PutCounts(descriptor, freeClusters, freeInodes, group == 0 ? _usedDirectories : 0, unused);
        if (!HasDescriptorChecksum)
        {
            return;
        }

        GroupDescriptorWriter.PutFlags(descriptor, isLive
            ? GroupFlags.InodeTableZeroed
            : GroupFlags.InodeTableZeroed | GroupFlags.InodesUninitialised | GroupFlags.BlocksUninitialised);
        if (HasMetadataChecksum && isLive)
        {
            GroupDescriptorWriter.PutBitmapChecksums(
                descriptor,
                Crc32C.Append(Seed, Block(_layout.BlockBitmap(group))[..(int)(_layout.ClustersPerGroup / 8)]),
                Crc32C.Append(Seed, Block(_layout.InodeBitmap(group))[..(int)(_layout.InodesPerGroup / 8)]));
        }

        SealDescriptor(group);
    }

    private uint FreeClustersIn(uint group)
    {
        int clusters = (int)_layout.ClustersIn(group);
        if (_liveGroups.Contains(group))
        {
            return FreeBits(Block(_layout.BlockBitmap(group)), clusters);
        }

        long used = 0;
        foreach ((_, uint count) in _layout.MetadataIn(group))
        {
            used += (count + (1L << _layout.ClusterBits) - 1) >> _layout.ClusterBits;
        }

        return (uint)(clusters - used);
    }

    private static uint FreeBits(ReadOnlySpan<byte> bitmap, int count)
    {
        uint free = 0;
        for (int bit = 0; bit < count; bit++)
        {
            free += (bitmap[bit >> 3] & (1 << (bit & 7))) == 0 ? 1u : 0u;
        }

        return free;
    }

    private void WriteBackups()
    {
        byte[] superblock = Superblock.ToArray();
        for (uint group = 1; group < _layout.GroupCount; group++)
        {
            if (!_layout.HasSuperblock(group))
            {
                continue;
            }

            Span<byte> copy = Block(_layout.FirstBlockOf(group))[..SuperblockView.Size];
            superblock.CopyTo(copy);
            if (_shape.Revision > 0)
            {
                Le.PutU16(copy, SuperblockView.SBlockGroupNr, unchecked((ushort)group));
            }

            if (HasMetadataChecksum)
            {
                SuperblockWriter.Seal(copy);
            }
        }

        for (uint index = 0; index < _layout.DescriptorBlocks; index++)
        {
            WriteDescriptorBackups(index);
        }
    }

    private void WriteDescriptorBackups(uint index)
    {
        Span<byte> primary = Block(_layout.DescriptorBlock(index, 0, 0));
        if (_layout.IsMeta(index))
        {
            foreach (uint copy in _layout.MetaCopiesOf(index))
            {
                primary.CopyTo(Block(_layout.DescriptorBlock(index, 0, copy)));
            }

            return;
        }

        for (uint group = 1; group < _layout.GroupCount; group++)
        {
            if (_layout.HasSuperblock(group))
            {
                primary.CopyTo(Block(_layout.DescriptorBlock(index, group, 0)));
            }
        }
    }

    private static ulong PatternWord(uint inode, uint fileBlock, int offset) =>
        ((ulong)inode << 48) ^ ((ulong)fileBlock << 12) ^ (ulong)offset ^ 0xA5A5_0000_0000_0000;

    /// <summary>What a written block of a file holds: told by the inode, the file block and the place in it.</summary>
    public static void FillPattern(Span<byte> block, uint inode, uint fileBlock)
    {
        for (int offset = 0; offset < block.Length; offset += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block[offset..], PatternWord(inode, fileBlock, offset));
        }
    }
}
