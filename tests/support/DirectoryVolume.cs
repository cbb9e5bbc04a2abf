using Ext4Core;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace TestSupport;

/// <summary>A smallest volume in memory: an empty root, and one directory whose blocks are given.</summary>
/// <remarks>One group, 1 KiB blocks, inodes of 128 bytes, direct block pointers. Checksums are right.</remarks>
public sealed record DirectoryVolume
{
    public const int BlockSize = 1024;
    public const int InodesCount = 32;
    public const uint ChildInode = 13;
    private const int BlocksCount = 256;
    private const int DescriptorBlock = 2, BlockBitmap = 3, InodeBitmap = 4, InodeTable = 5, FirstDataBlock = 20,
        AttributeBlock = 200;
    private const ushort DirectoryMode = 0x41ED;
    private const ushort FileMode = 0x81A4;

    /// <summary>Features beside filetype.</summary>
    public IncompatibleFeatures Incompatible { get; init; } = IncompatibleFeatures.FileType;

    public CompatibleFeatures Compatible { get; init; }

    public bool HasChecksums { get; init; }

    public InodeFlags Flags { get; init; }

    public ushort EncodingFlags { get; init; }

    /// <summary>Leave an encrypted directory without the attribute that says how.</summary>
    public bool OmitsEncryptionContext { get; init; }

    /// <summary>The directory's blocks; null for a hole, up to twelve.</summary>
    public required IReadOnlyList<byte[]?> Blocks { get; init; }

    /// <summary>The directory's size; by default that of its blocks.</summary>
    public int? Size { get; init; }

    /// <summary>The directory.</summary>
    public static InodeNumber Directory { get; } = new(12);

    /// <summary>The block of the volume that a block of the directory lies in.</summary>
    public static ulong PlaceOf(int index) => (ulong)(FirstDataBlock + 1 + index);

    /// <summary>The seed of the directory's checksums on a volume with a zero identity.</summary>
    public static uint Seed => SeedOf(12);

    /// <summary>Builds and mounts the volume.</summary>
    public Volume Mount() => Volume.Mount(new MemoryBlockDevice(Build(), isReadOnly: true), new VolumeOptions());

    private byte[] Build()
    {
        byte[] image = new byte[BlocksCount * BlockSize];
        byte[] root = new byte[BlockSize];
        int rest = BlockSize - (HasChecksums ? DirectoryTailView.Size : 0);
        DirectoryBlockWriter.Put(root, 0, 12, 2, "."u8, DirectoryEntryType.Directory);
        DirectoryBlockWriter.Put(root, 12, rest - 12, 2, ".."u8, DirectoryEntryType.Directory);
        if (HasChecksums)
        {
            DirectoryBlockWriter.Seal(root, SeedOf(2));
        }

        root.CopyTo(image, FirstDataBlock * BlockSize);
        PutInode(image, 2, DirectoryMode, default, BlockSize, [FirstDataBlock]);
        uint[] places = new uint[Blocks.Count];
        for (int index = 0; index < Blocks.Count; index++)
        {
            if (Blocks[index] is { } block)
            {
                places[index] = (uint)PlaceOf(index);
                block.CopyTo(image, (int)places[index] * BlockSize);
            }
        }

        PutInode(image, Directory.Value, DirectoryMode, Flags, Size ?? Blocks.Count * BlockSize, places);
        if (Flags.HasFlag(InodeFlags.Encrypted) && !OmitsEncryptionContext)
        {
            PutEncryptionContext(image);
        }

        for (uint inode = ChildInode; inode <= InodesCount; inode++)
        {
            PutInode(image, inode, FileMode, default, 0, []);
        }

        PutDescriptor(image);
        PutSuperblock(image.AsSpan(SuperblockView.VolumeOffset, SuperblockView.Size));
        return image;
    }

    private void PutInode(byte[] image, uint number, ushort mode, InodeFlags flags, int size, ReadOnlySpan<uint> blocks)
    {
        Span<byte> inode = image.AsSpan((InodeTable * BlockSize) + ((int)(number - 1) * InodeView.Size), InodeView.Size);
        Le.PutU16(inode, InodeView.IMode, mode);
        Le.PutU32(inode, InodeView.ISizeLo, (uint)size);
        Le.PutU16(inode, InodeView.ILinksCount, 2);
        Le.PutU32(inode, InodeView.IBlocksLo, (uint)(blocks.Length * (BlockSize / 512)));
        Le.PutU32(inode, InodeView.IFlags, (uint)flags);
        for (int index = 0; index < blocks.Length; index++)
        {
            Le.PutU32(inode, InodeView.IBlock + (index * 4), blocks[index]);
        }

        if (HasChecksums)
        {
            InodeChecksum.Seal(inode, SeedOf(number));
        }
    }

