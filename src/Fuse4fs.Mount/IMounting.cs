using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mount;

/// <summary>What the helper does in the world, once the rules have let it through.</summary>
internal interface IMounting
{
    /// <summary>The caller's real user is root of this namespace.</summary>
    bool IsRoot { get; }

    /// <summary>Users other than the caller may be let in.</summary>
    bool MayAllowOthers { get; }

    /// <summary>The caller's name, for the word <c>user=</c>.</summary>
    string UserName { get; }

    /// <summary>Puts the server's command line into a file that nobody changes any more.</summary>
    /// <exception cref="MountException">There is no such file.</exception>
    SafeFileHandle Seal(ReadOnlySpan<byte> arguments);

    /// <summary>Opens the FUSE device that will be mounted, once.</summary>
    /// <exception cref="MountException">It cannot be opened.</exception>
    SafeFileHandle OpenFuse();

    /// <summary>Opens a file for the server.</summary>
    /// <param name="path">One that the rules allow.</param>
    /// <param name="flags">Flags of open(2) that the rules allow.</param>
    /// <param name="wants">What it must be.</param>
    /// <param name="blockSize">To be set on a block device, in bytes; 0 leaves it alone.</param>
    /// <param name="file">The file; null where there is none.</param>
    Errno TryOpen(string path, int flags, FileWants wants, uint blockSize, out SafeFileHandle? file);

    /// <summary>Begins a mount of one kind. That the kernel would not is told by <see cref="Mount"/>.</summary>
    void Begin(MountKind kind);

    /// <summary>Sets one option; null as value makes it a word alone.</summary>
    /// <exception cref="MountException">The kernel does not take it, and the message has its reason.</exception>
    void Configure(string key, string? value);

    /// <summary>Pins the place to mount on.</summary>
    Errno Pin(string path, MountPointType type);

    /// <summary>Mounts, or where the caller wants everything but that, looks whether he might.</summary>
    /// <exception cref="MountException">Nothing was mounted.</exception>
    void Mount(KernelMountFlags flags);

    /// <summary>Says something to the caller.</summary>
    void Say(string message);
}

/// <summary>What a file must be for the server to get it.</summary>
internal enum FileWants
{
    /// <summary>A regular file or a block device: something that a volume may lie on.</summary>
    Volume,

    /// <summary>A block device.</summary>
    BlockDevice,

    /// <summary>The FUSE device.</summary>
    Fuse,

    /// <summary>A regular file of the system: pressure files are.</summary>
    SystemFile,
}
