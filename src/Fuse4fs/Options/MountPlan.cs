namespace Fuse4fs.Options;

/// <summary>What happens after a structure turned out to be damaged.</summary>
internal enum ErrorPolicy
{
    /// <summary>The inode answers EUCLEAN, everything else goes on. Nothing is ever written, so remount-ro is the same.</summary>
    Continue,

    /// <summary>The server ends at the first damage report.</summary>
    Panic,
}

/// <summary>Flags of the mount itself: <c>MOUNT_ATTR_*</c> of mount_setattr(2).</summary>
[Flags]
internal enum MountFlags : uint
{
    ReadOnly = 0x1,
    NoSetUserId = 0x2,
    NoDevices = 0x4,
    NoExecution = 0x8,
    NoAccessTime = 0x10,
    NoDirectoryAccessTime = 0x80,
    NoSymbolicLinks = 0x200000,
}

/// <summary>A command line, understood and validated: everything that a mount needs to know.</summary>
/// <param name="Device">The block device or image file, as it was named.</param>
/// <param name="MountPoint">The directory, as it was named.</param>
internal sealed record MountPlan(string Device, string MountPoint)
{
    /// <summary>Stay attached to the terminal.</summary>
    public bool Foreground { get; init; }

    /// <summary>Log each request.</summary>
    public bool Debug { get; init; }

    /// <summary>Count and time requests, and say so at the end.</summary>
    public bool Timing { get; init; }

    /// <summary>Writing was asked for by name.</summary>
    public bool WriteRequested { get; init; }

    /// <summary>Leave a dirty journal alone: the volume reads as it lies there.</summary>
    public bool SkipJournal { get; init; }

    /// <summary>The device or file that holds an external journal.</summary>
    public string? JournalPath { get; init; }

    /// <summary>Where to read the superblock instead of the usual place, in units of 1024 bytes.</summary>
    public long? Superblock { get; init; }

    /// <summary>Bytes before the volume begins on its device.</summary>
    public long Offset { get; init; }

    /// <summary>The partition that the volume lies in, from 1; null where it does not lie in one.</summary>
    public int? Partition { get; init; }

    /// <summary>Size of the block cache in bytes; null means the default.</summary>
    public long? CacheBytes { get; init; }

    /// <summary>Count metadata as usable space in statfs.</summary>
    public bool MinixStatistics { get; init; }

    /// <summary>Evaluate and show access control lists.</summary>
    public bool AccessControlLists { get; init; } = true;

    /// <summary>The kernel checks permissions; otherwise every caller may read everything.</summary>
    public bool ChecksPermissions { get; init; } = true;

    /// <summary>Users other than the one who mounts may use the mount.</summary>
    public bool AllowOther { get; init; }

    /// <summary>Labels of SELinux's.</summary>
    public SecurityContexts Contexts { get; init; } = new();

    public MountFlags Flags { get; init; } = MountFlags.ReadOnly | MountFlags.NoSetUserId | MountFlags.NoDevices;

    public ErrorPolicy Errors { get; init; }

    /// <summary>Read around the system's page cache.</summary>
    public bool DirectIo { get; init; }

    /// <summary>A file that exists as long as the mount does.</summary>
    public string? LockFile { get; init; }

    public int? OomScoreAdjustment { get; init; }

    /// <summary>Show type and source in the mount table even where they were not named.</summary>
    public bool DefaultNames { get; init; } = true;

    /// <summary>The type behind <c>fuse.</c> in the mount table; null follows the volume's features.</summary>
    public string? Subtype { get; init; }

    /// <summary>The source in the mount table; null is the device.</summary>
    public string? Source { get; init; }

    /// <summary>The largest read that the kernel asks for, in bytes; null leaves it to the kernel.</summary>
    public uint? MaxRead { get; init; }

    /// <summary>Words for the mount table alone, as they were written, each with a comma behind it.</summary>
    public string TableOptions { get; init; } = string.Empty;

    /// <summary>A service may parse although it cannot lock itself down.</summary>
    public bool Insecure { get; init; }

    /// <summary>Threads that serve; null means one for each processor, at least two.</summary>
    public int? Workers { get; init; }
}
