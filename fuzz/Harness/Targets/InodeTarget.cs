using Ext4Core;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>An inode in its table, with what every use of an inode checks.</summary>
/// <remarks>Input: options, then the inode's 256 bytes.</remarks>
internal sealed class InodeTarget : StagedTarget
{
    /// <summary>The group's descriptor and the table's block, for each of the two forms; attributes and map look no further.</summary>
    private const int MostVisits = 4;

    /// <inheritdoc/>
    public override string Name => "inode";

    /// <inheritdoc/>
    public override string Description => "one inode of a table: fields, times, checksum, attribute list, root of the block map";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] file = InodeSeeds.File(InodeFlags.Extents, 5000);
            yield return Of(file).Named("file-with-extents");
            yield return Of(InodeSeeds.File(default, 5000)).Named("file-with-pointers");
            yield return Of(InodeSeeds.Inline(0x81A4, "contents of the file, of which the rest is in an attribute behind the inode's fields"u8))
                .Named("file-with-inline-data");
            yield return Of(InodeSeeds.Link("target"u8)).Named("symbolic-link-in-the-inode");
            yield return Of(Changed(file, InodeExtraView.IExtraIsize, 128)).Named("extra-fields-fill-the-inode");
            yield return Of(Changed(file, InodeExtraView.IExtraIsize, 132)).Named("extra-fields-reach-past-the-inode");
            yield return Of(Changed(file, InodeExtraView.IExtraIsize, 30)).Named("extra-fields-of-an-odd-size");
            yield return Of(Changed(file, InodeView.ILinksCount, 0)).Named("not-in-use");
            yield return Of(Changed(file, InodeView.IMode, 0x31A4)).Named("type-that-does-not-exist");
            yield return Of(Changed(file, InodeView.ISizeHigh + 2, 0x8000)).Named("size-that-is-negative");
            yield return Of(Changed(file, InodeView.IFlags + 2, 0x1008)).Named("inline-data-and-extents-at-once");
            yield return new InputWriter(InputOptions.Of(sealsChecksums: false)).Bytes(file).Named("checksum-missing");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => InodeSeeds.Words;

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        Span<byte> bytes = volume.EditInode(StagedVolume.Subject);
        new InputReader(input).Fill(bytes);
        if (options.SealsChecksums)
        {
            volume.SealInode(StagedVolume.Subject);
        }

        bool isFine = volume.Stack.Inodes.TryLoad(volume.Workspace, new(StagedVolume.Subject), out Inode inode, out Damage damage);
        if (!isFine)
        {
            return Verdict.Damaged(damage);
        }

        volume.Stack.Attributes.CheckPlace(volume.Workspace, inode);
        if (inode.Type is FileType.Regular or FileType.Directory && !inode.HasInlineData)
        {
            volume.Stack.Mapper.CheckRoot(volume.Workspace, inode);
        }

        RequireWork(volume.Workspace.BlocksSpent, MostVisits);
        Require(inode.Size <= long.MaxValue, "a negative size");
        Require(InodeView.Size + inode.ExtraSize <= bytes.Length && inode.ExtraSize % 4 == 0, "extra fields that do not fit the inode");
        InodeStat stat = new(inode, volume.BlockSize);
        return Verdict.Accepted(new Digest()
            .Add(stat.Mode).Add((ulong)stat.Size).Add(stat.Sectors).Add(stat.UserId | ((ulong)stat.GroupId << 32))
            .Add(stat.LinkCount | ((ulong)stat.Project << 32)).Add((ulong)stat.Flags).Add(inode.BlockMap)
            .Add(stat.AccessTime.Seconds).Add((ulong)stat.AccessTime.Nanoseconds)
            .Add(stat.ModificationTime.Seconds).Add(stat.ChangeTime.Seconds).Add(inode.CreationTime.Seconds)
            .Add(inode.AttributeBlock.Value).Add(inode.HasAttributeList ? 1ul : 0).Value);
    }

    private static InputWriter Of(byte[] inode) => new InputWriter(InputOptions.Of()).Bytes(inode);

    private static byte[] Changed(byte[] inode, int offset, ushort value)
    {
        byte[] changed = [.. inode];
        Le.PutU16(changed, offset, value);
        return changed;
    }
}
