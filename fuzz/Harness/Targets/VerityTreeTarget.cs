using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A file that is held against its Merkle tree.</summary>
/// <remarks>Input: options, the file's size, then parts: 0 to 7 are its data, 8 to 10 its tree, 11 the descriptor. When checksums
/// are put right, so are the tree and the descriptor's root, and the data must be taken; with one bit changed it must not.</remarks>
internal sealed class VerityTreeTarget : StagedTarget
{
    private const int DataBlocks = 8, TreeBlocks = 3, DescriptorPlace = DataBlocks + TreeBlocks;
    private const int MostVisits = 32;

    private readonly byte[] _data = new byte[DataBlocks * 4096];

    /// <inheritdoc/>
    public override string Name => "verity-tree";

    /// <inheritdoc/>
    public override string Description => "the contents of a fs-verity file against its Merkle tree";

    /// <inheritdoc/>
    public override int MaximumLength => 8192;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(InputOptions.Of(), VerityAlgorithm.Sha256, 10, 5000).Named("sha-256");
            yield return Of(InputOptions.Of(hasLargeBlocks: true), VerityAlgorithm.Sha512, 10, 32_000).Named("sha-512-of-two-levels");
            yield return Of(InputOptions.Of(hasLargeBlocks: true), VerityAlgorithm.Sha256, 12, 100).Named("one-block-without-a-tree");
            yield return Of(InputOptions.Of(), VerityAlgorithm.Sha256, 11, 5000).Named("blocks-larger-than-the-volumes");
            yield return Of(InputOptions.Of(sealsChecksums: false), VerityAlgorithm.Sha256, 10, 5000).Named("tree-of-zeros");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [new("start", [1, 1, 10, 0]), new("start_sha_512", [1, 2, 10, 32])];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        int size = reader.U16() % ((DataBlocks * volume.BlockSize) + 1);
        while (reader.TryTakePart(out int place, out ReadOnlySpan<byte> bytes))
        {
            volume.Lay(place % (DescriptorPlace + 1), bytes);
        }

        CopyData(volume, size);
        if (options.SealsChecksums)
        {
            Seal(volume, size);
        }

        Inode inode = MakeInode(volume, size);
        volume.Stack.Verity.Open(volume.Workspace, inode, out VerityTree tree);
        int length = (size + tree.BlockSize - 1) & -tree.BlockSize;
        Span<byte> data = _data.AsSpan(0, length);
        bool isTaken = volume.Stack.Verity.Verify(volume.Workspace, inode, tree, 0, data);
        RequireWork(volume.Workspace.BlocksSpent, MostVisits);
        if (options.SealsChecksums && tree.LevelCount > 0)
        {
            Require(isTaken, "data is refused that its own tree was made of");
            data[size / 2] ^= 1;
            Require(!volume.Stack.Verity.Verify(volume.Workspace, inode, tree, 0, data), "data is taken that was changed");
        }

        return isTaken ? Verdict.Accepted((ulong)tree.LevelCount) : Verdict.Refused((ulong)tree.LevelCount);
    }

    private void CopyData(StagedVolume volume, int size)
    {
        _data.AsSpan().Clear();
        for (int place = 0; place < DataBlocks; place++)
        {
            volume.Place(place).CopyTo(_data.AsSpan(place * volume.BlockSize));
        }

        _data.AsSpan(size).Clear();
    }

    /// <summary>Puts the tree right where its descriptor can be understood and the tree has room.</summary>
    private void Seal(StagedVolume volume, int size)
    {
        Span<byte> descriptor = volume.Device.Edit(StagedVolume.FirstPlace + DescriptorPlace);
        Le.PutU64(descriptor, VerityDescriptorView.DDataSize, (ulong)size);
        Le.PutU32(descriptor, descriptor.Length - sizeof(uint), VerityDescriptorView.Size);
        VerityTree.Build(
            VerityDescriptorView.Parse(descriptor, VerityDescriptorView.Size, (ulong)size, StagedVolume.SuperblockWhere),
            (ulong)size, volume.Geometry.BlockBits, StagedVolume.SuperblockWhere, out VerityTree tree);
        int count = (size + tree.BlockSize - 1) / tree.BlockSize;
        for (int level = 0; level < tree.LevelCount; level++)
        {
            HashLevel(volume, tree, level, count);
            count = (count + (1 << tree.ArityBits) - 1) >> tree.ArityBits;
        }

        Span<byte> root = descriptor[VerityDescriptorView.DRootHash..VerityDescriptorView.DSalt];
        root.Clear();
        tree.Hasher.Hash(size == 0 ? default : Below(volume, tree, tree.LevelCount, 0), root);
    }

    /// <summary>Fills one level with the hashes of the blocks below it.</summary>
    private void HashLevel(StagedVolume volume, in VerityTree tree, int level, int count)
    {
        Span<byte> digest = stackalloc byte[Sha512.DigestSize];
        int mask = (1 << tree.ArityBits) - 1;
        for (int index = 0; index < count; index++)
        {
            tree.Hasher.Hash(Below(volume, tree, level, index), digest);
            Span<byte> block = TreeBlock(volume, tree, level, index >> tree.ArityBits);
            if ((index & mask) == 0)
            {
                block.Clear();
            }

            digest[..tree.DigestSize].CopyTo(block[((index & mask) * tree.DigestSize)..]);
        }
    }

    /// <summary>A block of the level below: of data, or of hashes.</summary>
    private ReadOnlySpan<byte> Below(StagedVolume volume, in VerityTree tree, int level, int index) => level == 0
        ? _data.AsSpan(index * tree.BlockSize, tree.BlockSize)
        : TreeBlock(volume, tree, level - 1, index);

    private static Span<byte> TreeBlock(StagedVolume volume, in VerityTree tree, int level, int index)
    {
        int position = (int)(tree.PositionOf(level, index) - tree.Start);
        return volume.Device.Edit(StagedVolume.FirstPlace + DataBlocks + (position / volume.BlockSize))
            .Slice(position % volume.BlockSize, tree.BlockSize);
    }

    private static Inode MakeInode(StagedVolume volume, int size)
    {
        Span<byte> root = stackalloc byte[InodeView.BlockMapSize];
        uint behind = (uint)(VerityTree.StartOf((ulong)size) >> volume.Geometry.BlockBits);
        ExtentNodeWriter.Initialise(root, depth: 0);
        if (behind > 0)
        {
            ExtentNodeWriter.AppendExtent(root, 0, DataBlocks, StagedVolume.BlockOf(0), isUnwritten: false);
        }

        ExtentNodeWriter.AppendExtent(root, behind, TreeBlocks + 1, StagedVolume.BlockOf(DataBlocks), isUnwritten: false);
        return volume.SubjectOf(FileType.Regular, InodeFlags.Extents | InodeFlags.Verity, (ulong)size, root);
    }

    private static InputWriter Of(InputOptions options, VerityAlgorithm algorithm, int blockBits, ushort size)
    {
        byte[] descriptor = new byte[options.HasLargeBlocks ? 4096 : 1024];
        VerityDescriptorWriter.Write(descriptor, algorithm, blockBits, "salt"u8, size, default);
        Le.PutU32(descriptor, descriptor.Length - sizeof(uint), VerityDescriptorView.Size);
        return new InputWriter(options).U16(size).Part(0, "start of the data"u8).Part(4, "more of it"u8)
            .Part(DescriptorPlace, descriptor);
    }
}
