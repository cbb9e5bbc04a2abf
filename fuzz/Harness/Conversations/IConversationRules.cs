using Microsoft.Win32.SafeHandles;

namespace Ext4Safety.Fuzz.Conversations;

/// <summary>Watches one end of a conversation: what it says must be allowed after what it has heard.</summary>
internal interface IConversationRules
{
    /// <summary>A packet reaches the watched end.</summary>
    void Hears(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor);

    /// <summary>The watched end cannot hear any more: the other end is gone, silent, or sends what the socket refuses.</summary>
    void HearsNothing();

    /// <summary>The watched end sends a packet.</summary>
    /// <exception cref="FindingException">It may not.</exception>
    void Says(ReadOnlySpan<byte> packet, SafeFileHandle? descriptor);
}
