using System.Buffers.Binary;
using System.IO.Compression;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>A volume's bytes without its zeros: pages of 1 KiB, immutable, shared by every device that starts from it.</summary>
/// <remarks>Stored form: length (64 bits), count of pages (32 bits), their ascending indexes (32 bits each), then their bytes;
/// little-endian, all of it brotli.</remarks>
public sealed class SparseImage
{
    /// <summary>Logarithm of the bytes in a page: the smallest block there is.</summary>
    public const int PageBits = 10;

    /// <summary>Bytes in a page.</summary>
    public const int PageSize = 1 << PageBits;

    private const int LengthSize = sizeof(long), CountSize = sizeof(int), IndexSize = sizeof(int);
    private const int Zeros = -1;

    private readonly int[] _slots;
    private readonly int[] _indexes;
    private readonly byte[] _bytes;

    private SparseImage(long length, int[] indexes, byte[] bytes)
    {
        Length = length;
        _indexes = indexes;
        _bytes = bytes;
        _slots = new int[indexes.Length == 0 ? 0 : indexes[^1] + 1];
        Array.Fill(_slots, Zeros);
        for (int slot = 0; slot < indexes.Length; slot++)
        {
            _slots[indexes[slot]] = slot;
        }
    }

    /// <summary>Nothing but zeros, and of no size of its own.</summary>
    public static SparseImage Empty { get; } = new(0, [], []);

    /// <summary>Bytes in the volume.</summary>
    public long Length { get; }

    /// <summary>The pages that hold something other than zeros, in ascending order.</summary>
    public ReadOnlySpan<int> Pages => _indexes;

    /// <summary>A page's bytes; none for a page of zeros, inside the volume or behind it.</summary>
    public ReadOnlySpan<byte> this[long page] => (ulong)page < (ulong)_slots.Length && _slots[page] is int slot and not Zeros
        ? _bytes.AsSpan(slot << PageBits, PageSize)
        : default;

    /// <summary>Reads an image from the current position of a stream to its end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is longer than a base volume can be: 1 TiB.</exception>
    public static SparseImage Read(Stream image)
    {
        List<int> indexes = [];
        using MemoryStream bytes = new();
        byte[] page = new byte[PageSize];
        long length = 0;
        int count;
        while ((count = image.ReadAtLeast(page, PageSize, throwOnEndOfStream: false)) > 0)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(length >> PageBits, 1 << 30, nameof(image));
            if (page.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                page.AsSpan(count).Clear();
                indexes.Add((int)(length >> PageBits));
                bytes.Write(page);
            }

            length += count;
        }

        return new(length, [.. indexes], bytes.ToArray());
    }

    /// <summary>Reads the stored form.</summary>
    /// <exception cref="InvalidDataException">The bytes are not one.</exception>
    public static SparseImage Load(Stream stored)
    {
        using BrotliStream unpacked = new(stored, CompressionMode.Decompress, leaveOpen: true);
        byte[] header = new byte[LengthSize + CountSize];
        unpacked.ReadExactly(header);
        long length = BinaryPrimitives.ReadInt64LittleEndian(header);
        int count = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(LengthSize));
        byte[] table = new byte[count * IndexSize];
        unpacked.ReadExactly(table);
        byte[] bytes = new byte[count << PageBits];
        unpacked.ReadExactly(bytes);
        int[] indexes = new int[count];
        for (int slot = 0; slot < count; slot++)
        {
            indexes[slot] = BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(slot * IndexSize));
        }

        return new(length, indexes, bytes);
    }

    /// <summary>Writes the stored form.</summary>
    public void Save(Stream stored)
    {
        using BrotliStream packed = new(stored, CompressionLevel.SmallestSize, leaveOpen: true);
        byte[] table = new byte[LengthSize + CountSize + (_indexes.Length * IndexSize)];
        BinaryPrimitives.WriteInt64LittleEndian(table, Length);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(LengthSize), _indexes.Length);
        for (int slot = 0; slot < _indexes.Length; slot++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(LengthSize + CountSize + (slot * IndexSize)), _indexes[slot]);
        }

        packed.Write(table);
        packed.Write(_bytes);
    }

    /// <summary>Copies bytes out, zeros behind the end.</summary>
    public void CopyTo(long from, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int within = (int)(from & (PageSize - 1));
            int count = Math.Min(PageSize - within, buffer.Length);
            ReadOnlySpan<byte> page = this[from >> PageBits];
            if (page.IsEmpty)
            {
                buffer[..count].Clear();
            }
            else
            {
                page.Slice(within, count).CopyTo(buffer);
            }

            from += count;
            buffer = buffer[count..];
        }
    }
}
