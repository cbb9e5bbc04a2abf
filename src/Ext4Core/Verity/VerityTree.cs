using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Verity;

/// <summary>The proven shape of one file's Merkle tree, on the stack for the time of one request.</summary>
/// <remarks>Blocks of 1 KiB up to the volume's block size are spoken; kernels take no more than their page size, mostly
/// 4 KiB. The root's level is stored first, the one above the data last.</remarks>
internal struct VerityTree
{
    /// <summary>Where metadata starts behind the file's data: at the next multiple of this.</summary>
    public const long MetadataAlignment = 65536;
    private const int MaximumLevels = 8;
    private const int MinimumBlockBits = 10;

    private LevelStarts _levelStarts;
    private Digest _root;

    /// <summary>Hashes the file's blocks.</summary>
    public VerityHasher Hasher;

    /// <summary>Logarithm of the size of a block, of data and of hashes alike.</summary>
    public int BlockBits;

    /// <summary>Bytes in a digest.</summary>
    public int DigestSize;

    /// <summary>Logarithm of the hashes in a block.</summary>
    public int ArityBits;

    /// <summary>Levels of hash blocks; none for a file of one block.</summary>
    public int LevelCount;

    /// <summary>Where the tree starts in the file. Unit: bytes.</summary>
    public long Start;

    public readonly int BlockSize => 1 << BlockBits;

    /// <summary>The root's digest.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Root => ((ReadOnlySpan<byte>)_root)[..DigestSize];

    /// <summary>Where the tree starts behind a file of this size.</summary>
    public static long StartOf(ulong fileSize) =>
        (long)((fileSize + (MetadataAlignment - 1)) & ~(ulong)(MetadataAlignment - 1));

    /// <summary>Admits what an admitted descriptor says of the tree.</summary>
    public static void Build(
        VerityDescriptorView descriptor, ulong fileSize, int volumeBlockBits, in DiskLocation where, out VerityTree tree)
    {
        VerityAlgorithm algorithm = descriptor.Algorithm;
        if (algorithm is not (VerityAlgorithm.Sha256 or VerityAlgorithm.Sha512))
        {
            Corrupt.Throw(
                CorruptionCode.VerityAlgorithmUnknown,
                where.At(VerityDescriptorView.DHashAlgorithm),
                (ulong)algorithm,
                (ulong)VerityAlgorithm.Sha512);
        }

        int blockBits = descriptor.BlockBits;
        if (blockBits < MinimumBlockBits || blockBits > volumeBlockBits)
        {
            Corrupt.Throw(
                CorruptionCode.VerityBlockSizeOutOfRange,
                where.At(VerityDescriptorView.DLogBlocksize),
                (ulong)blockBits,
                (ulong)volumeBlockBits);
        }

        int digestBits = VerityHasher.DigestBits(algorithm);
        tree = new()
        {
            Hasher = new(algorithm, descriptor.Salt),
            BlockBits = blockBits,
            DigestSize = 1 << digestBits,
            ArityBits = blockBits - digestBits,
            Start = StartOf(fileSize),
        };
        descriptor.RootHash.CopyTo(tree._root);
        tree.PlaceLevels(fileSize, where);
    }

    /// <summary>Where a hash block starts in the file. Unit: bytes.</summary>
    public readonly long PositionOf(int level, long blockIndex) => Start + ((_levelStarts[level] + blockIndex) << BlockBits);

    private void PlaceLevels(ulong fileSize, in DiskLocation where)
    {
        Span<long> counts = stackalloc long[MaximumLevels];
        long blocks = (long)((fileSize + (ulong)BlockSize - 1) >> BlockBits);
        while (blocks > 1)
        {
            if (LevelCount == MaximumLevels)
            {
                Corrupt.Throw(CorruptionCode.VerityLevelsOverflow, where.At(VerityDescriptorView.DDataSize), fileSize, MaximumLevels);
            }

            blocks = (blocks + (1L << ArityBits) - 1) >> ArityBits;
            counts[LevelCount++] = blocks;
        }

        long next = 0;
        for (int level = LevelCount - 1; level >= 0; level--)
        {
            _levelStarts[level] = next;
            next += counts[level];
        }
    }

    [InlineArray(MaximumLevels)]
    private struct LevelStarts
    {
        private long _first;
    }

    [InlineArray(Sha512.DigestSize)]
    private struct Digest
    {
        private byte _first;
    }
}
