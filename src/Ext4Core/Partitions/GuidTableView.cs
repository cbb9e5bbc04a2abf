using Ext4Core.Primitives;

namespace Ext4Core.Partitions;

/// <summary>The header of a GUID partition table.</summary>
/// <remarks>Little-endian, 92 bytes or more. Source: UEFI specification, "GPT Header".</remarks>
internal readonly ref struct GuidTableView
{
    public const int LeastSize = 92;
    private const int HeaderSizeAt = 12, ChecksumAt = 16, OwnSectorAt = 24, EntriesSectorAt = 72, EntryCountAt = 80, EntrySizeAt = 84,
        EntriesChecksumAt = 88;

    private readonly ReadOnlySpan<byte> _sector;

    public GuidTableView(ReadOnlySpan<byte> sector) => _sector = sector;

    public bool HasSignature => _sector.StartsWith("EFI PART"u8);

    /// <summary>In bytes: claimed.</summary>
    public uint HeaderSize => Le.U32(_sector, HeaderSizeAt);

    public uint Checksum => Le.U32(_sector, ChecksumAt);

    /// <summary>The sector that this header says it lies in.</summary>
    public ulong OwnSector => Le.U64(_sector, OwnSectorAt);

    public ulong EntriesSector => Le.U64(_sector, EntriesSectorAt);

    public uint EntryCount => Le.U32(_sector, EntryCountAt);

    /// <summary>In bytes: claimed.</summary>
    public uint EntrySize => Le.U32(_sector, EntrySizeAt);

    public uint EntriesChecksum => Le.U32(_sector, EntriesChecksumAt);

    /// <summary>The checksum that the header should have: over itself, with zero in the checksum's place.</summary>
    public uint ComputeChecksum()
    {
        Span<byte> header = stackalloc byte[4096];
        header = header[..(int)HeaderSize];
        _sector[..(int)HeaderSize].CopyTo(header);
        header.Slice(ChecksumAt, sizeof(uint)).Clear();
        return GuidChecksum.Compute(header);
    }
}

/// <summary>One entry of the table.</summary>
/// <remarks>128 bytes or more: type at 0, first sector at 32, last sector at 40.</remarks>
internal readonly ref struct GuidEntryView
{
    public const int LeastSize = 128;
    private const int TypeSize = 16, FirstAt = 32, LastAt = 40;

    private readonly ReadOnlySpan<byte> _bytes;

    public GuidEntryView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..LeastSize];

    public bool IsEmpty => _bytes[..TypeSize].IndexOfAnyExcept((byte)0) < 0;

    public ulong FirstSector => Le.U64(_bytes, FirstAt);

    /// <summary>It belongs to the partition.</summary>
    public ulong LastSector => Le.U64(_bytes, LastAt);
}
