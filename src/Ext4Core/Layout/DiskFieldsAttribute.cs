namespace Ext4Core.Layout;

/// <summary>Marks the offsets of a structure's fields: what walks the fields of every structure finds them by it.</summary>
/// <remarks>A field reaches up to the next one, the last one up to <paramref name="end"/>.</remarks>
/// <param name="end">Bytes from the structure's start to the end of its last field.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class DiskFieldsAttribute(int end) : Attribute
{
    /// <summary>Bytes from the structure's start to the end of its last field.</summary>
    public int End => end;

    /// <summary>The journal's byte order.</summary>
    public bool IsBigEndian { get; init; }
}
