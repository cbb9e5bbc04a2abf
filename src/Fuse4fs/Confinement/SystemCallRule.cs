namespace Fuse4fs.Confinement;

/// <summary>What becomes of a system call.</summary>
internal enum CallVerdict
{
    /// <summary>It is made.</summary>
    Allow,

    /// <summary>It fails with EPERM: a program that asks may be curious, or its runtime is.</summary>
    Refuse,

    /// <summary>It fails with ENOSYS: the caller knows an older call that is allowed.</summary>
    Unknown,

    /// <summary>The process ends: nothing that it is meant to do leads here.</summary>
    Kill,
}

/// <summary>What one argument of a call must be, seen in its lower 32 bits: those that the kernel looks at where it takes an int.</summary>
/// <param name="Argument">Which one, from 0.</param>
/// <param name="Kind">How it is compared.</param>
/// <param name="Values">With what.</param>
internal sealed record Condition(int Argument, ConditionKind Kind, params IReadOnlyList<uint> Values)
{
    /// <summary>It is one of these.</summary>
    public static Condition OneOf(int argument, params uint[] values) => new(argument, ConditionKind.OneOf, values);

    /// <summary>It is none of these.</summary>
    public static Condition NoneOf(int argument, params uint[] values) => new(argument, ConditionKind.NoneOf, values);

    /// <summary>None of these bits is set.</summary>
    public static Condition Without(int argument, uint bits) => new(argument, ConditionKind.Without, bits);

    /// <summary>All 64 bits are zero: no pointer.</summary>
    public static Condition Null(int argument) => new(argument, ConditionKind.Null);
}

internal enum ConditionKind
{
    OneOf,
    NoneOf,
    Without,
    Null,
}

/// <summary>One system call.</summary>
/// <param name="Name">As the kernel calls it.</param>
/// <param name="X64">Its number on x86-64; <see cref="Absent"/> where there is none.</param>
/// <param name="Arm64">Its number on arm64.</param>
/// <param name="Verdict">What becomes of it.</param>
/// <param name="Reason">Why.</param>
internal sealed record SystemCallRule(string Name, int X64, int Arm64, CallVerdict Verdict, string Reason)
{
    public const int Absent = -1;

    /// <summary>What the arguments must be: all of it.</summary>
    public IReadOnlyList<Condition> Conditions { get; init; } = [];

    /// <summary>What becomes of a call whose arguments are something else.</summary>
    public CallVerdict Otherwise { get; init; } = CallVerdict.Kill;
}
