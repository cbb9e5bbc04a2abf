using System.Buffers.Binary;
using System.Numerics;
using Ext4Core.Integrity;

namespace Ext4Safety.Fuzz;

/// <summary>A running 64-bit hash of what was seen; not cryptographic, the same on every machine.</summary>
public readonly record struct Digest
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private Digest(ulong value) => Value = value;

    /// <summary>The hash so far.</summary>
    public ulong Value { get; }

    /// <summary>Adds a number.</summary>
    public Digest Add(ulong number) => unchecked(new((BitOperations.RotateLeft(Value, 23) ^ number) * Multiplier));

    /// <summary>Adds a signed number.</summary>
    public Digest Add(long number) => Add(unchecked((ulong)number));

    /// <summary>Adds bytes, and how many they are.</summary>
    public Digest Add(ReadOnlySpan<byte> bytes)
    {
        Digest digest = Add((ulong)bytes.Length);
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            digest = digest.Add(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            digest = digest.Add((ulong)value);
        }

        return digest;
    }

    /// <summary>Adds the place of a damage.</summary>
    public Digest Add(in DiskLocation where) =>
        Add((ulong)where.Structure).Add(where.Block).Add((long)where.Offset).Add((ulong)where.Inode);
}
