using Ext4Core.Integrity;

namespace Ext4Safety.Fuzz;

/// <summary>What the code under test made of one input: comparable, and without allocation until it is printed.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Code">The damage that was reported; no code if it ended another way.</param>
/// <param name="Digest">A hash over everything that was decoded or reported: it changes when behaviour does.</param>
public readonly record struct Verdict(Outcome Outcome, CorruptionCode Code, ulong Digest)
{
    /// <summary>The input was taken, and this was seen in it.</summary>
    public static Verdict Accepted(ulong digest) => new(Outcome.Accepted, default, digest);

    /// <summary>The input was refused as damaged.</summary>
    public static Verdict Damaged(CorruptionException damage) =>
        new(Outcome.Damaged, damage.Code, new Digest().Add(damage.Found).Add(damage.Expected).Add(damage.Where).Value);

    /// <summary>The input was refused as damaged, without a throw.</summary>
    internal static Verdict Damaged(in Damage damage) =>
        new(Outcome.Damaged, damage.Code, new Digest().Add(damage.Found).Add(damage.Expected).Add(damage.Where).Value);

    /// <summary>The input was refused for another reason that the code under test documents.</summary>
    public static Verdict Refused(ulong digest) => new(Outcome.Refused, default, digest);

    /// <summary>The input is too short, or not one of this target's: nothing was put to the test.</summary>
    public static Verdict Unfit => new(Outcome.Unfit, default, 0);

    /// <summary>One line, without the end of it.</summary>
    public override string ToString() => Outcome switch
    {
        Outcome.Unfit => "unfit",
        Outcome.Damaged => $"damaged E{(int)Code} {Code} {Digest:x16}",
        Outcome.Refused => $"refused {Digest:x16}",
        _ => $"accepted {Digest:x16}",
    };
}

/// <summary>How a run ended that found nothing wrong with the code under test.</summary>
public enum Outcome
{
    /// <summary>Nothing was put to the test.</summary>
    Unfit,

    /// <summary>The input was taken.</summary>
    Accepted,

    /// <summary>The input was refused with a damage report.</summary>
    Damaged,

    /// <summary>The input was refused for another documented reason.</summary>
    Refused,
}
