using System.Buffers.Binary;

namespace Ext4Safety.Fuzz.Failing;

/// <summary>Fails behind magic numbers of every width, nested: only who sees what is compared gets there.</summary>
internal sealed class NestedMagicTarget : FuzzTarget
{
    private const int Length = 48;

    public override string Name => "nested-magic";

    public override string Description => "fails behind nested magic numbers, a switch, characters and a word";

    public override IEnumerable<Seed> Seeds => [new("zeros", new byte[Length])];

    public override IEnumerable<DictionaryWord> Dictionary => [new("word", "orphan"u8.ToArray()), new("odd_bytes", [0, 0xFF, (byte)'"', (byte)'\\'])];

    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < Length || BinaryPrimitives.ReadUInt16LittleEndian(input[2..]) != 0xEF53)
        {
            return Verdict.Unfit;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(input[4..]) != 0xC03B_3998)
        {
            return Verdict.Accepted(1);
        }

        if (BinaryPrimitives.ReadUInt64BigEndian(input[8..]) != 0x8A17_55E0_93B2_4C6D)
        {
            return Verdict.Accepted(2);
        }

        ulong kind = BinaryPrimitives.ReadUInt32LittleEndian(input[16..]) switch
        {
            0x1122_3344 => 1,
            0x5AA5_1234 => 2,
            0x7FED_CBA9 => 3,
            0x0BAD_F00D => 4,
            _ => 0,
        };
        if (kind != 3)
        {
            return Verdict.Accepted(3 + kind);
        }

        if (input[20] != (byte)'t' || input[21] != (byte)'r' || input[22] != (byte)'e' || input[23] != (byte)'e')
        {
            return Verdict.Accepted(10);
        }

        return input.Slice(24, 6).SequenceEqual("orphan"u8)
            ? throw new FindingException(FindingKind.Contradiction, "every magic is known")
            : Verdict.Accepted(11);
    }
}
