using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>A few files on a staged volume: what targets need that look at a volume as a whole.</summary>
internal static class StagedTree
{
    public const uint Root = 2;

    /// <summary>A regular file of four blocks, called "file" in the root and "same" in the directory.</summary>
    public const uint File = StagedVolume.Subject;
    public const uint Directory = StagedVolume.Companion;

    /// <summary>A symbolic link, a file whose contents are in its inode, and a file whose map has no magic.</summary>
    public const uint Link = 14, InlineFile = 15, DamagedFile = 16;

    /// <summary>The first place that the tree leaves free.</summary>
    public const int FreePlace = 8;

    private const int RootPlace = 0, DirectoryPlace = 1, FilePlace = 4;

    /// <summary>Puts the tree on a volume, for good.</summary>
    public static void Plant(StagedVolume volume)
    {
        byte[] file = InodeSeeds.File(InodeFlags.Extents, (ulong)(volume.BlockSize * 4) - 100);
        StagedVolume.PutExtents(file.AsSpan(InodeView.IBlock, InodeView.BlockMapSize), 0, FilePlace, 4);
        Le.PutU16(file, InodeView.ILinksCount, 2);
        AttributeListWriter attributes = InodeSeeds.AddAttributes(file);
        AttributeSeeds.Fill(ref attributes, hasList: false);
        PutInode(volume, File, file);
        volume.Lay(FilePlace, "contents of the file"u8);
        PutInode(volume, Link, InodeSeeds.Link("file"u8));
        byte[] damaged = InodeSeeds.File(InodeFlags.Extents, 1000);
        damaged[InodeView.IBlock] = 0;
        PutInode(volume, DamagedFile, damaged);
        PutInode(
            volume, InlineFile,
            volume.Geometry.Has(IncompatibleFeatures.InlineData) ? InodeSeeds.Inline(0x81A4, "contents"u8) : InodeSeeds.File(default, 0));
        PutDirectory(
            volume, Root, RootPlace, (File, "file"), (Directory, "directory"), (Link, "link"), (InlineFile, "inline"), (DamagedFile, "damaged"));
        PutDirectory(volume, Directory, DirectoryPlace, (File, "same"));
        volume.Keep();
    }

    private static void PutInode(StagedVolume volume, uint number, byte[] inode)
    {
        inode.CopyTo(volume.EditInode(number));
        volume.SealInode(number);
    }

    private static void PutDirectory(StagedVolume volume, uint number, int place, params ReadOnlySpan<(uint Child, string Name)> names)
    {
        const int EntrySize = 20;
        byte[] inode = InodeSeeds.Make(0x41ED, InodeFlags.Extents, (ulong)volume.BlockSize);
        Le.PutU32(inode, InodeView.IBlocksLo, (uint)volume.BlockSize / 512);
        StagedVolume.PutExtents(inode.AsSpan(InodeView.IBlock, InodeView.BlockMapSize), 0, place, 1);
        PutInode(volume, number, inode);
        Span<byte> block = volume.Lay(place, default);
        int end = block.Length - (volume.Geometry.HasMetadataChecksum ? DirectoryTailView.Size : 0);
        int at = DirectoryBlockWriter.Put(block, 0, 12, number, "."u8, DirectoryEntryType.Directory);
        at = DirectoryBlockWriter.Put(block, at, 12, Root, ".."u8, DirectoryEntryType.Directory);
        foreach ((uint child, string name) in names)
        {
            DirectoryEntryType type = child == Directory ? DirectoryEntryType.Directory : DirectoryEntryType.Regular;
            at = DirectoryBlockWriter.Put(block, at, EntrySize, child, System.Text.Encoding.ASCII.GetBytes(name), type);
        }

        DirectoryBlockWriter.Put(block, at, end - at, 0, default, default);
        if (volume.Geometry.HasMetadataChecksum)
        {
            DirectoryBlockWriter.Seal(block, volume.Stack.Inodes.ChecksumSeed(new(number), StagedVolume.Generation));
        }
    }
}
