using System.Buffers.Binary;

namespace Ext4Core.Primitives;

/// <summary>Little-endian fields: ext4's own byte order.</summary>
internal static class Le
{
    public static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice(offset, 2));

    public static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(offset, 4));

    public static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(offset, 8));

    public static void PutU16(Span<byte> bytes, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.Slice(offset, 2), value);

    public static void PutU32(Span<byte> bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.Slice(offset, 4), value);

    public static void PutU64(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.Slice(offset, 8), value);

    /// <summary>Joins a 16-bit high half and a 32-bit low half.</summary>
    public static ulong Join(ushort high, uint low) => ((ulong)high << 32) | low;

    /// <summary>Joins a 32-bit high half and a 32-bit low half.</summary>
    public static ulong Join(uint high, uint low) => ((ulong)high << 32) | low;

    /// <summary>Joins two 16-bit halves.</summary>
    public static uint Join(ushort high, ushort low) => ((uint)high << 16) | low;
}

/// <summary>Big-endian fields: the journal's byte order.</summary>
internal static class Be
{
    public static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes.Slice(offset, 2));

    public static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.Slice(offset, 4));

    public static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes.Slice(offset, 8));

    public static void PutU16(Span<byte> bytes, int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(bytes.Slice(offset, 2), value);

    public static void PutU32(Span<byte> bytes, int offset, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(bytes.Slice(offset, 4), value);

    public static void PutU64(Span<byte> bytes, int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(bytes.Slice(offset, 8), value);
}
