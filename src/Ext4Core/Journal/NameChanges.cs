using System.Diagnostics.CodeAnalysis;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>A name that a fast commit gave to a directory.</summary>
/// <param name="Name">Its bytes.</param>
/// <param name="Inode">What it stands for.</param>
/// <param name="Mode">The inode's mode: its top four bits are the entry's type.</param>
internal sealed record AddedName(byte[] Name, InodeNumber Inode, ushort Mode);

/// <summary>A directory's changed names: added ones in the order they came, and removed ones.</summary>
internal sealed class NameChanges
{
    private const int IsRemoved = -1;

    private readonly List<AddedName?> _added = [];
    private readonly Dictionary<byte[], int> _indexes;
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    public NameChanges()
    {
        _indexes = new(new NameComparer());
        _byName = _indexes.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Places in the order of added names; some may be empty again.</summary>
    public int AddedCount => _added.Count;

    /// <summary>The name in a place; null where it is gone again.</summary>
    public AddedName? Added(int index) => _added[index];

    /// <summary>Whether a name is changed, so that the directory's own entry for it, if any, does not count.</summary>
    /// <param name="name">The name.</param>
    /// <param name="added">What it stands for now; null when it is gone.</param>
    public bool TryFind(ReadOnlySpan<byte> name, out AddedName? added)
    {
        bool isChanged = _byName.TryGetValue(name, out int index);
        added = isChanged && index != IsRemoved ? _added[index] : null;
        return isChanged;
    }

    public void Add(ReadOnlySpan<byte> name, InodeNumber inode, ushort mode)
    {
        byte[] bytes = name.ToArray();
        _indexes[bytes] = _added.Count;
        _added.Add(new(bytes, inode, mode));
    }

    public void Remove(ReadOnlySpan<byte> name)
    {
        if (_byName.TryGetValue(name, out int index) && index != IsRemoved)
        {
            _added[index] = null;
        }

        _byName[name] = IsRemoved;
    }

    /// <summary>Names are bytes; they compare as such.</summary>
    private sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x is null ? y is null : y is not null && x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
