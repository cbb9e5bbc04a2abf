namespace Ext4Safety.Fuzz.Conversations;

/// <summary>What comes along with a packet of an input.</summary>
[Flags]
internal enum PacketPlan
{
    None = 0,

    /// <summary>A descriptor.</summary>
    Descriptor = 1,

    /// <summary>More than one: the kernel cuts them off, and the receiver is told.</summary>
    TwoDescriptors = 2,

    /// <summary>The next part is no packet: it is what the descriptor's file holds.</summary>
    Content = 4,

    /// <summary>In place of the packet: nothing, until the receiver has waited long enough.</summary>
    Silence = 8,
}
