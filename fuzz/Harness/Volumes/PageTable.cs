using System.Numerics;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Pages that differ from the image below, found by their index: open addressing, emptied in as many steps as there
/// are pages in it. Memory is kept from one use to the next.</summary>
internal sealed class PageTable
{
    private const int Vacant = -1;
    private const int FirstCapacity = 256;

    private long[] _keys = new long[FirstCapacity];
    private int[] _slots = new int[FirstCapacity];
    private long[] _pages = new long[FirstCapacity / 2];
    private byte[] _bytes = new byte[8 << SparseImage.PageBits];

    public PageTable() => Array.Fill(_slots, Vacant);

    /// <summary>Pages in the table.</summary>
    public int Count { get; private set; }

    /// <summary>The index of a page that is in the table; in the order in which they came.</summary>
    public long PageAt(int slot) => _pages[slot];

    /// <summary>The page's bytes, or none where the image below counts.</summary>
    public Span<byte> Find(long page)
    {
        if (Count == 0)
        {
            return default;
        }

        int slot = _slots[PlaceOf(page)];
        return slot == Vacant ? default : Bytes(slot);
    }

    /// <summary>Takes in a page that is not here, with undefined bytes.</summary>
    public Span<byte> Add(long page)
    {
        if (Count == _pages.Length)
        {
            Grow();
        }

        int slot = Count++;
        _pages[slot] = page;
        int place = PlaceOf(page);
        _keys[place] = page;
        _slots[place] = slot;
        if (_bytes.Length >> SparseImage.PageBits == slot)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        return Bytes(slot);
    }

    /// <summary>Forgets every page.</summary>
    public void Clear()
    {
        if (Count * 4 > _slots.Length)
        {
            Array.Fill(_slots, Vacant);
        }
        else
        {
            for (int slot = Count - 1; slot >= 0; slot--)
            {
                _slots[PlaceOf(_pages[slot])] = Vacant;
            }
        }

        Count = 0;
    }

    private Span<byte> Bytes(int slot) => _bytes.AsSpan(slot << SparseImage.PageBits, SparseImage.PageSize);

    /// <summary>Where a page is, or where it would go.</summary>
    private int PlaceOf(long page)
    {
        int mask = _slots.Length - 1;
        int place = (int)(((ulong)page * 0x9E37_79B9_7F4A_7C15) >> (64 - BitOperations.Log2((uint)_slots.Length)));
        while (_slots[place] != Vacant && _keys[place] != page)
        {
            place = (place + 1) & mask;
        }

        return place;
    }

    private void Grow()
    {
        Array.Resize(ref _pages, _pages.Length * 2);
        _keys = new long[_keys.Length * 2];
        _slots = new int[_keys.Length];
        Array.Fill(_slots, Vacant);
        for (int slot = 0; slot < Count; slot++)
        {
            int place = PlaceOf(_pages[slot]);
            _keys[place] = _pages[slot];
            _slots[place] = slot;
        }
    }
}
