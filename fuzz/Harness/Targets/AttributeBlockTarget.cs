using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A block of attributes.</summary>
/// <remarks>Input: options, then the block's bytes from its start.</remarks>
internal sealed class AttributeBlockTarget : StagedTarget
{
    private readonly AttributeOracles _oracles = new();

    /// <inheritdoc/>
    public override string Name => "attribute-block";

    /// <inheritdoc/>
    public override string Description => "list and values of a block of attributes";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] block = Block(1024);
            yield return Of(InputOptions.Of(), block).Named("four-attributes");
            yield return Of(InputOptions.Of(hasChecksums: false), block).Named("four-attributes-without-checksums");
            yield return Of(InputOptions.Of(hasLargeBlocks: true), Block(4096)).Named("four-attributes-4k");
            yield return Of(InputOptions.Of(sealsChecksums: false), block).Named("checksum-missing");
            yield return Of(InputOptions.Of(), Changed(block, AttributeBlockView.HMagic, 1)).Named("magic-off-by-one");
            yield return Of(InputOptions.Of(), Changed(block, AttributeBlockView.HBlocks, 2)).Named("two-blocks");
            int first = AttributeBlockView.HeaderSize;
            yield return Of(InputOptions.Of(), Changed(block, first + AttributeEntryView.EValueOffs, 1024)).Named("value-behind-the-block");
            yield return Of(InputOptions.Of(), Changed(block, first + AttributeEntryView.EValueOffs, 40)).Named("value-over-the-names");
            yield return Of(InputOptions.Of(isPlain: true), Changed(block, first + AttributeEntryView.EValueInum, 13))
                .Named("value-inode-without-the-feature");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => AttributeSeeds.Words;

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        BlockNumber number = new(StagedVolume.BlockOf(0));
        Span<byte> block = volume.Lay(0, input);
        if (options.SealsChecksums)
        {
            uint checksum = AttributeBlockView.ComputeChecksum(block, volume.Geometry.ChecksumSeed, number.Value);
            Le.PutU32(block, AttributeBlockView.HChecksum, checksum);
        }

        Damage damage = volume.Stack.Attributes.Examine(
            block, number, new(StructureKind.AttributeBlock, number.Value, 0, StagedVolume.Subject));
        if (!damage.IsNone)
        {
            return Verdict.Damaged(damage);
        }

        Inode inode = volume.SubjectOf(FileType.Regular, default, 0, default);
        inode.AttributeBlock = new(number.Value);
        return Verdict.Accepted(_oracles.Check(volume, inode, isEveryNameFound: false).Value);
    }

    private static InputWriter Of(InputOptions options, byte[] block) => new InputWriter(options).Bytes(block);

    private static byte[] Block(int size)
    {
        byte[] block = new byte[size];
        AttributeBlockWriter.Initialise(block);
        AttributeListWriter writer = new(block, AttributeBlockView.HeaderSize);
        AttributeSeeds.Fill(ref writer, hasList: true);
        return block;
    }

    private static byte[] Changed(byte[] block, int offset, ushort value)
    {
        byte[] changed = [.. block];
        Le.PutU16(changed, offset, value);
        return changed;
    }
}
