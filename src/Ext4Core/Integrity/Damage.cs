namespace Ext4Core.Integrity;

/// <summary>Damage that was seen but not yet raised: for callers that have another way to the answer.</summary>
/// <param name="Code">What is wrong; no code for nothing.</param>
/// <param name="Where">Where it is wrong.</param>
/// <param name="Found">The value found on the disk.</param>
/// <param name="Expected">The limit it breaks, or the value it should have had.</param>
internal readonly record struct Damage(CorruptionCode Code, DiskLocation Where, ulong Found, ulong Expected)
{
    /// <summary>Nothing is wrong.</summary>
    public bool IsNone => Code == default;

    /// <summary>The report that raising it would give.</summary>
    public override string ToString() => IsNone ? "" : new CorruptionException(Code, Where, Found, Expected).Message;

    /// <summary>Raises the damage, if there is any.</summary>
    public void ThrowIfAny()
    {
        if (!IsNone)
        {
            Corrupt.Throw(Code, Where, Found, Expected);
        }
    }
}
