using Ext4Core.Io;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Service;

/// <summary>Everything that a contained server ever holds: asked for before the volume is looked at, and nothing afterwards.</summary>
/// <param name="Device">What the volume lies on.</param>
/// <param name="Journal">What its external journal lies on; null where none was named.</param>
/// <param name="Kind">What will be mounted.</param>
/// <param name="Spares">More FUSE devices, one for each further thread that serves.</param>
/// <param name="Descriptors">The numbers of device and journal, which nothing is ever written to.</param>
internal sealed record ServedFiles(
    IBlockDevice Device, IBlockDevice? Journal, MountKind Kind, Queue<SafeFileHandle> Spares, IReadOnlyList<int> Descriptors)
{
    /// <summary>Asks for all of them.</summary>
    /// <param name="helper">Who opens them.</param>
    /// <param name="plan">What they are called.</param>
    /// <param name="grants">Whether a block device may be mounted as such.</param>
    /// <param name="workerCount">Threads that will serve.</param>
    /// <param name="log">Where waiting is told.</param>
    /// <exception cref="MountException">One that is needed was refused.</exception>
    public static ServedFiles Ask(HelperConversation helper, MountPlan plan, HelperGrants grants, int workerCount, EventLog log)
    {
        DeviceOpener opener = new(log);
        SafeFileHandle device = Open(helper, opener, plan, plan.Device, Libc.OpenExclusive);

        // The kernel claims a block device for such a mount by itself: our own claim would be in its way. Having had it for a
        // moment shows that nobody else does.
        bool isBlockMount = grants.HasFlag(HelperGrants.BlockMount)
            && DeviceOpener.IsBlockDevice(device)
            && (plan.Source is null || string.Equals(plan.Source, plan.Device, StringComparison.Ordinal));
        if (isBlockMount)
        {
            device.Dispose();
            device = Open(helper, opener, plan, plan.Device, exclusive: 0);
        }

        SafeFileHandle? journal = plan.JournalPath is null ? null : Open(helper, opener, plan, plan.JournalPath, Libc.OpenExclusive);
        return new(
            opener.Use(device, plan.Device, plan.Offset),
            journal is null ? null : opener.Use(journal, plan.JournalPath!, offset: 0),
            isBlockMount ? MountKind.Block : MountKind.Plain,
            AskForSpares(helper, workerCount - 1),
            [Number(device), .. journal is null ? [] : (ReadOnlySpan<int>)[Number(journal)]]);
    }

    private static int Number(SafeFileHandle file) => (int)file.DangerousGetHandle();

    /// <summary>For writing where that was asked for, and for reading where that is refused or was not asked for. A helper does not
    /// wait for the other end of a pipe that somebody has put there; reading waits as usual.</summary>
    private static SafeFileHandle Open(HelperConversation helper, DeviceOpener opener, MountPlan plan, string path, int exclusive)
    {
        int flags = exclusive | Libc.OpenNonBlocking | (plan.DirectIo ? Libc.OpenDirect : 0);
        SafeFileHandle opened = opener.Retry(path, () =>
        {
            SafeFileHandle? file = null;
            Errno error = plan.WriteRequested
                ? helper.TryOpen(path, flags | Libc.OpenReadWrite, OpenRequestFlags.None, out file)
                : Errno.ReadOnly;
            if (error is Errno.NotPermitted or Errno.AccessDenied or Errno.ReadOnly)
            {
                error = helper.TryOpen(path, flags, OpenRequestFlags.None, out file);
            }

            return (file, error);
        });
        return Libc.MakeBlocking(opened) == Errno.None ? opened : throw new MountException($"cannot read from {path}: {Libc.Describe(Libc.LastError)}");
    }

    private static Queue<SafeFileHandle> AskForSpares(HelperConversation helper, int count)
    {
        Queue<SafeFileHandle> spares = new();
        while (spares.Count < count
            && helper.TryOpen(FuseChannel.DevicePath, Libc.OpenReadWrite, OpenRequestFlags.Quiet, out SafeFileHandle? spare) == Errno.None)
        {
            spares.Enqueue(spare!);
        }

        return spares;
    }
}
