using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Verity;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>A block that has a digest.</summary>
/// <param name="Offset">Where it is. Unit: bytes of the volume; -1 for a hole.</param>
/// <param name="Length">Bytes of it that count; zeros fill the rest.</param>
/// <param name="Parent">Which block of the file holds its digest; -1 for the descriptor.</param>
/// <param name="Digest">Where its digest is. Unit: bytes of the volume.</param>
internal readonly record struct HashedBlock(long Offset, int Length, int Parent, long Digest);

/// <summary>A file of a sound volume that fs-verity protects.</summary>
internal sealed class VerityFile
{
    private readonly SurveyedRun[] _runs;
    private readonly int _volumeBlockBits;

    /// <summary>Finds its blocks.</summary>
    public VerityFile(in Inode inode, long descriptor, ReadOnlySpan<byte> bytes, int volumeBlockBits, SurveyedRun[] runs)
    {
        _runs = runs;
        _volumeBlockBits = volumeBlockBits;
        Descriptor = descriptor;
        VerityDescriptorView view = VerityDescriptorView.Admitted(bytes);
        Algorithm = view.Algorithm;
        BlockBits = view.BlockBits;
        VerityTree.Build(view, inode.Size, volumeBlockBits, default, out VerityTree tree);
        DigestSize = tree.DigestSize;
        Blocks = [.. Find(tree, (long)inode.Size)];
    }

    /// <summary>Where the descriptor is. Unit: bytes of the volume.</summary>
    public long Descriptor { get; }

    /// <summary>What it is hashed with.</summary>
    public VerityAlgorithm Algorithm { get; }

    /// <summary>Logarithm of the bytes in a block, of data and of hashes alike.</summary>
    public int BlockBits { get; }

    /// <summary>Bytes in a digest.</summary>
    public int DigestSize { get; }

    /// <summary>The blocks of data, then those of hashes, level by level upwards: each before the one that holds its digest.</summary>
    public HashedBlock[] Blocks { get; }

    private List<HashedBlock> Find(in VerityTree tree, long size)
    {
        List<HashedBlock> blocks = [];
        int count = (int)((size + tree.BlockSize - 1) >> BlockBits);
        for (int level = -1; level < tree.LevelCount; level++)
        {
            int parents = blocks.Count + count;
            for (int index = 0; index < count; index++)
            {
                long position = level < 0 ? (long)index << BlockBits : tree.PositionOf(level, index);
                int length = level < 0 ? (int)Math.Min(tree.BlockSize, size - position) : tree.BlockSize;
                bool isTop = level == tree.LevelCount - 1;
                int slot = index & ((1 << tree.ArityBits) - 1);
                blocks.Add(new(
                    PlaceOf(position), length, isTop ? -1 : parents + (index >> tree.ArityBits),
                    isTop
                        ? Descriptor + VerityDescriptorView.DRootHash
                        : PlaceOf(tree.PositionOf(level + 1, index >> tree.ArityBits)) + (slot * tree.DigestSize)));
            }

            count = (count + (1 << tree.ArityBits) - 1) >> tree.ArityBits;
        }

        return blocks;
    }

    private long PlaceOf(long position)
    {
        foreach (SurveyedRun run in _runs)
        {
            long within = position - ((long)run.First << _volumeBlockBits);
            if (within >= 0 && within < run.Length)
            {
                return run.Offset + within;
            }
        }

        return -1;
    }
}
