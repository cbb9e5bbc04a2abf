using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Inodes;

/// <summary>A verified inode, decoded onto the stack.</summary>
internal struct Inode
{
    public InodeNumber Number;

    /// <summary>The block of the inode table that holds the inode.</summary>
    public ulong TableBlock;

    /// <summary>Bytes from the start of that block.</summary>
    public int TableOffset;
    public ushort Mode;
    public InodeFlags Flags;
    public uint UserId;
    public uint GroupId;
    public uint LinkCount;
    public uint Generation;
    public uint Project;
    public bool HasCreationTime;

    /// <summary>A list of attributes lies behind the fields; it was admitted with them.</summary>
    public bool HasAttributeList;

    /// <summary>The contents are in the inode: the flag says so, and the attribute that continues them exists.</summary>
    public bool HasInlineData;

    /// <summary>The part of the block map that is in the inode was checked when the inode was loaded.</summary>
    public bool IsMapAdmitted;

    /// <summary>Bytes of extra fields as stored, or all that exist where the inode stores none.</summary>
    public int ExtraSize;

    /// <summary>Size in bytes, never negative as a signed number.</summary>
    public ulong Size;

    /// <summary>Allocated space. Unit: 512 bytes.</summary>
    public ulong Sectors;
    public Timestamp AccessTime;
    public Timestamp ModificationTime;
    public Timestamp ChangeTime;
    public Timestamp CreationTime;
    public ClaimedBlock AttributeBlock;

    /// <summary>Seed of the checksums of everything that belongs to this inode.</summary>
    public uint ChecksumSeed;

    private BlockMapBytes _blockMap;

    public readonly FileType Type => (FileType)(Mode >> 12);

    public readonly bool Is(InodeFlags flag) => (Flags & flag) == flag;

    /// <summary>Extent root, block pointers, link target, device number or inline data: 60 bytes.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> BlockMap => _blockMap;

    public void SetBlockMap(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_blockMap);

    [InlineArray(InodeView.BlockMapSize)]
    private struct BlockMapBytes
    {
        private byte _first;
    }
}
