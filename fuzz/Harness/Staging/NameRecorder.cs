using Ext4Core.Directories;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>Remembers the names of a listing: the first ones.</summary>
internal sealed class NameRecorder
{
    private const int MostNames = 128;

    private readonly byte[] _bytes = new byte[MostNames * byte.MaxValue];
    private readonly (int Start, int Length, uint Inode, ulong NextCookie)[] _names =
        new (int Start, int Length, uint Inode, ulong NextCookie)[MostNames];
    private int _end;

    /// <summary>Names remembered.</summary>
    public int Count { get; private set; }

    /// <summary>There were more.</summary>
    public bool HasOverflowed { get; private set; }

    /// <summary>A hash of all that was listed.</summary>
    public Digest Digest { get; private set; }

    /// <summary>Where the next listing starts.</summary>
    public ulong NextCookie { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Begin()
    {
        _end = 0;
        Count = 0;
        HasOverflowed = false;
        Digest = default;
        NextCookie = 0;
    }

    public ReadOnlySpan<byte> NameAt(int index) => _bytes.AsSpan(_names[index].Start, _names[index].Length);

    public uint InodeAt(int index) => _names[index].Inode;

    /// <summary>The first of the names that is the same; -1 for none.</summary>
    public int IndexOf(ReadOnlySpan<byte> name)
    {
        for (int index = 0; index < Count; index++)
        {
            if (NameAt(index).SequenceEqual(name))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>A sink for one call of a listing, which takes at most so many entries.</summary>
    public Sink Take(int mostEntries) => new(this, mostEntries);

    private void Add(scoped DirectoryEntry entry)
    {
        Digest = Digest.Add(entry.Name).Add(entry.Inode.Value).Add((ulong)entry.Type).Add(entry.NextCookie);
        NextCookie = entry.NextCookie;
        if (Count == MostNames || entry.Name.Length > byte.MaxValue)
        {
            HasOverflowed = true;
            return;
        }

        entry.Name.CopyTo(_bytes.AsSpan(_end));
        _names[Count++] = (_end, entry.Name.Length, entry.Inode.Value, entry.NextCookie);
        _end += entry.Name.Length;
    }

    /// <summary>Passes entries on until it is full.</summary>
    internal struct Sink(NameRecorder owner, int left) : IDirectorySink
    {
        private int _left = left;

        /// <summary>Entries taken.</summary>
        public int TakenCount { get; private set; }

        /// <inheritdoc/>
        public bool Add(scoped DirectoryEntry entry)
        {
            if (_left == 0)
            {
                return false;
            }

            _left--;
            TakenCount++;
            owner.Add(entry);
            return true;
        }
    }
}
