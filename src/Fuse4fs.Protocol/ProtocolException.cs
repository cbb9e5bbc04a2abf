namespace Fuse4fs.Protocol;

/// <summary>The other end did not keep to the protocol, or is gone: the conversation is over, and the message says why.</summary>
public sealed class ProtocolException : Exception
{
    internal ProtocolException(string message)
        : base(message)
    {
    }
}
