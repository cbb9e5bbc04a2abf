using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>An attribute whose value fills an inode of its own.</summary>
/// <remarks>Input: options, the value's size, the value inode's 256 bytes, then blocks as parts. When checksums are put right,
/// so is that of the value, if it lies in the places from 1 on.</remarks>
internal sealed class ValueInodeTarget : StagedTarget
{
    private const int FirstValuePlace = 1;

    private readonly byte[] _value = new byte[64 << 10];

    /// <inheritdoc/>
    public override string Name => "value-inode";

    /// <inheritdoc/>
    public override string Description => "an attribute's value in an inode of its own, against its checksums";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] inode = InodeSeeds.File(InodeFlags.Extents | InodeFlags.AttributeInode, 1500);
            StagedVolume.PutExtents(inode.AsSpan(InodeView.IBlock, InodeView.BlockMapSize), 0, FirstValuePlace, 2);
            yield return Of(InputOptions.Of(), 1500, inode).Named("value-of-two-blocks");
            yield return Of(InputOptions.Of(hasLargeBlocks: true), 1500, inode).Named("value-of-one-block-4k");
            yield return Of(InputOptions.Of(sealsChecksums: false, hasChecksums: false), 1500, inode).Named("value-of-a-wrong-checksum");
            yield return Of(InputOptions.Of(), 1501, inode).Named("value-one-byte-longer-than-its-inode");
            yield return Of(InputOptions.Of(isPlain: true), 1500, inode).Named("value-without-the-feature");
            byte[] plain = InodeSeeds.File(InodeFlags.Extents, 1500);
            yield return Of(InputOptions.Of(), 1500, plain).Named("value-in-an-ordinary-file");
            StagedVolume.PutExtents(inode.AsSpan(InodeView.IBlock, InodeView.BlockMapSize), 0, FirstValuePlace, 1);
            yield return Of(InputOptions.Of(), 1500, inode).Named("value-with-a-hole");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [.. InodeSeeds.Words, .. ExtentWords.All];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        ushort size = reader.U16();
        Span<byte> bytes = volume.EditInode(StagedVolume.Companion);
        reader.Fill(bytes);
        while (reader.TryTakePart(out int place, out ReadOnlySpan<byte> contents))
        {
            volume.Lay(place, contents);
        }

        uint checksum = ValueChecksum(volume, size);
        if (options.SealsChecksums)
        {
            Le.PutU32(bytes, InodeView.IAtime, checksum);
            volume.SealInode(StagedVolume.Companion);
        }

        Inode owner = volume.SubjectOf(FileType.Regular, default, 0, default);
        owner.AttributeBlock = new(PutAttribute(volume, size, checksum));
        FsError error = volume.Stack.Attributes.Get(volume.Workspace, owner, "user.v"u8, _value, out int length);

        // The owner's block, the value inode's two, and a way through the map for each block of the value.
        RequireWork(volume.Workspace.BlocksSpent, 3 + ((ExtentNodeView.MaximumDepth + 1) * ((size / volume.BlockSize) + 1L)));
        Require(error == FsError.None && length == size, "a value is not as long as it says");
        Require(size == 0 || new InodeView(bytes).FileSizeLow == size, "a value is not as long as the inode that it fills");
        return Verdict.Accepted(new Digest().Add(_value.AsSpan(0, length)).Value);
    }

    private static uint ValueChecksum(StagedVolume volume, int size)
    {
        uint checksum = volume.Geometry.ChecksumSeed;
        for (int place = FirstValuePlace; size > 0; place++)
        {
            ReadOnlySpan<byte> block = volume.Place(place);
            checksum = Crc32C.Append(checksum, block[..Math.Min(size, block.Length)]);
            size -= block.Length;
        }

        return checksum;
    }

    /// <summary>The owner's attribute block: one name that leads to the value inode.</summary>
    private static ulong PutAttribute(StagedVolume volume, ushort size, uint checksum)
    {
        ulong number = StagedVolume.BlockOf(0);
        Span<byte> block = volume.Lay(0, default);
        AttributeBlockWriter.Initialise(block);
        AttributeListWriter writer = new(block, AttributeBlockView.HeaderSize);
        _ = writer.TryAddReference(
            AttributeNamespace.User, "v"u8, StagedVolume.Companion, size, AttributeHash.OfEntry("v"u8, checksum));
        AttributeBlockWriter.Seal(block, volume.Geometry.ChecksumSeed, number, hasChecksums: true);
        return number;
    }

    private static InputWriter Of(InputOptions options, ushort size, byte[] inode) => new InputWriter(options).U16(size).Bytes(inode)
        .Part(FirstValuePlace, "start of the value"u8).Part(FirstValuePlace + 1, "rest of the value"u8);
}
