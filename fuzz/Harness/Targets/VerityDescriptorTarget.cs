using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Verity;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A fs-verity descriptor and the shape of the tree that it describes.</summary>
/// <remarks>Input: the size that the file's last block claims, the file's size, the logarithm of the volume's block size over
/// 1 KiB, then the descriptor.</remarks>
internal sealed class VerityDescriptorTarget : FuzzTarget
{
    private const int MostBlockBits = 7;

    private static readonly DiskLocation Here = new(StructureKind.VerityDescriptor, 12, 0);

    private readonly byte[] _descriptor = new byte[VerityDescriptorView.Size];

    /// <inheritdoc/>
    public override string Name => "verity-descriptor";

    /// <inheritdoc/>
    public override string Description => "a fs-verity descriptor, and the levels of the tree that follow from it";

    /// <inheritdoc/>
    public override long AllocationBudget => 12 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(VerityAlgorithm.Sha256, 12, 100_000).Named("sha-256");
            yield return Of(VerityAlgorithm.Sha512, 10, 100_000).Named("sha-512-with-small-blocks");
            yield return Of(VerityAlgorithm.Sha256, 12, 0).Named("empty-file");
            yield return Of(VerityAlgorithm.Sha256, 12, 1ul << 61).Named("largest-file");
            yield return Of(VerityAlgorithm.Sha512, 10, 1ul << 61).Named("file-of-too-many-levels");
            yield return Of((VerityAlgorithm)3, 12, 1).Named("algorithm-that-nobody-knows");
            yield return Of(VerityAlgorithm.Sha256, 13, 1).Named("blocks-larger-than-the-volumes");
            yield return Of(VerityAlgorithm.Sha256, 9, 1).Named("blocks-too-small");
            yield return Of(VerityAlgorithm.Sha256, 12, 1, claimedSize: 255).Named("one-byte-short");
            yield return Of(VerityAlgorithm.Sha256, 12, 1, fileSize: 2).Named("file-of-another-size");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [new("start", [1, 1, 12, 0]), new("start_sha_512", [1, 2, 10, 32])];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        uint claimedSize = reader.U32();
        ulong fileSize = reader.U64() & long.MaxValue;
        int blockBits = 10 + (reader.U8() % MostBlockBits);
        reader.Fill(_descriptor);
        try
        {
            VerityDescriptorView descriptor = VerityDescriptorView.Parse(_descriptor, claimedSize, fileSize, Here);
            if (fileSize > long.MaxValue / 2)
            {
                // No file whose metadata would lie beyond the largest offset gets here: its extents end before.
                return Verdict.Refused(0);
            }

            VerityTree.Build(descriptor, fileSize, blockBits, Here, out VerityTree tree);
            return Verdict.Accepted(Look(tree, fileSize).Value);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
    }

    /// <summary>Every level lies behind the file, and the one above the data behind all others.</summary>
    private static Digest Look(in VerityTree tree, ulong fileSize)
    {
        Digest digest = new Digest().Add((ulong)tree.LevelCount).Add((ulong)tree.BlockSize).Add(tree.Root);
        long above = tree.Start - tree.BlockSize;
        bool isFine = (ulong)tree.Start >= fileSize;
        for (int level = tree.LevelCount - 1; level >= 0; level--)
        {
            long position = tree.PositionOf(level, 0);
            isFine &= position > above;
            above = position;
            digest = digest.Add(position);
        }

        return isFine ? digest : throw new FindingException(FindingKind.Contradiction, "levels of a tree that do not follow each other");
    }

    private static InputWriter Of(
        VerityAlgorithm algorithm, int blockBits, ulong dataSize, uint claimedSize = VerityDescriptorView.Size, ulong? fileSize = null)
    {
        byte[] descriptor = new byte[VerityDescriptorView.Size];
        VerityDescriptorWriter.Write(descriptor, algorithm, blockBits, "salt"u8, dataSize, "root"u8);
        Span<byte> size = stackalloc byte[sizeof(ulong)];
        Ext4Core.Primitives.Le.PutU64(size, 0, fileSize ?? dataSize);
        return new InputWriter().U32(claimedSize).Bytes(size).U8(2).Bytes(descriptor);
    }
}
