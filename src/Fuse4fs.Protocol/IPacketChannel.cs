using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Protocol;

/// <summary>One end of a conversation: whole packets, each with at most one descriptor.</summary>
internal interface IPacketChannel
{
    /// <summary>Sends one packet.</summary>
    /// <param name="packet">The bytes.</param>
    /// <param name="descriptor">A copy of it travels along; null sends none.</param>
    /// <exception cref="ProtocolException">It did not go out.</exception>
    void Send(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor = null);

    /// <summary>Waits for one packet.</summary>
    /// <param name="buffer">Where its bytes go.</param>
    /// <param name="descriptor">What came along; null where nothing did. It belongs to the caller.</param>
    /// <returns>The packet.</returns>
    /// <exception cref="ProtocolException">The other end is gone or silent, the packet is larger than the buffer, or more than
    /// one descriptor came along.</exception>
    ReadOnlySpan<byte> Receive(Span<byte> buffer, out SafeFileHandle? descriptor);
}
