namespace Ext4Safety.Fuzz.Mutation;

/// <summary>Numbers that follow from a seed: splitmix64.</summary>
internal struct Chance(uint seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        ulong value = _state;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    public int Below(int limit) => limit <= 1 ? 0 : (int)(Next() % (ulong)limit);

    public bool OneIn(int count) => Below(count) == 0;

    /// <summary>Another number in place of one: at an edge, near it, or any.</summary>
    /// <param name="old">The number.</param>
    /// <param name="bits">How many it has.</param>
    public ulong Another(ulong old, int bits) => Below(9) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => old + 1,
        3 => old - 1,
        4 => old ^ (1ul << Below(bits)),
        5 => 1ul << Below(bits),
        6 => (1ul << Below(bits)) - 1,
        7 => (ulong)Below(64),
        _ => Next(),
    };
}
