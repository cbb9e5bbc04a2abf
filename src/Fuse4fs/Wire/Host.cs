namespace Fuse4fs.Wire;

/// <summary>Host-endian fields: the FUSE protocol's byte order is the machine's own.</summary>
internal static class Host
{
    public static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BitConverter.ToUInt16(bytes.Slice(offset, 2));

    public static uint U32(ReadOnlySpan<byte> bytes, int offset) => BitConverter.ToUInt32(bytes.Slice(offset, 4));

    public static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BitConverter.ToUInt64(bytes.Slice(offset, 8));

    public static void PutU16(Span<byte> bytes, int offset, ushort value) => BitConverter.TryWriteBytes(bytes.Slice(offset, 2), value);

    public static void PutU32(Span<byte> bytes, int offset, uint value) => BitConverter.TryWriteBytes(bytes.Slice(offset, 4), value);

    public static void PutU64(Span<byte> bytes, int offset, ulong value) => BitConverter.TryWriteBytes(bytes.Slice(offset, 8), value);
}
