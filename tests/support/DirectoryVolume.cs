using Ext4Core;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace TestSupport;

/// <summary>A <see cref="TinyVolume"/> with one directory whose blocks are given, and files for its names to stand for.</summary>
/// <remarks>1 KiB blocks, inodes of 128 bytes, direct block pointers. Checksums outside of the given blocks are right.</remarks>
public sealed record DirectoryVolume
{
    public const int BlockSize = 1024;
    public const int InodesCount = 32;
    public const uint ChildInode = 13;

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
    public static ulong PlaceOf(int index) => FirstPlace + (ulong)index;

    /// <summary>The seed of the directory's checksums.</summary>
    public static uint Seed => Example.SeedOf(Directory.Value);

    private static TinyVolume Example { get; } = MakeExample();

    private static ulong FirstPlace { get; } = Example.Allocate(1);

    /// <summary>Builds and mounts the volume.</summary>
    public Volume Mount()
    {
        TinyVolume volume = new(BlockSize, InodeView.Size, Incompatible, hasChecksums: HasChecksums);
        PutHashing(volume.Superblock);
        Span<byte> directory = volume.AddInode(Directory.Value, (ulong)(Size ?? Blocks.Count * BlockSize), Flags);
        Le.PutU16(directory, InodeView.IMode, TinyVolume.DirectoryMode);
        _ = volume.Allocate(Blocks.Count);
        for (int index = 0; index < Blocks.Count; index++)
        {
            if (Blocks[index] is { } block)
            {
                block.CopyTo(volume.Block(PlaceOf(index)));
                Le.PutU32(directory, InodeView.IBlock + (index * sizeof(uint)), (uint)PlaceOf(index));
            }
        }

        if (Flags.HasFlag(InodeFlags.Encrypted) && !OmitsEncryptionContext)
        {
            PutEncryptionContext(volume);
        }

        for (uint inode = ChildInode; inode <= InodesCount; inode++)
        {
            _ = volume.AddInode(inode, 0, default);
        }

        return volume.Mount();
    }

    private static TinyVolume MakeExample()
    {
        TinyVolume volume = new(BlockSize, InodeView.Size);
        _ = volume.AddInode(Directory.Value, 0, default);
        return volume;
    }

    /// <summary>Says how the directory is encrypted, as every encrypted directory must: in an attribute block.</summary>
    private static void PutEncryptionContext(TinyVolume volume)
    {
        const byte Version = 2;
        byte[] context = new byte[EncryptionContextView.MaximumSize];
        context[0] = Version;
        uint block = volume.AddAttributeBlock(Directory.Value);
        AttributeListWriter writer = new(volume.Block(block), AttributeBlockView.HeaderSize);
        if (!writer.TryAdd(AttributeNamespace.Encryption, "c"u8, context, 0))
        {
            throw new InvalidOperationException("an attribute block holds an encryption context");
        }

        volume.SealAttributeBlock(block);
    }

    private void PutHashing(Span<byte> superblock)
    {
        const uint SignedHash = 1;
        Le.PutU32(superblock, SuperblockView.SFeatureCompat, (uint)(Compatible | CompatibleFeatures.ExtendedAttributes));
        Le.PutU32(superblock, SuperblockView.SFlags, SignedHash);
        superblock[SuperblockView.SDefHashVersion] = (byte)HashVersion.HalfMd4;
        Le.PutU16(superblock, SuperblockView.SEncoding, (ushort)(Incompatible.HasFlag(IncompatibleFeatures.CaseFolding) ? 1 : 0));
        Le.PutU16(superblock, SuperblockView.SEncodingFlags, EncodingFlags);
    }
}
