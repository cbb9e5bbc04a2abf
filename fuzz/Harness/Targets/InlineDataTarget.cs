using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>Contents inside an inode: of a file, or of a directory.</summary>
/// <remarks>Input: options (the target's own as for directories), an offset to read from, a name to look up behind its length,
/// then the inode's 256 bytes.</remarks>
internal sealed class InlineDataTarget : StagedTarget
{
    private const int BufferSize = 300;

    /// <summary>Two for the inode, and two for its contents.</summary>
    private const int MostVisits = 4;

    private readonly DirectoryOracles _oracles = new();
    private readonly byte[] _whole = new byte[BufferSize];
    private readonly byte[] _part = new byte[BufferSize];

    /// <inheritdoc/>
    public override string Name => "inline-data";

    /// <inheritdoc/>
    public override string Description => "files and directories whose contents are inside the inode";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            byte[] file = InodeSeeds.Inline(0x81A4, "contents of the file, of which the rest is in an attribute behind the inode's fields"u8);
            byte[] directory = Directory();
            yield return Of(InputOptions.Of(), file).Named("file");
            yield return Of(InputOptions.Of(isPlain: true), file).Named("file-without-the-feature");
            yield return Of(InputOptions.Of(), directory).Named("directory");
            yield return Of(InputOptions.Of(own: 1), directory).Named("directory-that-folds-case");
            byte[] parentless = [.. directory];
            Le.PutU32(parentless, InodeView.IBlock, 0);
            yield return Of(InputOptions.Of(), parentless).Named("directory-without-parent");
            byte[] crossing = [.. directory];
            Le.PutU16(crossing, InodeView.IBlock + 4 + DirectoryEntryView.DeRecLen, 60);
            yield return Of(InputOptions.Of(), crossing).Named("entry-across-the-two-areas");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary => [.. InodeSeeds.Words, .. DirectorySeeds.Words];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        int offset = reader.U8();
        ReadOnlySpan<byte> name = reader.TakeCounted();
        Span<byte> bytes = volume.EditInode(StagedVolume.Subject);
        reader.Fill(bytes);
        if (options.SealsChecksums)
        {
            volume.SealInode(StagedVolume.Subject);
        }

        if (!volume.Stack.Inodes.TryLoad(volume.Workspace, new(StagedVolume.Subject), out Inode inode, out Damage damage))
        {
            return Verdict.Damaged(damage);
        }

        if (!inode.HasInlineData)
        {
            return Verdict.Refused(0);
        }

        inode.Flags |= DirectoryStage.FlagsOf(options);
        return inode.Type == FileType.Directory ? ReadNames(volume, inode, name) : ReadContents(volume, inode, offset);
    }

    private Verdict ReadNames(StagedVolume volume, in Inode inode, ReadOnlySpan<byte> name)
    {
        CorruptionException? damage = _oracles.List(volume, inode);
        RequireWork(_oracles.MostVisits, MostVisits);
        Digest answer = _oracles.Lookup(volume, inode, name, damage is null);
        if (damage is not null)
        {
            return Verdict.Damaged(damage);
        }

        _oracles.LookupListed(volume, inode);
        return Verdict.Accepted(_oracles.Names.Digest.Add(answer.Value).Value);
    }

    /// <summary>A part of the contents is the same as that part of all of them, and zeros follow.</summary>
    private Verdict ReadContents(StagedVolume volume, in Inode inode, int offset)
    {
        int count = volume.Stack.Inline.Read(volume.Workspace, inode, 0, _whole);
        RequireWork(volume.Workspace.BlocksSpent, MostVisits);
        Span<byte> part = _part.AsSpan(0, _whole.Length - offset);
        int partCount = volume.Stack.Inline.Read(volume.Workspace, inode, offset, part);
        Require(
            part.SequenceEqual(_whole.AsSpan(offset)) && partCount == Math.Max(0, count - offset)
            && _whole.AsSpan(count).IndexOfAnyExcept((byte)0) < 0,
            "a part of inline data is not that part of the whole");
        return Verdict.Accepted(new Digest().Add(_whole.AsSpan(0, count)).Value);
    }

    private static InputWriter Of(InputOptions options, byte[] inode) =>
        new InputWriter(options).U8(7).Counted("name"u8).Bytes(inode);

    private static byte[] Directory()
    {
        Span<byte> contents = stackalloc byte[InodeView.BlockMapSize + 40];
        Le.PutU32(contents, 0, 2);
        Span<byte> head = contents[4..InodeView.BlockMapSize];
        DirectoryBlockWriter.Put(head, 0, 16, StagedVolume.Companion, "name"u8, DirectoryEntryType.Regular);
        DirectoryBlockWriter.Put(head, 16, head.Length - 16, 0, default, default);
        DirectoryBlockWriter.Put(contents[InodeView.BlockMapSize..], 0, 40, StagedVolume.Companion + 1, "other"u8, DirectoryEntryType.Fifo);
        return InodeSeeds.Inline(0x41ED, contents);
    }
}
