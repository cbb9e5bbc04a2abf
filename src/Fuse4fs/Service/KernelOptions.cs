using System.Globalization;
using Fuse4fs.Options;
using Fuse4fs.Protocol;

namespace Fuse4fs.Service;

/// <summary>What a plan means to the kernel, in the protocol's words.</summary>
internal static class KernelOptions
{
    /// <summary>The most that a page cache of 4 KiB pages takes for the blocks of a device.</summary>
    private const int LargestDeviceBlock = 4096;

    /// <summary>Options of the mount, separated by commas.</summary>
    /// <param name="plan">What was asked for.</param>
    /// <param name="kind">Whether a device has blocks to be told of.</param>
    /// <param name="blockSize">The volume's, in bytes.</param>
    public static string Of(MountPlan plan, MountKind kind, int blockSize)
    {
        List<string> options = [];
        if (plan.ChecksPermissions)
        {
            options.Add("default_permissions");
        }

        if (plan.AllowOther)
        {
            options.Add("allow_other");
        }

        if (plan.MaxRead is uint maxRead)
        {
            options.Add(string.Create(CultureInfo.InvariantCulture, $"max_read={maxRead}"));
        }

        options.AddRange(plan.Contexts.Words);
        if (kind == MountKind.Block)
        {
            // The kernel's default of 512 would cut every page of the device's cache into eight.
            options.Add(string.Create(CultureInfo.InvariantCulture, $"blksize={Math.Min(blockSize, LargestDeviceBlock)}"));
        }

        return string.Join(',', options);
    }

    /// <summary>Flags of the mount: read-only, whatever was asked for.</summary>
    public static KernelMountFlags FlagsOf(MountPlan plan)
    {
        KernelMountFlags flags = KernelMountFlags.ReadOnly;
        foreach ((MountFlags asked, KernelMountFlags sent) in (ReadOnlySpan<(MountFlags, KernelMountFlags)>)
        [
            (MountFlags.NoSetUserId, KernelMountFlags.NoSetUserId),
            (MountFlags.NoDevices, KernelMountFlags.NoDevices),
            (MountFlags.NoExecution, KernelMountFlags.NoExecution),
            (MountFlags.NoAccessTime, KernelMountFlags.NoAccessTime),
            (MountFlags.NoDirectoryAccessTime, KernelMountFlags.NoDirectoryAccessTime),
            (MountFlags.NoSymbolicLinks, KernelMountFlags.NoSymbolicLinks),
        ])
        {
            flags |= plan.Flags.HasFlag(asked) ? sent : KernelMountFlags.None;
        }

        return flags;
    }
}
