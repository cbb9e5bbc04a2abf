using System.Text;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Partitions;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The partition table of a disk, and the part of the disk that one partition is.</summary>
/// <remarks>Input: options, the partition's number less one, then sectors of 512 bytes as parts. The disk has 256 of them. The
/// target's own option 1 stands for sectors of 4 KiB: there tables are sealed then.</remarks>
internal sealed class PartitionTableTarget : FuzzTarget
{
    private const int SectorSize = 512, SectorCount = 256, MostReads = 300;
    private const int HeaderSizeAt = 12, ChecksumAt = 16, EntriesSectorAt = 72, EntryCountAt = 80, EntrySizeAt = 84, EntriesChecksumAt = 88;
    private const int FirstEntryAt = 446, EntrySize = 16;

    private readonly StagedDevice _disk = new(SectorSize, SectorCount, SectorCount);
    private readonly byte[] _inWindow = new byte[SectorSize];
    private readonly byte[] _onDisk = new byte[SectorSize];

    /// <inheritdoc/>
    public override string Name => "partition-table";

    /// <inheritdoc/>
    public override string Description => "GUID tables and their copies, master boot records and chains of logical partitions";

    /// <inheritdoc/>
    public override long AllocationBudget => 1 << 20;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Primary(0, 16, 64).Named("primary");
            yield return Primary(1, 16, 64).Named("primary-that-is-empty");
            yield return Primary(0, 16, SectorCount - 16).Named("primary-up-to-the-end");
            yield return Primary(0, 16, SectorCount - 15).Named("primary-past-the-end");
            yield return Logical(4, next: 10).Named("logical");
            yield return Logical(5, next: 10).Named("second-logical");
            yield return Logical(6, next: 10).Named("third-logical-of-two");
            yield return Logical(7, next: 1).Named("chain-in-a-circle");
            yield return Logical(5, next: 200).Named("chain-out-of-its-container");
            yield return Guid(InputOptions.Of(), 1, 16, 64).Named("guid-table");
            yield return Guid(InputOptions.Of(own: 1), 1, 8, 15).Named("guid-table-4k");
            yield return Guid(InputOptions.Of(), SectorCount - 1, 16, 64).Named("guid-table-at-the-end");
            yield return Guid(InputOptions.Of(sealsChecksums: false), 1, 16, 64).Named("guid-table-unsealed");
            yield return Guid(InputOptions.Of(), 1, 16, SectorCount).Named("guid-partition-past-the-end");
            yield return Guid(InputOptions.Of(), 1, 16, 15).Named("guid-partition-ends-before-it-begins");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("signature", [0x55, 0xAA]),
        new("protective", [0, 0, 0, 0, 0xEE, 0, 0, 0, 1, 0, 0, 0, 255, 0, 0, 0]),
        new("container", [0, 0, 0, 0, 5, 0, 0, 0, 32, 0, 0, 0, 128, 0, 0, 0]),
        new("guid_signature", "EFI PART"u8.ToArray()),
        new("header_size", [92, 0, 0, 0]),
        new("entry_size", [128, 0, 0, 0]),
    ];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        InputOptions options = new(reader.U8());
        int number = 1 + reader.U8();
        while (reader.TryTakePart(out int sector, out ReadOnlySpan<byte> bytes))
        {
            bytes[..Math.Min(bytes.Length, SectorSize)].CopyTo(_disk.Edit(sector));
        }

        try
        {
            if (options.SealsChecksums)
            {
                int sectors = options.Own == 1 ? 4096 / SectorSize : 1;
                Seal(sectors, sectors);
                Seal(SectorCount - sectors, sectors);
            }

            WindowBlockDevice window = PartitionTable.Open(_disk, number);
            return Verdict.Accepted(Look(window).Value);
        }
        catch (PartitionException refusal)
        {
            return Verdict.Refused(new Digest().Add(Encoding.UTF8.GetBytes(refusal.Message)).Value);
        }
        finally
        {
            _disk.Reset();
        }
    }

    private Digest Look(WindowBlockDevice window)
    {
        Require(_disk.ReadCount <= MostReads, "more reads than the longest chain needs");
        Require(
            window.Start >= SectorSize && window.Length >= SectorSize && window.Start % SectorSize == 0 && window.Length % SectorSize == 0
            && window.Start <= _disk.Length - window.Length,
            "a partition that is not a part of the disk");
        foreach (long at in (ReadOnlySpan<long>)[0, window.Length - SectorSize])
        {
            window.Read(new(at), _inWindow);
            _disk.Read(new(window.Start + at), _onDisk);
            Require(_inWindow.AsSpan().SequenceEqual(_onDisk), "a partition reads other than its place on the disk");
        }

        Require(!CanRead(window, window.Length - SectorSize + 1), "a partition reads what lies behind it");
        return new Digest().Add(window.Start).Add(window.Length).Add(_inWindow);
    }

    private bool CanRead(WindowBlockDevice window, long at)
    {
        try
        {
            window.Read(new(at), _inWindow);
            return true;
        }
        catch (DeviceException)
        {
            return false;
        }
    }

    /// <summary>Puts the checksums of a GUID table right, if there is one of a size that can be.</summary>
    private void Seal(int sector, int sectors)
    {
        byte[] table = new byte[SectorSize * sectors];
        _disk.Read(new((long)sector * SectorSize), table);
        GuidTableView header = new(table);
        if (!header.HasSignature)
        {
            return;
        }

        ulong length = (ulong)header.EntryCount * header.EntrySize;
        ulong start = header.EntriesSector * (ulong)table.Length;
        if (header.EntriesSector < SectorCount && length <= SectorSize * SectorCount && start <= (SectorSize * SectorCount) - length)
        {
            byte[] entries = new byte[length];
            _disk.Read(new((long)start), entries);
            Le.PutU32(_disk.Edit(sector), EntriesChecksumAt, GuidChecksum.Compute(entries));
            Le.PutU32(table, EntriesChecksumAt, GuidChecksum.Compute(entries));
        }

        if (header.HeaderSize >= GuidTableView.LeastSize && header.HeaderSize <= table.Length)
        {
            Le.PutU32(_disk.Edit(sector), ChecksumAt, header.ComputeChecksum());
        }
    }

    private static void Require(bool isFine, string objection)
    {
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, objection);
        }
    }

    private static InputWriter Primary(byte number, uint first, uint count) =>
        new InputWriter(InputOptions.Of()).U8(number).Part(0, Record([new(0x83, first, count)]));

    /// <summary>A container with two logical partitions, the first of which leads to <paramref name="next"/>.</summary>
    private static InputWriter Logical(byte number, uint next) => new InputWriter(InputOptions.Of()).U8(number)
        .Part(0, Record([new(5, 32, 128)]))
        .Part(32, Record([new(0x83, 1, 4), new(5, next, 32)]))
        .Part(33, Record([new(0x83, 1, 4), new(5, 1, 32)]))
        .Part(42, Record([new(0x83, 1, 4)]));

    private static InputWriter Guid(InputOptions options, int sector, ulong first, ulong last)
    {
        int sectors = options.Own == 1 ? 4096 / SectorSize : 1;
        int entriesSector = sector == 1 ? 2 : 200;
        byte[] header = new byte[SectorSize];
        "EFI PART"u8.CopyTo(header);
        Le.PutU32(header, HeaderSizeAt, GuidTableView.LeastSize);
        Le.PutU64(header, 24, (ulong)sector);
        Le.PutU64(header, EntriesSectorAt, (ulong)entriesSector);
        Le.PutU32(header, EntryCountAt, 4);
        Le.PutU32(header, EntrySizeAt, GuidEntryView.LeastSize);
        byte[] entries = new byte[SectorSize];
        entries[0] = 1;
        Le.PutU64(entries, 32, first);
        Le.PutU64(entries, 40, last);
        return new InputWriter(options).U8(0)
            .Part(0, Record([new(0xEE, 1, SectorCount - 1)]))
            .Part(sector * sectors, header)
            .Part(entriesSector * sectors, entries);
    }

    private static byte[] Record(ReadOnlySpan<Entry> entries)
    {
        byte[] record = new byte[SectorSize];
        for (int index = 0; index < entries.Length; index++)
        {
            Span<byte> entry = record.AsSpan(FirstEntryAt + (index * EntrySize), EntrySize);
            entry[4] = entries[index].Type;
            Le.PutU32(entry, 8, entries[index].First);
            Le.PutU32(entry, 12, entries[index].Count);
        }

        Le.PutU16(record, SectorSize - 2, 0xAA55);
        return record;
    }

    /// <summary>One of the four entries of a record.</summary>
    private readonly record struct Entry(byte Type, uint First, uint Count);
}
