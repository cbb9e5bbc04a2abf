using Ext4Core.Integrity;

namespace Ext4Core.UnitTests;

/// <summary>Names a kind of damage that a test provokes, next to the same structure one step inside the edge.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ProvokesAttribute(CorruptionCode code) : Attribute
{
    public CorruptionCode Code => code;
}
