using System.Diagnostics.CodeAnalysis;

namespace Ext4Core.Integrity;

/// <summary>The image is damaged: what, where, what was found and what would have been fine.</summary>
[SuppressMessage("Design", "CA1064:Exceptions should be public", Justification = "It is public; the analyzer misreads the sealed form.")]
public sealed class CorruptionException : Exception
{
    internal CorruptionException(CorruptionCode code, in DiskLocation where, ulong found, ulong expected)
    {
        Code = code;
        Where = where;
        Found = found;
        Expected = expected;
    }

    /// <summary>What is wrong.</summary>
    public CorruptionCode Code { get; }

    /// <summary>Where it is wrong.</summary>
    public DiskLocation Where { get; }

    /// <summary>The value found on the disk.</summary>
    public ulong Found { get; }

    /// <summary>The limit it breaks, or the value it should have had: <see cref="CorruptionCodes"/> says which.</summary>
    public ulong Expected { get; }

    /// <summary>How far the damage reaches.</summary>
    public FaultScope Scope => CorruptionCodes.ScopeOf(Code);

    /// <inheritdoc/>
    public override string Message =>
        $"E{(int)Code} {Code}: {Where}: found {CorruptionCodes.Format(Code, Found)}, "
        + $"{CorruptionCodes.ExpectationOf(Code)} {CorruptionCodes.Format(Code, Expected)}";
}

/// <summary>Raises damage out of line, so that the code that checks stays small.</summary>
internal static class Corrupt
{
    /// <summary>Throws a <see cref="CorruptionException"/>.</summary>
    [DoesNotReturn]
    public static void Throw(CorruptionCode code, in DiskLocation where, ulong found, ulong expected) =>
        throw new CorruptionException(code, where, found, expected);
}
