using System.Buffers.Binary;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Puts together an input that <see cref="InputReader"/> takes apart: for seeds.</summary>
internal sealed class InputWriter
{
    private readonly List<byte> _bytes = [];

    public InputWriter()
    {
    }

    public InputWriter(InputOptions options) => _bytes.Add(options.Value);

    public InputWriter U8(byte value) => Bytes([value]);

    public InputWriter U16(ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public InputWriter U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public InputWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>Bytes behind a byte that says how many they are.</summary>
    public InputWriter Counted(ReadOnlySpan<byte> bytes) => U8((byte)bytes.Length).Bytes(bytes);

    /// <summary>A part: zeros at its end are left out.</summary>
    public InputWriter Part(int number, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..(bytes.LastIndexOfAnyExcept((byte)0) + 1)];
        return U8((byte)number).U16((ushort)bytes.Length).Bytes(bytes);
    }

    public byte[] ToArray() => [.. _bytes];

    public Seed Named(string name) => new(name, ToArray());
}
