using Fuse4fs.Options;

namespace Fuse4fs.Mounting;

/// <summary>What the kernel is asked to mount, and where.</summary>
/// <param name="MountPoint">The directory's absolute path without symbolic links.</param>
/// <param name="Source">The first column of the mount table; null shows the type.</param>
/// <param name="Subtype">What follows <c>fuse.</c> in the third column; null shows nothing more.</param>
/// <param name="Flags">Flags of the mount.</param>
/// <param name="ChecksPermissions">The kernel checks permissions by mode, owner and access control lists.</param>
/// <param name="AllowOther">Other users than the one who mounts may use it.</param>
/// <param name="MaxRead">The largest read in bytes; null leaves it to the kernel.</param>
/// <param name="Contexts">Labels of SELinux's.</param>
internal sealed record MountRequest(
    string MountPoint,
    string? Source,
    string? Subtype,
    MountFlags Flags,
    bool ChecksPermissions,
    bool AllowOther,
    uint? MaxRead,
    SecurityContexts Contexts);

/// <summary>The mount failed, and the message says at which step and why.</summary>
internal sealed class MountException(string message) : Exception(message);
