using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Lays the blocks of a directory, and puts their checksums right as the reader will look at them.</summary>
internal static class DirectoryStage
{
    private const int FoldsCase = 1, IsEncrypted = 2;

    /// <summary>A directory over places that follow each other.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="options">The input's.</param>
    /// <param name="flags">Flags beside those that the options say.</param>
    /// <param name="blocks">Blocks of the directory.</param>
    /// <param name="reader">The blocks, as parts.</param>
    public static Inode Lay(StagedVolume volume, InputOptions options, InodeFlags flags, int blocks, ref InputReader reader)
    {
        flags |= FlagsOf(options) | InodeFlags.Extents;
        while (reader.TryTakePart(out int index, out ReadOnlySpan<byte> bytes))
        {
            index %= blocks;
            Span<byte> block = volume.Lay(index, bytes);
            if (options is { SealsChecksums: true, HasChecksums: true })
            {
                Seal(block, volume.SubjectSeed, flags.HasFlag(InodeFlags.Index) && (index == 0 || IsNode(block)));
            }
        }

        Span<byte> root = stackalloc byte[InodeView.BlockMapSize];
        StagedVolume.PutExtents(root, 0, 0, blocks);
        return volume.SubjectOf(FileType.Directory, flags, (ulong)(blocks * volume.BlockSize), root);
    }

    /// <summary>What the two bits of the target's own say of a directory.</summary>
    public static InodeFlags FlagsOf(InputOptions options) =>
        ((options.Own & FoldsCase) != 0 && !options.IsPlain ? InodeFlags.CaseFold : default)
        | ((options.Own & IsEncrypted) != 0 && !options.IsPlain ? InodeFlags.Encrypted : default);

    private static bool IsNode(ReadOnlySpan<byte> block) =>
        Le.U32(block, DirectoryEntryView.DeInode) == 0 && DirectoryEntryView.SizeAt(block, 0, block.Length) == block.Length;

    private static void Seal(Span<byte> block, uint seed, bool isIndex)
    {
        if (isIndex)
        {
            HtreeWriter.Seal(block, IsNode(block) ? HtreeEntriesView.NodeStart : new HtreeRootView(block).Entries.Start, seed);
        }
        else
        {
            DirectoryBlockWriter.Seal(block, seed);
        }
    }
}
