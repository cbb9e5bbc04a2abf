using Fuse4fs.Native;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Protocol;

/// <summary>A conversation over a unix socket that keeps packets whole.</summary>
/// <param name="socket">The connected socket; it belongs to this object.</param>
/// <param name="patience">How long to wait for a packet.</param>
internal sealed class PacketSocket(SafeFileHandle socket, TimeSpan patience) : IPacketChannel, IDisposable
{
    private const string Gone = "the other end is gone";

    /// <summary>The socket's number.</summary>
    public int Descriptor => (int)socket.DangerousGetHandle();

    /// <summary>Looks at a socket before anything is said.</summary>
    /// <exception cref="ProtocolException">It is none of this machine's own, or cannot hold the largest request.</exception>
    public static PacketSocket Over(SafeFileHandle socket, TimeSpan patience)
    {
        if (Libc.GetSocketOption(socket, Libc.OptionDomain, out int domain) < 0 || domain != Libc.LocalDomain)
        {
            throw new ProtocolException("the connection is no unix socket");
        }

        // What cannot be asked is taken as good enough.
        return Libc.GetSocketOption(socket, Libc.OptionSendBuffer, out int size) == 0 && size < Limits.LeastSendBuffer
            ? throw new ProtocolException($"the socket buffers {size} bytes, and {Limits.LeastSendBuffer} are needed")
            : new(socket, patience);
    }

    /// <summary>From now on no descriptor comes in: its sender gets EPERM. Kernels before 6.16 do not know how.</summary>
    /// <exception cref="ProtocolException">The kernel knows how, and did not.</exception>
    public void RefuseDescriptors()
    {
        if (Libc.SetSocketOption(socket, Libc.OptionPassRights, 0) < 0 && Libc.LastError != Errno.UnknownOption)
        {
            throw new ProtocolException($"descriptors cannot be refused: {Libc.Describe(Libc.LastError)}");
        }
    }

    public void Send(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor = null)
    {
        if (Libc.SendPacket(socket, packet, descriptor) != packet.Length)
        {
            throw new ProtocolException($"a packet did not go out: {Libc.Describe(Libc.LastError)}");
        }
    }

    public ReadOnlySpan<byte> Receive(Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        if (!Libc.WaitForInput(socket, patience))
        {
            throw new ProtocolException($"the other end is silent for {patience.TotalSeconds:f0} s");
        }

        nint length = Libc.ReceivePacket(socket, buffer, out descriptor, out MessageFlags flags);
        string? failure = length switch
        {
            < 0 when Libc.LastError == Errno.ConnectionReset => Gone,
            < 0 => $"a packet did not come in: {Libc.Describe(Libc.LastError)}",
            0 => Gone,
            _ when length > buffer.Length => $"a packet of {length} bytes came, and {buffer.Length} is the most here",
            _ => flags.HasFlag(MessageFlags.ControlTruncated) ? "more than one descriptor came with a packet, or one was refused" : null,
        };
        if (failure is not null)
        {
            descriptor?.Dispose();
            throw new ProtocolException(failure);
        }

        return buffer[..(int)length];
    }

    public void Dispose() => socket.Dispose();
}
