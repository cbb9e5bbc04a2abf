using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Inodes of 256 bytes to start from.</summary>
internal static class InodeSeeds
{
    private const ushort FileMode = 0x81A4, LinkMode = 0xA1FF;
    private const ushort ExtraSize = 32;

    /// <summary>Words that inodes are made of.</summary>
    public static DictionaryWord[] Words =>
    [
        new("mode_file", [0xA4, 0x81]),
        new("mode_directory", [0xED, 0x41]),
        new("mode_link", [0xFF, 0xA1]),
        new("flag_extents", [0, 0, 8, 0]),
        new("flag_inline_data", [0, 0, 0, 0x10]),
        new("flag_index", [0, 0x10, 0, 0]),
        new("flag_casefold", [0, 0, 0, 0x40]),
        new("flag_encrypted", [0, 8, 0, 0]),
        new("flag_verity", [0, 0, 0x10, 0]),
        new("flag_attribute_inode", [0, 0, 0x20, 0]),
        new("attribute_magic", [0, 0, 2, 0xEA]),
        new("attribute_of_inline_data", [4, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)'d', (byte)'a', (byte)'t', (byte)'a']),
        new("extent_magic", [0x0A, 0xF3]),
        new("extra_size", [32, 0]),
    ];

    /// <summary>A regular file of this size, with an empty map.</summary>
    public static byte[] File(InodeFlags flags, ulong size)
    {
        byte[] inode = Make(FileMode, flags, size);
        if (flags.HasFlag(InodeFlags.Extents))
        {
            StagedVolume.PutExtents(inode.AsSpan(InodeView.IBlock, InodeView.BlockMapSize), 0, 0, 4);
        }

        return inode;
    }

    /// <summary>A symbolic link whose target is in the inode.</summary>
    public static byte[] Link(ReadOnlySpan<byte> target)
    {
        byte[] inode = Make(LinkMode, default, (ulong)target.Length);
        target.CopyTo(inode.AsSpan(InodeView.IBlock));
        return inode;
    }

    /// <summary>An inode that holds its own contents.</summary>
    public static byte[] Inline(ushort mode, ReadOnlySpan<byte> contents)
    {
        byte[] inode = Make(mode, InodeFlags.InlineData, (ulong)contents.Length);
        int head = Math.Min(contents.Length, InodeView.BlockMapSize);
        contents[..head].CopyTo(inode.AsSpan(InodeView.IBlock));
        AttributeListWriter writer = AddAttributes(inode);
        _ = writer.TryAdd(AttributeNamespace.System, "data"u8, contents[head..], 0);
        return inode;
    }

    /// <summary>Announces attributes behind an inode's fields.</summary>
    public static AttributeListWriter AddAttributes(Span<byte> inode)
    {
        int header = InodeView.Size + ExtraSize;
        Le.PutU32(inode, header, AttributeBlockView.ExpectedMagic);
        return new(inode[(header + InodeAttributesView.HeaderSize)..], 0);
    }

    /// <summary>An inode without contents.</summary>
    public static byte[] Make(ushort mode, InodeFlags flags, ulong size)
    {
        byte[] inode = new byte[StagedVolume.InodeSize];
        Le.PutU16(inode, InodeView.IMode, mode);
        Le.PutU16(inode, InodeView.ILinksCount, 1);
        Le.PutU32(inode, InodeView.IGeneration, StagedVolume.Generation);
        Le.PutU32(inode, InodeView.IFlags, (uint)flags);
        InodeWriter.PutSize(inode, size);
        Le.PutU16(inode, InodeExtraView.IExtraIsize, ExtraSize);
        return inode;
    }
}
