using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>Blocks of the volume whose newest contents lie elsewhere: in the journal.</summary>
/// <remarks>Immutable once built, so any number of readers share it. A read costs one binary search in each stretch between
/// overlaid blocks, and nothing where no overlay exists, because then there is no object to ask.</remarks>
internal sealed class BlockOverlay
{
    private const int EscapeSize = 4;
    private const long EscapedMark = 1;

    private readonly ulong[] _homes;
    private readonly long[] _places;
    private readonly IBlockDevice _source;
    private readonly int _blockBits;

    /// <summary>Orders what the journal's walk collected.</summary>
    /// <param name="source">The device that holds the journal.</param>
    /// <param name="blockBits">Logarithm of the block size.</param>
    /// <param name="blocks">For each overlaid block of the volume, where its newest contents lie.</param>
    public BlockOverlay(IBlockDevice source, int blockBits, IReadOnlyDictionary<ulong, OverlaidBlock> blocks)
    {
        _source = source;
        _blockBits = blockBits;
        _homes = new ulong[blocks.Count];
        _places = new long[blocks.Count];
        int index = 0;
        foreach ((ulong home, OverlaidBlock block) in blocks)
        {
            _homes[index] = home;
            _places[index] = block.Place.Value | (block.IsEscaped ? EscapedMark : 0);
            index++;
        }

        Array.Sort(_homes, _places);
    }

    /// <summary>Blocks overlaid.</summary>
    public int Count => _homes.Length;

    /// <summary>Whether any block of a run is overlaid: its bytes on the device are not the volume's then.</summary>
    public bool Touches(ulong first, ulong count)
    {
        int index = FirstNotBelow(first);
        return index < _homes.Length && _homes[index] - first < count;
    }

    /// <summary>Fills <paramref name="buffer"/> with the volume's bytes from <paramref name="from"/> on.</summary>
    public void Read(IBlockDevice volume, DeviceOffset from, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            ulong block = (ulong)from.Value >> _blockBits;
            int index = FirstNotBelow(block);
            bool isOverlaid = index < _homes.Length && _homes[index] == block;
            int count = isOverlaid
                ? ReadOverlaid(_places[index], from, buffer)
                : ReadPlain(volume, index, from, buffer);
            from = from.Plus(count);
            buffer = buffer[count..];
        }
    }

    private int ReadOverlaid(long place, DeviceOffset from, Span<byte> buffer)
    {
        int blockSize = 1 << _blockBits;
        int within = (int)(from.Value & (blockSize - 1));
        int count = Math.Min(blockSize - within, buffer.Length);
        Span<byte> part = buffer[..count];
        _source.Read(new DeviceOffset(place & ~EscapedMark).Plus(within), part);
        if ((place & EscapedMark) != 0 && within < EscapeSize)
        {
            RestoreMagic(within, part);
        }

        return count;
    }

    private static void RestoreMagic(int within, Span<byte> part)
    {
        ReadOnlySpan<byte> magic = [0xC0, 0x3B, 0x39, 0x98];
        ReadOnlySpan<byte> rest = magic[within..];
        rest[..Math.Min(rest.Length, part.Length)].CopyTo(part);
    }

    private int ReadPlain(IBlockDevice volume, int nextIndex, DeviceOffset from, Span<byte> buffer)
    {
        long stretch = nextIndex < _homes.Length ? (long)(_homes[nextIndex] << _blockBits) - from.Value : long.MaxValue;
        int count = (int)Math.Min(stretch, buffer.Length);
        volume.Read(from, buffer[..count]);
        return count;
    }

    private int FirstNotBelow(ulong block)
    {
        int index = Array.BinarySearch(_homes, block);
        return index >= 0 ? index : ~index;
    }
}

/// <summary>The newest contents of one block.</summary>
/// <param name="Place">Where they lie on the journal's device; a multiple of the block size.</param>
/// <param name="IsEscaped">The first four bytes are zeros there and the journal's magic in truth.</param>
internal readonly record struct OverlaidBlock(DeviceOffset Place, bool IsEscaped);
