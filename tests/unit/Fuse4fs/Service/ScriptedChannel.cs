using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Service;

/// <summary>The other end of a conversation: it says what a test has written down, and notes what it hears.</summary>
internal sealed class ScriptedChannel : IPacketChannel
{
    private readonly Queue<(byte[] Packet, SafeFileHandle? Descriptor)> _script = [];

    /// <summary>What the other end said, in order.</summary>
    public List<byte[]> Heard { get; } = [];

    /// <summary>Which of it came with a descriptor.</summary>
    public List<bool> HadDescriptor { get; } = [];

    public ScriptedChannel Say(byte[] packet, SafeFileHandle? descriptor = null)
    {
        _script.Enqueue((packet, descriptor));
        return this;
    }

    public ScriptedChannel Say(string hex) => Say(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));

    /// <summary>Whether everything was said.</summary>
    public bool IsAtEnd => _script.Count == 0;

    public void Send(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor = null)
    {
        HadDescriptor.Add(descriptor is not null);
        Heard.Add(packet.ToArray());
    }

    public ReadOnlySpan<byte> Receive(Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        if (!_script.TryDequeue(out (byte[] Packet, SafeFileHandle? Descriptor) next))
        {
            throw new ProtocolException("the script is at its end");
        }

        descriptor = next.Descriptor;
        if (next.Packet.Length > buffer.Length)
        {
            throw new ProtocolException("the packet is larger than the buffer");
        }

        next.Packet.CopyTo(buffer);
        return buffer[..next.Packet.Length];
    }
}
