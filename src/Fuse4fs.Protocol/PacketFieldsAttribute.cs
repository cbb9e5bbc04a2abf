namespace Fuse4fs.Protocol;

/// <summary>Marks the constants of a packet that are its fields' offsets, so that tools can list them: each field reaches to the next,
/// the last one of a declaration to <paramref name="end"/>.</summary>
/// <param name="end">Bytes from the packet's start to the end of its last field.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class PacketFieldsAttribute(int end) : Attribute
{
    /// <summary>Bytes from the packet's start to the end of its last field.</summary>
    public int End => end;
}
