namespace Ext4Core.Integrity;

/// <summary>The volume uses a feature that is not spoken here: a refusal at mount, by name.</summary>
public sealed class UnsupportedFeatureException : Exception
{
    /// <summary>Creates the refusal.</summary>
    /// <param name="feature">The feature's name as e2fsprogs prints it, or its bit.</param>
    /// <param name="explanation">Why this cannot be mounted, and what would help.</param>
    public UnsupportedFeatureException(string feature, string explanation)
        : base($"unsupported feature {feature}: {explanation}") => Feature = feature;

    /// <summary>The feature's name.</summary>
    public string Feature { get; }
}
