using Fuse4fs.Protocol;

namespace Fuse4fs.Mount;

/// <summary>The protocol's flags in the kernel's newer words: some belong to the file system, the others to the mount.</summary>
internal static class KernelFlags
{
    private static readonly (KernelMountFlags Flag, string Word, uint Attribute)[] All =
    [
        (KernelMountFlags.ReadOnly, "ro", 0x1),
        (KernelMountFlags.NoSetUserId, "nosuid", 0x2),
        (KernelMountFlags.NoDevices, "nodev", 0x4),
        (KernelMountFlags.NoExecution, "noexec", 0x8),
        (KernelMountFlags.NoAccessTime, "noatime", 0x10),
        (KernelMountFlags.NoDirectoryAccessTime, "nodiratime", 0x80),
        (KernelMountFlags.NoSymbolicLinks, "nosymfollow", 0x200000),
        (KernelMountFlags.Synchronous, "sync", 0),
        (KernelMountFlags.SynchronousDirectories, "dirsync", 0),
    ];

    /// <summary>Those that the file system itself is told.</summary>
    public static IEnumerable<string> Words(KernelMountFlags flags) =>
        AllWords(flags & (KernelMountFlags.ReadOnly | KernelMountFlags.Synchronous | KernelMountFlags.SynchronousDirectories));

    /// <summary>All of them, as options of mount(8).</summary>
    public static IEnumerable<string> AllWords(KernelMountFlags flags) =>
        All.Where(entry => flags.HasFlag(entry.Flag)).Select(entry => entry.Word);

    /// <summary><c>MOUNT_ATTR_*</c> of mount_setattr(2).</summary>
    public static uint Attributes(KernelMountFlags flags) =>
        All.Where(entry => flags.HasFlag(entry.Flag)).Aggregate(0u, (attributes, entry) => attributes | entry.Attribute);
}
