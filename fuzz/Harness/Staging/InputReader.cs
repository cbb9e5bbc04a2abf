using System.Buffers.Binary;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Takes an input apart from its front; where it ends too early, zeros follow.</summary>
internal ref struct InputReader(ReadOnlySpan<byte> input)
{
    private ReadOnlySpan<byte> _rest = input;

    /// <summary>What was not taken yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public readonly bool IsEmpty => _rest.IsEmpty;

    public byte U8() => Take(1) is [byte value] ? value : (byte)0;

    public ushort U16()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint U32()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public ulong U64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>At most so many bytes.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        ReadOnlySpan<byte> taken = _rest[..Math.Min(count, _rest.Length)];
        _rest = _rest[taken.Length..];
        return taken;
    }

    /// <summary>Bytes behind a byte that says how many they are.</summary>
    public ReadOnlySpan<byte> TakeCounted() => Take(U8());

    /// <summary>Fills memory, with zeros behind the input's end.</summary>
    public void Fill(scoped Span<byte> target)
    {
        ReadOnlySpan<byte> taken = Take(target.Length);
        taken.CopyTo(target);
        target[taken.Length..].Clear();
    }

    /// <summary>The next part: a number, a length of 16 bits, and as many bytes.</summary>
    public bool TryTakePart(out int number, out ReadOnlySpan<byte> bytes)
    {
        bool isThere = !_rest.IsEmpty;
        number = U8();
        bytes = Take(U16());
        return isThere;
    }
}
