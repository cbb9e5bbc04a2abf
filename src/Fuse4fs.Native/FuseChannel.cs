using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>One descriptor of a FUSE connection: whole requests come out of it, whole replies go into it.</summary>
/// <remarks>A reply must go to the descriptor that its request came from.</remarks>
/// <param name="device">The FUSE device.</param>
/// <param name="openAnother">Gives the device once more, or an invalid handle; null opens it by its name.</param>
internal sealed class FuseChannel(SafeFileHandle device, Func<SafeFileHandle>? openAnother = null) : IDisposable
{
    public const string DevicePath = "/dev/fuse";

    /// <summary>FUSE_DEV_IOC_CLONE, fuse(4): the argument is the descriptor whose connection is joined.</summary>
    public const uint CloneRequest = 0x8004E500;

    private const nuint SynchronousStartRequest = 0xE503;

    /// <summary>Opens the device: the connection begins when a mount names the descriptor.</summary>
    /// <returns>An invalid handle and errno where the device cannot be opened.</returns>
    public static SafeFileHandle OpenDevice() => Libc.Open(DevicePath, Libc.OpenReadWrite);

    /// <summary>The descriptor, for a mount call that wants its number.</summary>
    public SafeFileHandle Device => device;

    /// <summary>Another descriptor of the same connection, with its own queue of requests in work.</summary>
    /// <returns>False where the device cannot be opened a second time: then descriptors are shared.</returns>
    public bool TryClone([NotNullWhen(true)] out FuseChannel? clone)
    {
        SafeFileHandle other = openAnother is null ? OpenDevice() : openAnother();
        uint number = (uint)device.DangerousGetHandle();
        if (other.IsInvalid || Libc.Control(other, CloneRequest, ref number) < 0)
        {
            other.Dispose();
            clone = null;
            return false;
        }

        clone = new(other);
        return true;
    }

    /// <summary>Before the mount: has the mount call wait until the first request was answered, so that it fails where the
    /// answer does. Another thread than the one that waits for the mount must then be reading.</summary>
    /// <returns>False on a kernel before 6.18: the mount call waits for nothing, and until then nothing can be read.</returns>
    public bool TryStartSynchronously()
    {
        uint unused = 0;
        return Libc.Control(device, SynchronousStartRequest, ref unused) == 0;
    }

    /// <summary>Waits for one request.</summary>
    /// <param name="buffer">At least 4096 bytes more than the largest write that was negotiated.</param>
    /// <param name="count">The length of the request.</param>
    /// <returns>None, or the error that ended the connection: ENODEV and ECONNABORTED are its ordinary ends.</returns>
    public Errno Receive(Span<byte> buffer, out int count)
    {
        for (;;)
        {
            count = (int)Libc.Read(device, buffer, (nuint)buffer.Length);
            if (count >= 0)
            {
                return Errno.None;
            }

            // ENOENT: the request was taken back between queue and read.
            Errno error = Libc.LastError;
            if (error is not (Errno.Interrupted or Errno.TryAgain or Errno.NotFound))
            {
                return error;
            }
        }
    }

    /// <summary>Sends one reply.</summary>
    /// <returns>None where it arrived, or where its caller was interrupted and is gone.</returns>
    public Errno Send(ReadOnlySpan<byte> reply)
    {
        for (;;)
        {
            if (Libc.Write(device, reply, (nuint)reply.Length) >= 0)
            {
                return Errno.None;
            }

            Errno error = Libc.LastError;
            if (error != Errno.Interrupted)
            {
                return error == Errno.NotFound ? Errno.None : error;
            }
        }
    }

    /// <summary>Sends one reply that was put together in a pipe.</summary>
    /// <returns>None where it arrived, or where its caller was interrupted and is gone.</returns>
    public Errno Send(ReplyPipe reply)
    {
        Errno error = reply.Drain(device);
        return error == Errno.NotFound ? Errno.None : error;
    }

    public void Dispose() => device.Dispose();
}
