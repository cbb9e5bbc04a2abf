namespace Ext4Core.Inodes;

/// <summary>A point in time as ext4 keeps it: 34 bits of seconds since 1970, 30 bits of nanoseconds.</summary>
/// <param name="Seconds">Seconds since 1970, negative before.</param>
/// <param name="Nanoseconds">Nanoseconds within the second.</param>
public readonly record struct Timestamp(long Seconds, uint Nanoseconds)
{
    /// <summary>Joins the signed 32-bit seconds and the extra word: two epoch bits, then nanoseconds.</summary>
    internal static Timestamp Decode(int seconds, uint extra) => new(seconds + ((long)(extra & 3) << 32), extra >> 2);
}
