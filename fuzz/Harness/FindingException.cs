namespace Ext4Safety.Fuzz;

/// <summary>An oracle's objection: the code under test did not crash, but what it did is wrong.</summary>
public sealed class FindingException : Exception
{
    /// <summary>An objection.</summary>
    /// <param name="kind">Which promise was broken.</param>
    /// <param name="message">What was seen, and what would have been right.</param>
    public FindingException(FindingKind kind, string message)
        : base($"{kind}: {message}") => Kind = kind;

    /// <summary>Which promise was broken.</summary>
    public FindingKind Kind { get; }
}

/// <summary>The promises that oracles watch over.</summary>
public enum FindingKind
{
    /// <summary>Two ways to the same answer gave different ones, or an answer contradicts itself.</summary>
    Contradiction,

    /// <summary>More block reads or steps than an input of this size may cost.</summary>
    Work,

    /// <summary>More bytes allocated than an input may cost.</summary>
    Allocation,
}
