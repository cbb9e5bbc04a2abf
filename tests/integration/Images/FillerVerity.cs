using System.Buffers.Binary;
using System.Security.Cryptography;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>A file that is to be sealed.</summary>
/// <param name="Name">Its name in the directory <c>verity</c>.</param>
/// <param name="Size">Bytes of data.</param>
/// <param name="Algorithm">1 for SHA-256, 2 for SHA-512.</param>
/// <param name="BlockSize">Bytes of a Merkle tree block.</param>
/// <param name="Salt">Bytes of salt.</param>
/// <param name="Tampering">What is changed after sealing.</param>
internal sealed record VerityFile(string Name, int Size, byte Algorithm, int BlockSize, int Salt, Tampering Tampering = Tampering.Nothing);

/// <summary>What is changed after sealing.</summary>
internal enum Tampering
{
    Nothing,
    Data,
    Tree,
    Root,
}

/// <summary>Writes files with Merkle tree and descriptor behind their end, as a kernel with fs-verity does, and lets debugfs
/// hide what is behind the end: this needs no fs-verity in the kernel at hand.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/fsverity.rst ("Merkle tree", "fs-verity descriptor", "ext4").</remarks>
internal sealed class FillerVerity(FillerPen pen, int volumeBlock)
{
    private const int DescriptorSize = 256;
    private const int TreeAlignment = 65_536;

    /// <summary>Every sealed file of an image.</summary>
    public static IReadOnlyList<VerityFile> Files(int volumeBlock) =>
    [
        new("empty", 0, 1, volumeBlock, 0),
        new("one-byte", 1, 1, volumeBlock, 0),
        new("one-block", volumeBlock, 1, volumeBlock, 8),
        new("two-blocks", volumeBlock + 1, 1, volumeBlock, 0),
        new("one-level", 100_000, 1, volumeBlock, 32),
        new("two-levels", 900_001, 1, volumeBlock, 0),
        new("small-tree-blocks", 300_000, 1, 1024, 16),
        new("sha-512", 500_000, 2, volumeBlock, 0),
        new("sha-512-salted", 500_123, 2, volumeBlock, 20),
        new("sha-512-small", 70_000, 2, 1024, 32),
        new("tampered-data", 200_000, 1, volumeBlock, 0, Tampering.Data),
        new("tampered-tree", 900_000, 1, volumeBlock, 4, Tampering.Tree),
        new("tampered-root", 200_000, 2, volumeBlock, 0, Tampering.Root),
    ];

    /// <summary>What debugfs has to do once the volume is unmounted.</summary>
    public static IEnumerable<string> Seals(int volumeBlock)
    {
        const string ExtentsAndVerity = "0x180000";
        foreach (VerityFile file in Files(volumeBlock))
        {
            yield return $"debugfs sif verity/{file.Name} size {file.Size}";
            yield return $"debugfs sif verity/{file.Name} flags {ExtentsAndVerity}";
        }
    }

    public void Fill()
    {
        pen.Directory("verity");
        foreach (VerityFile file in Files(volumeBlock))
        {
            byte[] data = DataOf(file);
            byte[] salt = new byte[file.Salt];
            Noise.Fill(salt, 99);
            (byte[] tree, byte[] root) = BuildTree(file, data, salt);
            byte[] descriptor = Describe(file, salt, root);
            Tamper(file, data, tree, descriptor);
            pen.File($"verity/{file.Name}", descriptorFile => Write(descriptorFile, data, tree, descriptor));
        }
    }

    /// <summary>What a file holds when it is sealed.</summary>
    public static byte[] DataOf(VerityFile file)
    {
        byte[] data = new byte[file.Size];
        Noise.Fill(data, (ulong)file.Name.Length << 20);
        return data;
    }

    private void Write(int file, byte[] data, byte[] tree, byte[] descriptor)
    {
        long treeStart = RoundUp(data.Length, TreeAlignment);
        long descriptorStart = RoundUp(treeStart + tree.Length, volumeBlock);
        long end = RoundUp(descriptorStart + descriptor.Length + sizeof(uint), volumeBlock);
        byte[] size = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(size, (uint)descriptor.Length);
        pen.Write(file, 0, data);
        pen.Write(file, treeStart, tree);
        pen.Write(file, descriptorStart, descriptor);
        pen.Write(file, end - sizeof(uint), size);
    }

    private static byte[] Describe(VerityFile file, byte[] salt, byte[] root)
    {
        const int AlgorithmAt = 1, LogBlockSizeAt = 2, SaltSizeAt = 3, DataSizeAt = 8, RootAt = 16, SaltAt = 80;
        byte[] descriptor = new byte[DescriptorSize];
        descriptor[0] = 1;
        descriptor[AlgorithmAt] = file.Algorithm;
        descriptor[LogBlockSizeAt] = (byte)int.Log2(file.BlockSize);
        descriptor[SaltSizeAt] = (byte)salt.Length;
        BinaryPrimitives.WriteInt64LittleEndian(descriptor.AsSpan(DataSizeAt), file.Size);
        root.CopyTo(descriptor, RootAt);
        salt.CopyTo(descriptor, SaltAt);
        return descriptor;
    }

    /// <summary>The tree, its root's level first, and the root hash: of the only block, or zeros for an empty file.</summary>
    private static (byte[] Tree, byte[] Root) BuildTree(VerityFile file, byte[] data, byte[] salt)
    {
        if (data.Length == 0)
        {
            return ([], new byte[file.Algorithm == 1 ? SHA256.HashSizeInBytes : SHA512.HashSizeInBytes]);
        }

        List<byte[]> levels = [];
        byte[] level = data;
        while (level.Length > file.BlockSize)
        {
            level = HashBlocks(file, level, salt);
            level = [.. level, .. new byte[RoundUp(level.Length, file.BlockSize) - level.Length]];
            levels.Insert(0, level);
        }

        return ([.. levels.SelectMany(bytes => bytes)], HashBlocks(file, level, salt));
    }

    private static byte[] HashBlocks(VerityFile file, byte[] data, byte[] salt)
    {
        int saltUnit = file.Algorithm == 1 ? 64 : 128;
        byte[] input = new byte[(salt.Length == 0 ? 0 : saltUnit) + file.BlockSize];
        salt.CopyTo(input, 0);
        Span<byte> block = input.AsSpan(input.Length - file.BlockSize);
        List<byte> hashes = [];
        for (int offset = 0; offset < data.Length; offset += file.BlockSize)
        {
            block.Clear();
            data.AsSpan(offset, Math.Min(file.BlockSize, data.Length - offset)).CopyTo(block);
            hashes.AddRange(file.Algorithm == 1 ? SHA256.HashData(input) : SHA512.HashData(input));
        }

        return [.. hashes];
    }

    private static void Tamper(VerityFile file, byte[] data, byte[] tree, byte[] descriptor)
    {
        const int RootAt = 16;
        switch (file.Tampering)
        {
            case Tampering.Data:
                data[data.Length / 2] ^= 1;
                break;
            case Tampering.Tree:
                tree[^(file.BlockSize + 1)] ^= 1;
                break;
            case Tampering.Root:
                descriptor[RootAt] ^= 1;
                break;
            default:
                break;
        }
    }

    private static int RoundUp(long value, int unit) => (int)((value + unit - 1) / unit * unit);
}
