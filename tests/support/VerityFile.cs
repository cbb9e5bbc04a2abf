using System.Security.Cryptography;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;

namespace TestSupport;

/// <summary>Adds a fs-verity file to a <see cref="TinyVolume"/>, hashed with the platform's own SHA-2.</summary>
public sealed class VerityFile
{
    private readonly TinyVolume _image;
    private readonly uint _data;

    /// <summary>Lays out data, tree, descriptor and the descriptor's size as ext4 does.</summary>
    public VerityFile(TinyVolume image, uint inode, byte[] contents, bool isLong, int blockBits, byte[] salt)
    {
        _image = image;
        byte[] root = BuildTree(contents, isLong, blockBits, salt, out byte[] tree);
        int treeBlocks = (tree.Length + image.BlockSize - 1) / image.BlockSize;
        _data = image.AddFile(inode, contents);
        Tree = image.Allocate(treeBlocks + 1);
        Descriptor = Tree + (uint)treeBlocks;
        tree.CopyTo(image.Bytes.AsSpan((int)Tree * image.BlockSize));
        VerityDescriptorWriter.Write(
            image.Block(Descriptor), isLong ? VerityAlgorithm.Sha512 : VerityAlgorithm.Sha256, blockBits, salt,
            (ulong)contents.Length, root);
        Le.PutU32(image.Block(Descriptor), image.BlockSize - 4, VerityDescriptorView.Size);
        Span<byte> bytes = image.Inode(inode);
        Le.PutU32(bytes, InodeView.IFlags, (uint)(InodeFlags.Extents | InodeFlags.Verity));
        uint start = (uint)(VerityTree.StartOf((ulong)contents.Length) / image.BlockSize);
        int dataBlocks = (contents.Length + image.BlockSize - 1) / image.BlockSize;
        TinyVolume.WriteExtents(bytes, [(0u, _data, (ushort)dataBlocks), (start, Tree, (ushort)(treeBlocks + 1))]);
    }

    /// <summary>The first block of the tree.</summary>
    public uint Tree { get; }

    /// <summary>The block of the descriptor, which ends with its size.</summary>
    public uint Descriptor { get; }

    /// <summary>The file's own bytes on the volume.</summary>
    public Span<byte> Data => _image.Bytes.AsSpan((int)_data * _image.BlockSize);

    private static byte[] BuildTree(byte[] contents, bool isLong, int blockBits, byte[] salt, out byte[] tree)
    {
        int blockSize = 1 << blockBits;
        int hashBlockSize = isLong ? 128 : 64;
        byte[] prefix = salt.Length == 0 ? [] : [.. salt, .. new byte[hashBlockSize - salt.Length]];
        byte[] level = Pad(contents, blockSize);
        tree = [];
        while (level.Length > blockSize)
        {
            level = Pad(HashAll(level, isLong, blockSize, prefix), blockSize);
            tree = [.. level, .. tree];
        }

        return level.Length == 0 ? new byte[64] : HashAll(level, isLong, blockSize, prefix);
    }

    private static byte[] HashAll(byte[] level, bool isLong, int blockSize, byte[] prefix)
    {
        List<byte> digests = [];
        for (int at = 0; at < level.Length; at += blockSize)
        {
            byte[] message = [.. prefix, .. level.AsSpan(at, blockSize)];
            digests.AddRange(isLong ? SHA512.HashData(message) : SHA256.HashData(message));
        }

        return [.. digests];
    }

    private static byte[] Pad(byte[] bytes, int unit) => [.. bytes, .. new byte[(unit - (bytes.Length % unit)) % unit]];
}
