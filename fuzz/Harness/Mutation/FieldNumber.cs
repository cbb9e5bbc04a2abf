using System.Buffers.Binary;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>Numbers of one to eight bytes, in either order.</summary>
internal static class FieldNumber
{
    public static ulong Get(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        bytes.CopyTo(isBigEndian ? wide[^bytes.Length..] : wide);
        return isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(wide) : BinaryPrimitives.ReadUInt64LittleEndian(wide);
    }

    /// <summary>Writes what of a number has room.</summary>
    public static void Set(Span<byte> bytes, ulong value, bool isBigEndian)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(wide, value);
            wide[^bytes.Length..].CopyTo(bytes);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(wide, value);
            wide[..bytes.Length].CopyTo(bytes);
        }
    }
}
