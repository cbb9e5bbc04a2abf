using System.Buffers.Binary;

namespace Ext4Safety.Fuzz.Failing;

/// <summary>Fails on an input whose checksum is right and whose two halves were once two inputs: only its mutator makes that.</summary>
internal sealed class SealedTarget : FuzzTarget, IInputMutator
{
    private const int SealSize = 8, HalfSize = 8;

    public override string Name => "sealed";

    public override string Description => "fails behind a checksum that its mutator keeps right";

    public override IInputMutator Mutator => this;

    public override IEnumerable<Seed> Seeds => [new("left", Sealed(0xA)), new("right", Sealed(0xB))];

    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length != SealSize + (2 * HalfSize) || BinaryPrimitives.ReadUInt64LittleEndian(input) != Seal(input[SealSize..]))
        {
            return Verdict.Unfit;
        }

        return input[SealSize] == 0xA && input[SealSize + HalfSize] == 0xB && input[^1] == 0x7C
            ? throw new FindingException(FindingKind.Contradiction, "the seal is right")
            : Verdict.Accepted(input[SealSize]);
    }

    public int Mutate(Span<byte> data, int length, uint seed, IByteMutator engine)
    {
        const int whole = SealSize + (2 * HalfSize);
        if (data.Length < whole)
        {
            return length;
        }

        data[length..].Clear();
        engine.Mutate(data[SealSize..whole], whole - SealSize);
        BinaryPrimitives.WriteUInt64LittleEndian(data, Seal(data[SealSize..whole]));
        return whole;
    }

    public int CrossOver(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> result, uint seed)
    {
        const int whole = SealSize + (2 * HalfSize);
        if (first.Length != whole || second.Length != whole || result.Length < whole)
        {
            return 0;
        }

        first[..(SealSize + HalfSize)].CopyTo(result);
        second[(SealSize + HalfSize)..].CopyTo(result[(SealSize + HalfSize)..]);
        BinaryPrimitives.WriteUInt64LittleEndian(result, Seal(result[SealSize..whole]));
        return whole;
    }

    private static ulong Seal(ReadOnlySpan<byte> bytes) => new Digest().Add(bytes).Value;

    private static byte[] Sealed(byte mark)
    {
        byte[] input = new byte[SealSize + (2 * HalfSize)];
        input[SealSize] = mark;
        input[SealSize + HalfSize] = mark;
        BinaryPrimitives.WriteUInt64LittleEndian(input, Seal(input.AsSpan(SealSize)));
        return input;
    }
}

/// <summary>A mutator with a mistake of its own.</summary>
internal sealed class FailingMutator : IInputMutator
{
    public int Mutate(Span<byte> data, int length, uint seed, IByteMutator engine) => throw new NotSupportedException("a mistake");

    public int CrossOver(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> result, uint seed) => 0;
}
