namespace Ext4Core.Integrity;

/// <summary>What is known of each <see cref="CorruptionCode"/>: its scope, and how its two numbers read.</summary>
public static class CorruptionCodes
{
    /// <summary>How far this kind of damage reaches.</summary>
    public static FaultScope ScopeOf(CorruptionCode code) => ((int)code / 100) switch
    {
        1 => code is CorruptionCode.BlockOutOfRange or CorruptionCode.InodeOutOfRange or CorruptionCode.WorkBudgetExceeded
            ? FaultScope.Inode
            : FaultScope.Volume,
        2 => code == CorruptionCode.SystemZonesOverlap ? FaultScope.Volume : FaultScope.Group,
        7 or 8 => FaultScope.Volume,
        _ => FaultScope.Inode,
    };

    /// <summary>What the second number is: a limit that was broken, the value that should have been there, or the end of a run
    /// that the first number starts.</summary>
    public static string ExpectationOf(CorruptionCode code) => code switch
    {
        CorruptionCode.BlockMarkedFree or CorruptionCode.BlockMarkedUsed or CorruptionCode.InodeMarkedFree
            or CorruptionCode.InodeMarkedUsed or CorruptionCode.BlockClaimedTwice => "through",
        CorruptionCode.QuotaRecordMissing => "inodes",
        _ => IsExact(code) ? "expected" : "limit",
    };

    /// <summary>A number as the report shows it: checksums and magics in hexadecimal.</summary>
    public static string Format(CorruptionCode code, ulong value) => IsBitPattern(code) ? $"0x{value:x}" : $"{value}";

    private static bool IsExact(CorruptionCode code) => IsBitPattern(code) || EndsWithAny(code, "Mismatch", "Depth", "Entries");

    private static bool IsBitPattern(CorruptionCode code) => EndsWithAny(code, "Checksum", "Magic", "Contradict", "IdentityMismatch");

    private static bool EndsWithAny(CorruptionCode code, params ReadOnlySpan<string> endings)
    {
        string name = code.ToString();
        foreach (string ending in endings)
        {
            if (name.EndsWith(ending, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
