using Fuse4fs.Native;

namespace Fuse4fs.Mounting;

/// <summary>A way to attach a FUSE connection to a directory, and to take it off again.</summary>
internal interface IMounter
{
    /// <summary>Mounts. The first request waits in the channel when this returns.</summary>
    /// <exception cref="MountException">Nothing was mounted.</exception>
    FuseChannel Mount(MountRequest request);

    /// <summary>Takes the mount out of the tree; users of open files keep it alive until they are done.</summary>
    void Unmount(MountRequest request);
}
