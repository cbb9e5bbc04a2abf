using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>How a fs-verity file was hashed, and the hash of it all.</summary>
/// <remarks><c>fsverity_descriptor</c>, 256 bytes, then a signature. Source: Linux,
/// Documentation/filesystems/fsverity.rst, "fs-verity descriptor".</remarks>
internal readonly ref struct VerityDescriptorView
{
    public const int Size = 256;
    public const int MaximumSize = 16384;
    public const byte ExpectedVersion = 1;
    public const int MaximumSaltSize = 32;
    [DiskFields(Size)]
    public const int DVersion = 0x0, DHashAlgorithm = 0x1, DLogBlocksize = 0x2, DSaltSize = 0x3, DSigSize = 0x4,
        DDataSize = 0x8, DRootHash = 0x10, DSalt = 0x50, DReserved = 0x70;

    private readonly ReadOnlySpan<byte> _bytes;

    private VerityDescriptorView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>Admits a descriptor as far as it speaks of itself and of its file's size.</summary>
    /// <param name="bytes">The descriptor, perhaps with bytes behind it.</param>
    /// <param name="claimedSize">Bytes in the descriptor and its signature, as the file's last block says.</param>
    /// <param name="fileSize">Bytes in the file.</param>
    /// <param name="where">The descriptor's location.</param>
    public static VerityDescriptorView Parse(
        ReadOnlySpan<byte> bytes, uint claimedSize, ulong fileSize, scoped in DiskLocation where)
    {
        Refuse(claimedSize is < Size or > MaximumSize, CorruptionCode.VerityDescriptorSize, where, claimedSize, Size);
        byte version = bytes[DVersion];
        Refuse(version != ExpectedVersion, CorruptionCode.VerityVersionMismatch, where.At(DVersion), version, ExpectedVersion);
        int set = bytes[DReserved..Size].IndexOfAnyExcept((byte)0);
        Refuse(set >= 0, CorruptionCode.VerityPaddingMismatch, where.At(DReserved + set), bytes[DReserved + Math.Max(set, 0)], 0);
        byte saltSize = bytes[DSaltSize];
        Refuse(saltSize > MaximumSaltSize, CorruptionCode.VeritySaltSize, where.At(DSaltSize), saltSize, MaximumSaltSize);
        ulong dataSize = Le.U64(bytes, DDataSize);
        Refuse(dataSize != fileSize, CorruptionCode.VerityFileSizeMismatch, where.At(DDataSize), dataSize, fileSize);
        uint signatureSize = Le.U32(bytes, DSigSize);
        Refuse(
            signatureSize > claimedSize - Size, CorruptionCode.VeritySignatureSize, where.At(DSigSize), signatureSize,
            claimedSize - Size);
        return new(bytes);
    }

    /// <summary>A descriptor that was admitted before, in this stay of its block.</summary>
    public static VerityDescriptorView Admitted(ReadOnlySpan<byte> bytes) => new(bytes);

    public VerityAlgorithm Algorithm => (VerityAlgorithm)_bytes[DHashAlgorithm];

    /// <summary>Logarithm of the size of a block, of data and of hashes alike.</summary>
    public int BlockBits => _bytes[DLogBlocksize];

    /// <summary>What is hashed in front of every block, before it is padded with zeros.</summary>
    public ReadOnlySpan<byte> Salt => _bytes.Slice(DSalt, _bytes[DSaltSize]);

    /// <summary>The hash of the tree's root block, or of the one block of a small file: 64 bytes, cut to the digest's size.</summary>
    public ReadOnlySpan<byte> RootHash => _bytes[DRootHash..DSalt];

    private static void Refuse(bool isDamaged, CorruptionCode code, in DiskLocation where, ulong found, ulong expected)
    {
        if (isDamaged)
        {
            Corrupt.Throw(code, where, found, expected);
        }
    }
}

/// <summary><c>hash_algorithm</c>: what a fs-verity file is hashed with.</summary>
internal enum VerityAlgorithm : byte
{
    /// <summary>SHA-256.</summary>
    Sha256 = 1,

    /// <summary>SHA-512.</summary>
    Sha512 = 2,
}

/// <summary>Writes a fs-verity descriptor of version 1, without a signature.</summary>
internal static class VerityDescriptorWriter
{
    /// <summary>Fills <see cref="VerityDescriptorView.Size"/> bytes.</summary>
    public static void Write(
        Span<byte> bytes,
        VerityAlgorithm algorithm,
        int blockBits,
        ReadOnlySpan<byte> salt,
        ulong fileSize,
        ReadOnlySpan<byte> rootHash)
    {
        bytes[..VerityDescriptorView.Size].Clear();
        bytes[VerityDescriptorView.DVersion] = VerityDescriptorView.ExpectedVersion;
        bytes[VerityDescriptorView.DHashAlgorithm] = (byte)algorithm;
        bytes[VerityDescriptorView.DLogBlocksize] = (byte)blockBits;
        bytes[VerityDescriptorView.DSaltSize] = (byte)salt.Length;
        Le.PutU64(bytes, VerityDescriptorView.DDataSize, fileSize);
        rootHash.CopyTo(bytes[VerityDescriptorView.DRootHash..VerityDescriptorView.DSalt]);
        salt.CopyTo(bytes[VerityDescriptorView.DSalt..VerityDescriptorView.DReserved]);
    }
}
