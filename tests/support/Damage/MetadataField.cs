using Ext4Core.Integrity;

namespace TestSupport.Damage;

/// <summary>One field of one structure on a volume: a place that is worth damaging.</summary>
/// <param name="Name">The format's own name.</param>
/// <param name="Offset">Bytes from the volume's start.</param>
/// <param name="Size">Bytes: 1, 2, 4 or 8 for numbers, anything for text.</param>
/// <param name="Owner">What carries the checksum over it.</param>
public readonly record struct MetadataField(string Name, long Offset, int Size, SealedStructure Owner)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} of {Owner.Kind} at {Offset}";
}

/// <summary>A structure with a checksum of its own, and what its seed needs to be known.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Offset">Where it starts. Unit: bytes from the volume's start.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Number">The inode that it belongs to, or the group.</param>
/// <param name="Seed">Seed of its checksum, as it was on the sound volume.</param>
public readonly record struct SealedStructure(StructureKind Kind, long Offset, int Size, uint Number = 0, uint Seed = 0);
