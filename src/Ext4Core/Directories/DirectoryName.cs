using Ext4Core.Geometry;
using Ext4Core.Layout;

namespace Ext4Core.Directories;

/// <summary>The name that a lookup wants, in the way that its directory compares names.</summary>
internal readonly ref struct DirectoryName
{
    /// <summary>A name that is compared byte by byte.</summary>
    public DirectoryName(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The name as it was asked for.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Whether this is '.' or '..': those lie in the first block, and are never encrypted or folded.</summary>
    public bool IsDots => Bytes is [(byte)'.'] or [(byte)'.', (byte)'.'];

    /// <summary>The name's place in a tree.</summary>
    /// <param name="named">The hash that the tree names.</param>
    /// <param name="geometry">The volume's.</param>
    public NameHash HashWith(HashVersion named, VolumeGeometry geometry)
    {
        DirectoryHash.TryResolve(named, geometry.HashesUnsigned, out HashVersion version);
        return DirectoryHash.Compute(version, geometry.HashSeed, Bytes);
    }

    /// <summary>Whether an entry is in use and has this name.</summary>
    public bool Matches(DirectoryEntryView entry) => entry.Name.SequenceEqual(Bytes) && entry.IsUsed;
}
