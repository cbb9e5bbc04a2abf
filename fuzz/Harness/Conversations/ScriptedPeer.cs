using Ext4Safety.Fuzz.Staging;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Ext4Safety.Fuzz.Conversations;

/// <summary>The other end of a conversation, in memory: it says what an input holds, and rules watch what it is told.</summary>
/// <remarks>Input: parts, each a <see cref="PacketPlan"/>, a length of 16 bits, and a packet. Nothing is opened: descriptors are
/// numbers that no process has, and what stands in their files comes from the input.</remarks>
internal sealed class ScriptedPeer(int maximumLength) : IPacketChannel
{
    private const int FirstDescriptor = 1 << 20;

    private readonly byte[] _script = new byte[maximumLength];
    private readonly List<(SafeFileHandle Descriptor, byte[] Content)> _passed = [];
    private IConversationRules _rules = null!;
    private int _position;
    private int _length;

    /// <summary>Every descriptor that it has passed, in order.</summary>
    public IEnumerable<SafeFileHandle> Passed => _passed.Select(file => file.Descriptor);

    /// <summary>Takes another script.</summary>
    public void Begin(ReadOnlySpan<byte> script, IConversationRules rules)
    {
        script.CopyTo(_script);
        _length = script.Length;
        _position = 0;
        _rules = rules;
        _passed.Clear();
    }

    /// <summary>What stands in a file that was passed.</summary>
    public byte[] ContentOf(SafeFileHandle descriptor) => _passed.Find(file => ReferenceEquals(file.Descriptor, descriptor)).Content;

    /// <summary>A descriptor that stands for a file: nothing is open.</summary>
    public static SafeFileHandle MakeDescriptor(int index) => new(FirstDescriptor + index, ownsHandle: false);

    public void Send(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor = null) => _rules.Says(packet, descriptor);

    public ReadOnlySpan<byte> Receive(Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        bool isThere = TryTake(out PacketPlan plan, out ReadOnlySpan<byte> packet);
        bool hasContent = plan.HasFlag(PacketPlan.Content);
        ReadOnlySpan<byte> content = default;
        if (hasContent)
        {
            _ = TryTake(out _, out content);
        }

        string? failure = !isThere || packet.IsEmpty ? "the other end is gone"
            : plan.HasFlag(PacketPlan.Silence) ? "the other end is silent"
            : packet.Length > buffer.Length ? "the packet is larger than the buffer"
            : plan.HasFlag(PacketPlan.TwoDescriptors) ? "more than one descriptor came with a packet"
            : null;
        if (failure is not null)
        {
            _rules.HearsNothing();
            throw new ProtocolException(failure);
        }

        descriptor = plan.HasFlag(PacketPlan.Descriptor) ? MakeDescriptor(_passed.Count) : null;
        if (descriptor is not null)
        {
            _passed.Add((descriptor, content.ToArray()));
        }

        packet.CopyTo(buffer);
        _rules.Hears(packet, descriptor);
        return buffer[..packet.Length];
    }

    private bool TryTake(out PacketPlan plan, out ReadOnlySpan<byte> bytes)
    {
        InputReader reader = new(_script.AsSpan(_position, _length - _position));
        bool isThere = reader.TryTakePart(out int number, out bytes);
        plan = (PacketPlan)number;
        _position = _length - reader.Rest.Length;
        return isThere;
    }
}
