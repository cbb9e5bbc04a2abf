using System.Buffers.Binary;
using System.IO.Compression;
using Ext4Core.Io;

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
    private const int Zeros = -1, ChunkSize = 1 << 20;

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

    /// <summary>Reads a whole image.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is longer than a base volume can be: 1 TiB.</exception>
    public static SparseImage Read(IBlockDevice image) => Read(image, FileContents.None);

    /// <summary>Reads an image but for the contents of its files, which become zeros.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is longer than a base volume can be: 1 TiB.</exception>
    internal static SparseImage Read(IBlockDevice image, FileContents without)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(image.Length >> PageBits, 1 << 30, nameof(image));
        List<int> indexes = [];
        using MemoryStream bytes = new();
        byte[] chunk = new byte[ChunkSize];
        for (long offset = 0; offset < image.Length; offset += ChunkSize)
        {
            int length = (int)Math.Min(ChunkSize, image.Length - offset);
            image.Read(new(offset), chunk.AsSpan(0, length));
            chunk.AsSpan(length).Clear();
            for (int at = 0; at < length; at += PageSize)
            {
                long page = (offset + at) >> PageBits;
                ReadOnlySpan<byte> found = chunk.AsSpan(at, PageSize);
                if (found.ContainsAnyExcept((byte)0) && !without.Has(page))
                {
                    indexes.Add((int)page);
                    bytes.Write(found);
                }
            }
        }

        return new(image.Length, [.. indexes], bytes.ToArray());
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
