using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Verity;

/// <summary>Hashes blocks of one fs-verity file: its salt is hashed once, and remembered.</summary>
/// <remarks>The salt is padded with zeros to the hash's own block size. Source: Linux,
/// Documentation/filesystems/fsverity.rst, "Merkle tree".</remarks>
internal readonly struct VerityHasher
{
    private readonly Sha256 _small;
    private readonly Sha512 _large;
    private readonly VerityAlgorithm _algorithm;

    /// <summary>Prepares to hash with one of the two algorithms.</summary>
    public VerityHasher(VerityAlgorithm algorithm, ReadOnlySpan<byte> salt)
    {
        _algorithm = algorithm;
        _small = Sha256.Create();
        _large = Sha512.Create();
        if (!salt.IsEmpty)
        {
            _small.Append(salt);
            _small.AppendZeros(Sha256.BlockSize - salt.Length);
            _large.Append(salt);
            _large.AppendZeros(Sha512.BlockSize - salt.Length);
        }
    }

    /// <summary>Logarithm of the bytes in a digest.</summary>
    public static int DigestBits(VerityAlgorithm algorithm) => algorithm == VerityAlgorithm.Sha256 ? 5 : 6;

    /// <summary>Whether a block has this digest.</summary>
    public bool Matches(ReadOnlySpan<byte> block, ReadOnlySpan<byte> digest)
    {
        Span<byte> found = stackalloc byte[Sha512.DigestSize];
        Hash(block, found);
        return found[..(1 << DigestBits(_algorithm))].SequenceEqual(digest);
    }

    /// <summary>Hashes one block; <paramref name="digest"/> has room for the longest digest.</summary>
    public void Hash(ReadOnlySpan<byte> block, Span<byte> digest)
    {
        if (_algorithm == VerityAlgorithm.Sha256)
        {
            Sha256 hash = _small;
            hash.Append(block);
            hash.Finish(digest);
        }
        else
        {
            Sha512 hash = _large;
            hash.Append(block);
            hash.Finish(digest);
        }
    }
}
