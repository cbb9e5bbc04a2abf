using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>A directory inside its inode: its parent's number, then entries in two areas that none crosses.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/inlinedata.rst, "Inline Directories".</remarks>
internal readonly ref struct InlineDirectoryView
{
    /// <summary>Bytes of the parent's number, in front of the entries.</summary>
    public const int ParentSize = 4;

    /// <summary>Where '..' would lie in a block: its place in a listing.</summary>
    public const int DotDotPosition = 12;

    /// <summary>Bytes that '.' and '..' would take in a block, over those that the parent's number takes here.</summary>
    public const int PositionOffset = 24 - ParentSize;

    public InlineDirectoryView(InlineDataLease data)
    {
        ReadOnlySpan<byte> head = data.Head;
        Parent = new(Le.U32(head, 0));
        Head = head[ParentSize..];
        Tail = data.Tail;
        ParentWhere = data.HeadWhere;
        TailWhere = data.TailWhere;
    }

    public ClaimedInode Parent { get; }

    public DiskLocation ParentWhere { get; }

    /// <summary>The entries in the inode's block map.</summary>
    public ReadOnlySpan<byte> Head { get; }

    public DiskLocation HeadWhere => ParentWhere.At(ParentSize);

    /// <summary>The entries in the <c>system.data</c> attribute.</summary>
    public ReadOnlySpan<byte> Tail { get; }

    public DiskLocation TailWhere { get; }

    /// <summary>Where the first area starts in a listing's positions.</summary>
    public static ulong HeadPosition => ParentSize + PositionOffset;

    /// <summary>Where the second area starts in a listing's positions.</summary>
    public ulong TailPosition => HeadPosition + (ulong)Head.Length;
}
