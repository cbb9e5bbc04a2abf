using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>Attributes in the space behind an inode's fields.</summary>
/// <remarks>Input: options, then what lies behind the inode's fields: 96 bytes.</remarks>
internal sealed class InodeAttributesTarget : StagedTarget
{
    private const int RoomStart = InodeView.Size + 32;

    private readonly AttributeOracles _oracles = new();
    private readonly byte[] _file = InodeSeeds.File(InodeFlags.Extents, 0);

    /// <inheritdoc/>
    public override string Name => "inode-attributes";

    /// <inheritdoc/>
    public override string Description => "list and values of the attributes in an inode";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] room = Room(hasList: false);
            yield return Of(InputOptions.Of(), room).Named("three-attributes");
            yield return Of(InputOptions.Of(isPlain: true), room).Named("three-attributes-on-a-plain-volume");
            yield return Of(InputOptions.Of(), []).Named("no-attributes");
            int first = InodeAttributesView.HeaderSize;
            yield return Of(InputOptions.Of(), Changed(room, first, 200)).Named("name-reaches-past-the-inode");
            yield return Of(InputOptions.Of(), Changed(room, first, 2)).Named("name-one-byte-longer-than-it-is");
            yield return Of(InputOptions.Of(), Changed(room, first + AttributeEntryView.EValueSize + 3, 2)).Named("value-too-large");
            yield return Of(InputOptions.Of(), Changed(room, first + AttributeEntryView.EValueInum, 2)).Named("value-in-the-root");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => AttributeSeeds.Words;

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        Span<byte> bytes = volume.EditInode(StagedVolume.Subject);
        _file.CopyTo(bytes);
        new InputReader(input).Fill(bytes[RoomStart..]);
        if (options.SealsChecksums)
        {
            volume.SealInode(StagedVolume.Subject);
        }

        return volume.Stack.Inodes.TryLoad(volume.Workspace, new(StagedVolume.Subject), out Inode inode, out Damage damage)
            ? Verdict.Accepted(_oracles.Check(volume, inode, isEveryNameFound: true).Value)
            : Verdict.Damaged(damage);
    }

    private static InputWriter Of(InputOptions options, byte[] room) => new InputWriter(options).Bytes(room);

    private static byte[] Room(bool hasList)
    {
        byte[] inode = new byte[StagedVolume.InodeSize];
        AttributeListWriter writer = InodeSeeds.AddAttributes(inode);
        AttributeSeeds.Fill(ref writer, hasList);
        return inode[RoomStart..];
    }

    private static byte[] Changed(byte[] room, int offset, byte value)
    {
        byte[] changed = [.. room];
        changed[offset] = value;
        return changed;
    }
}
