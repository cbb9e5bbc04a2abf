using Ext4Core.Audit;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The file that holds the numbers of orphaned inodes.</summary>
/// <remarks>Input: options (the target's own: 1 makes the size odd, 2 leaves a hole), the number of blocks, then blocks as parts.</remarks>
internal sealed class OrphanFileTarget : StagedTarget
{
    private const int MostBlocks = 8;
    private const int HasOddSize = 1, HasHole = 2;

    /// <inheritdoc/>
    public override string Name => "orphan-file";

    /// <inheritdoc/>
    public override string Description => "the blocks of the orphan file, and how many of their slots are in use";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(InputOptions.Of()).Named("two-blocks");
            yield return Of(InputOptions.Of(hasChecksums: false, hasLargeBlocks: true)).Named("two-blocks-4k-without-checksums");
            yield return Of(InputOptions.Of(sealsChecksums: false)).Named("checksum-missing");
            yield return Of(InputOptions.Of(own: HasOddSize)).Named("size-of-half-a-block");
            yield return Of(InputOptions.Of(own: HasHole)).Named("last-block-missing");
            yield return new InputWriter(InputOptions.Of()).U8(0).Named("block-without-magic");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [new("magic", [4, 0xCA, 0x10, 0x0B])];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        int blocks = 1 + (reader.U8() % MostBlocks);
        while (reader.TryTakePart(out int index, out ReadOnlySpan<byte> bytes))
        {
            Span<byte> block = volume.Lay(index % blocks, bytes);
            if (options.SealsChecksums)
            {
                uint checksum = OrphanBlockView.ComputeChecksum(block, StagedVolume.BlockOf(index % blocks), volume.SubjectSeed);
                Le.PutU32(block, block.Length - OrphanBlockView.TailSize + OrphanBlockView.ObChecksum, checksum);
            }
        }

        PutInode(volume, options.Own, blocks);
        OrphanReader orphans = new(volume.Geometry, volume.Stack.Cache, volume.Stack.Inodes, volume.Stack.Mapper);
        ulong count = orphans.CountFile(volume.Workspace, new(StagedVolume.Subject), StagedVolume.SuperblockWhere);
        RequireWork(volume.Workspace.BlocksSpent, blocks + 2);
        Require(count == Count(volume, blocks), "the count of orphans is another than that of numbers");
        return Verdict.Accepted(new Digest().Add(count).Value);
    }

    private static void PutInode(StagedVolume volume, int own, int blocks)
    {
        Span<byte> inode = volume.EditInode(StagedVolume.Subject);
        ulong size = (ulong)(blocks * volume.BlockSize) - ((own & HasOddSize) != 0 ? (ulong)volume.BlockSize / 2 : 0);
        InodeSeeds.File(InodeFlags.Extents, size).CopyTo(inode);
        StagedVolume.PutExtents(
            inode.Slice(InodeView.IBlock, InodeView.BlockMapSize), 0, 0, blocks - ((own & HasHole) != 0 ? 1 : 0));
        volume.SealInode(StagedVolume.Subject);
    }

    private static ulong Count(StagedVolume volume, int blocks)
    {
        ulong count = 0;
        for (int place = 0; place < blocks; place++)
        {
            ReadOnlySpan<byte> block = volume.Place(place)[..^OrphanBlockView.TailSize];
            for (int at = 0; at < block.Length; at += OrphanBlockView.EntrySize)
            {
                count += block.Slice(at, OrphanBlockView.EntrySize).IndexOfAnyExcept((byte)0) >= 0 ? 1u : 0;
            }
        }

        return count;
    }

    private static InputWriter Of(InputOptions options)
    {
        byte[] block = new byte[options.HasLargeBlocks ? 4096 : 1024];
        Le.PutU32(block, 0, StagedVolume.Companion);
        Le.PutU32(block, 40, StagedVolume.Companion + 1);
        Le.PutU32(block, block.Length - OrphanBlockView.TailSize, OrphanBlockView.ExpectedMagic);
        return new InputWriter(options).U8(1).Part(0, block).Part(1, block);
    }
}
