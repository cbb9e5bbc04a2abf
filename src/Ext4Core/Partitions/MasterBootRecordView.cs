using Ext4Core.Primitives;

namespace Ext4Core.Partitions;

/// <summary>The first sector of a disk, or of a logical partition: four entries and a signature.</summary>
/// <remarks>512 bytes, little-endian; the four entries of 16 bytes begin at 446.</remarks>
internal readonly ref struct MasterBootRecordView
{
    public const int Size = 512, EntryCount = 4;
    private const int EntriesAt = 446, EntrySize = 16, SignatureAt = 510;
    private const ushort Signature = 0xAA55;

    private readonly ReadOnlySpan<byte> _bytes;

    public MasterBootRecordView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    public bool HasSignature => Le.U16(_bytes, SignatureAt) == Signature;

    public MasterBootEntryView Entry(int entryIndex) => new(_bytes.Slice(EntriesAt + (entryIndex * EntrySize), EntrySize));
}

/// <summary>One entry of it.</summary>
/// <remarks>16 bytes: type at 4, first sector at 8, count of sectors at 12.</remarks>
internal readonly ref struct MasterBootEntryView
{
    private const byte Protective = 0xEE;
    private const int TypeAt = 4, FirstAt = 8, CountAt = 12;

    private readonly ReadOnlySpan<byte> _bytes;

    public MasterBootEntryView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Nothing is here.</summary>
    public bool IsEmpty => _bytes[TypeAt] == 0 || SectorCount == 0;

    /// <summary>The disk has another table; this entry keeps older tools away.</summary>
    public bool IsProtective => _bytes[TypeAt] == Protective;

    /// <summary>It holds a chain of logical partitions.</summary>
    public bool IsExtended => _bytes[TypeAt] is 0x05 or 0x0F or 0x85;

    public uint FirstSector => Le.U32(_bytes, FirstAt);

    public uint SectorCount => Le.U32(_bytes, CountAt);
}