    /// <summary>Says how the directory is encrypted, as every encrypted directory must: in an attribute block.</summary>
    private static void PutEncryptionContext(byte[] image)
    {
        const byte Version = 2;
        byte[] context = new byte[EncryptionContextView.MaximumSize];
        context[0] = Version;
        Span<byte> block = image.AsSpan(AttributeBlock * BlockSize, BlockSize);
        AttributeBlockWriter.Initialise(block);
        AttributeListWriter writer = new(block, AttributeBlockView.HeaderSize);
        if (!writer.TryAdd(AttributeNamespace.Encryption, "c"u8, context, 0))
        {
            throw new InvalidOperationException("an attribute block holds an encryption context");
        }

        AttributeBlockWriter.Seal(block, VolumeSeed, AttributeBlock, hasChecksums: false);
        Span<byte> inode = image.AsSpan((InodeTable * BlockSize) + ((int)(Directory.Value - 1) * InodeView.Size), InodeView.Size);
        Le.PutU32(inode, InodeView.IFileAclLo, AttributeBlock);
    }

    private void PutDescriptor(byte[] image)
    {
        Span<byte> descriptor = image.AsSpan(DescriptorBlock * BlockSize, GroupDescriptorView.SmallSize);
        Le.PutU32(descriptor, GroupDescriptorView.BgBlockBitmapLo, BlockBitmap);
        Le.PutU32(descriptor, GroupDescriptorView.BgInodeBitmapLo, InodeBitmap);
        Le.PutU32(descriptor, GroupDescriptorView.BgInodeTableLo, InodeTable);
        if (HasChecksums)
        {
            ushort checksum = new GroupDescriptorView(descriptor).ComputeCrc32C(VolumeSeed, 0);
            Le.PutU16(descriptor, GroupDescriptorView.BgChecksum, checksum);
        }
    }

    private void PutSuperblock(Span<byte> superblock)
    {
        const uint SignedHash = 1;
        Le.PutU32(superblock, SuperblockView.SInodesCount, InodesCount);
        Le.PutU32(superblock, SuperblockView.SBlocksCountLo, BlocksCount);
        Le.PutU32(superblock, SuperblockView.SFirstDataBlock, 1);
        Le.PutU32(superblock, SuperblockView.SBlocksPerGroup, 8192);
        Le.PutU32(superblock, SuperblockView.SClustersPerGroup, 8192);
        Le.PutU32(superblock, SuperblockView.SInodesPerGroup, InodesCount);
        Le.PutU16(superblock, SuperblockView.SMagic, SuperblockView.ExpectedMagic);
        Le.PutU16(superblock, SuperblockView.SState, 1);
        Le.PutU32(superblock, SuperblockView.SRevLevel, 1);
        Le.PutU32(superblock, SuperblockView.SFirstIno, 11);
        Le.PutU16(superblock, SuperblockView.SInodeSize, InodeView.Size);
        Le.PutU32(superblock, SuperblockView.SFeatureCompat, (uint)(Compatible | CompatibleFeatures.ExtendedAttributes));
        Le.PutU32(superblock, SuperblockView.SFeatureIncompat, (uint)Incompatible);
        Le.PutU32(superblock, SuperblockView.SFlags, SignedHash);
        superblock[SuperblockView.SDefHashVersion] = (byte)HashVersion.HalfMd4;
        Le.PutU16(superblock, SuperblockView.SEncoding, (ushort)(Incompatible.HasFlag(IncompatibleFeatures.CaseFolding) ? 1 : 0));
        Le.PutU16(superblock, SuperblockView.SEncodingFlags, EncodingFlags);
        if (HasChecksums)
        {
            Le.PutU32(superblock, SuperblockView.SFeatureRoCompat, (uint)ReadOnlyCompatibleFeatures.MetadataChecksum);
            superblock[SuperblockView.SChecksumType] = 1;
            SuperblockWriter.Seal(superblock);
        }
    }

    private static uint VolumeSeed => Crc32C.Append(Crc32C.Initial, new byte[16]);

    private static uint SeedOf(uint inode) => Crc32C.Append(Crc32C.Append(VolumeSeed, inode), 0);
}
