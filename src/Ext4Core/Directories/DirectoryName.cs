using Ext4Core.Geometry;
using Ext4Core.Layout;

namespace Ext4Core.Directories;

/// <summary>The name that a lookup wants, in the way that its directory compares names.</summary>
internal readonly ref struct DirectoryName
{
    private readonly ReadOnlySpan<byte> _folded;
    private readonly bool _isFolded;
    private readonly ReadOnlySpan<byte> _digest;
    private readonly NameHash _storedHash;
    private readonly bool _hasStoredHash;

    /// <summary>A name that is compared byte by byte.</summary>
    public DirectoryName(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>A name that is compared by its folded form too.</summary>
    public DirectoryName(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> folded)
    {
        Bytes = bytes;
        _folded = folded;
        _isFolded = true;
    }

    /// <summary>The name of a ciphertext.</summary>
    /// <param name="name">What the lookup asked for.</param>
    /// <param name="areHashesStored">Whether the tree is ordered by hashes that nobody can compute without the key.</param>
    public DirectoryName(NoKeyName name, bool areHashesStored)
    {
        Bytes = name.Ciphertext;
        _digest = name.Digest;
        _storedHash = name.Hash;
        _hasStoredHash = areHashesStored || !name.Digest.IsEmpty;
    }

    /// <summary>The name as stored, or the start of it.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Whether the name is compared byte by byte, as a whole.</summary>
    public bool IsPlain => _digest.IsEmpty && !_isFolded;

    /// <summary>Whether this is '.' or '..': those lie in the first block, and are never encrypted or folded.</summary>
    public bool IsDots => Bytes is [(byte)'.'] or [(byte)'.', (byte)'.'];

    /// <summary>The name's place in a tree.</summary>
    /// <param name="named">The hash that the tree names.</param>
    /// <param name="geometry">The volume's.</param>
    public NameHash HashWith(HashVersion named, VolumeGeometry geometry)
    {
        if (_hasStoredHash || !DirectoryHash.TryResolve(named, geometry.HashesUnsigned, out HashVersion version))
        {
            return _storedHash;
        }

        return DirectoryHash.Compute(version, geometry.HashSeed, _isFolded ? _folded : Bytes);
    }

    /// <summary>Whether an entry is in use and has this name.</summary>
    public bool Matches(DirectoryEntryView entry)
    {
        ReadOnlySpan<byte> stored = entry.Name;
        bool isSame = _digest.IsEmpty
            ? stored.SequenceEqual(Bytes) || (_isFolded && CaseFolding.FoldsTo(stored, _folded))
            : NoKeyName.Matches(Bytes, _digest, stored);
        return isSame && entry.IsUsed;
    }
}
