using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>What statx(2) tells of an inode.</summary>
public readonly record struct InodeStat
{
    internal InodeStat(in Inode inode, int blockSize)
    {
        Inode = inode.Number;
        Type = inode.Type;
        Mode = inode.Mode;
        LinkCount = inode.LinkCount;
        UserId = inode.UserId;
        GroupId = inode.GroupId;
        Size = (long)inode.Size;
        Sectors = inode.Sectors + InlineSectors(inode);
        BlockSize = blockSize;
        Flags = inode.Flags;
        Generation = inode.Generation;
        Project = inode.Project;
        AccessTime = inode.AccessTime;
        ModificationTime = inode.ModificationTime;
        ChangeTime = inode.ChangeTime;
        HasCreationTime = inode.HasCreationTime;
        CreationTime = inode.CreationTime;
        (DeviceMajor, DeviceMinor) = DeviceNumber.Of(inode);
    }

    /// <summary>The inode's number.</summary>
    public InodeNumber Inode { get; }

    /// <summary>What it is.</summary>
    public FileType Type { get; }

    /// <summary>Type and permission bits, as in st_mode.</summary>
    public ushort Mode { get; }

    /// <summary>Names that refer to it.</summary>
    public uint LinkCount { get; }

    /// <summary>Owner.</summary>
    public uint UserId { get; }

    /// <summary>Owning group.</summary>
    public uint GroupId { get; }

    /// <summary>Size in bytes; of an encrypted link, that of the target that it shows.</summary>
    public long Size { get; internal init; }

    /// <summary>Allocated space. Unit: 512 bytes.</summary>
    public ulong Sectors { get; }

    /// <summary>Preferred transfer size in bytes.</summary>
    public int BlockSize { get; }

    /// <summary>The inode's flags.</summary>
    public InodeFlags Flags { get; }

    /// <summary>Tells this use of the inode number from earlier ones.</summary>
    public uint Generation { get; }

    /// <summary>Project id; 0 without the project feature.</summary>
    public uint Project { get; }

    /// <summary>Last access.</summary>
    public Timestamp AccessTime { get; }

    /// <summary>Last change of the contents.</summary>
    public Timestamp ModificationTime { get; }

    /// <summary>Last change of the inode.</summary>
    public Timestamp ChangeTime { get; }

    /// <summary>Whether the inode stores <see cref="CreationTime"/>.</summary>
    public bool HasCreationTime { get; }

    /// <summary>Birth.</summary>
    public Timestamp CreationTime { get; }

    /// <summary>A device node's major number.</summary>
    public uint DeviceMajor { get; }

    /// <summary>A device node's minor number.</summary>
    public uint DeviceMinor { get; }

    /// <summary>A file whose data is inside its inode counts as taking up space, as archivers take no space for no data.</summary>
    private static ulong InlineSectors(in Inode inode)
    {
        const int SectorSize = 512;
        return inode is { HasInlineData: true, Type: FileType.Regular } ? (inode.Size + SectorSize - 1) / SectorSize : 0;
    }
}
