using System.Security.Cryptography;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;

namespace Ext4Safety.Fuzz.Making;

/// <summary>A file that fs-verity protects, hashed with the platform's own SHA-2.</summary>
/// <param name="Name">The file.</param>
/// <param name="DataSize">Bytes of data.</param>
/// <param name="IsLong">SHA-512 instead of SHA-256.</param>
/// <param name="Salt">What is hashed in front of every block.</param>
internal sealed record VerityRecipe(string Name, int DataSize, bool IsLong, byte[] Salt)
{
    /// <summary>Every such file.</summary>
    public static IReadOnlyList<VerityRecipe> All { get; } =
    [
        new("one-block", 700, false, []),
        new("one-level", 9000, false, [1, 2, 3, 4]),
        new("two-levels", 40_000, false, []),
        new("long-digests", 9000, true, [5, 6, 7, 8, 9, 10, 11, 12]),
    ];

    /// <summary>Data, then from the alignment on the tree and the descriptor, whose size ends the last block.</summary>
    public byte[] Build(int blockSize)
    {
        byte[] contents = new byte[DataSize];
        contents.AsSpan().Fill((byte)'d');
        byte[] root = BuildTree(contents, blockSize, out byte[] tree);
        int start = (int)VerityTree.StartOf((ulong)DataSize);
        byte[] file = new byte[start + tree.Length + blockSize];
        contents.CopyTo(file, 0);
        tree.CopyTo(file, start);
        VerityDescriptorWriter.Write(
            file.AsSpan(start + tree.Length), IsLong ? VerityAlgorithm.Sha512 : VerityAlgorithm.Sha256, int.Log2(blockSize), Salt,
            (ulong)DataSize, root);
        Le.PutU32(file, file.Length - sizeof(uint), VerityDescriptorView.Size);
        return file;
    }

    private byte[] BuildTree(byte[] contents, int blockSize, out byte[] tree)
    {
        int unit = IsLong ? 128 : 64;
        byte[] prefix = Salt.Length == 0 ? [] : [.. Salt, .. new byte[unit - Salt.Length]];
        byte[] level = Pad(contents, blockSize);
        tree = [];
        while (level.Length > blockSize)
        {
            level = Pad(HashAll(level, blockSize, prefix), blockSize);
            tree = [.. level, .. tree];
        }

        return HashAll(level, blockSize, prefix);
    }

    private byte[] HashAll(byte[] level, int blockSize, byte[] prefix)
    {
        List<byte> digests = [];
        for (int at = 0; at < level.Length; at += blockSize)
        {
            byte[] message = [.. prefix, .. level.AsSpan(at, blockSize)];
            digests.AddRange(IsLong ? SHA512.HashData(message) : SHA256.HashData(message));
        }

        return [.. digests];
    }

    private static byte[] Pad(byte[] bytes, int unit) => [.. bytes, .. new byte[(unit - (bytes.Length % unit)) % unit]];
}
