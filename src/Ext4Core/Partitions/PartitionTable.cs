using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;

namespace Ext4Core.Partitions;

/// <summary>Finds one partition of a disk: by its number in a GUID table, or in a master boot record with its logical partitions.</summary>
/// <remarks>The table is as little to be trusted as the volume: every number is checked against the disk, every chain ends.</remarks>
public static class PartitionTable
{
    /// <summary>Sectors of an image, and of nearly every disk; then those of the others.</summary>
    private static readonly int[] SectorSizes = [512, 4096];

    /// <summary>The number of the first logical partition.</summary>
    private const int FirstLogical = 5;

    /// <summary>More than any tool makes.</summary>
    private const int MostLogical = 256;

    private const uint MostEntries = 1024, MostEntrySize = 4096;

    /// <summary>The part of a disk that a partition is.</summary>
    /// <param name="disk">The whole disk; it belongs to the result from now on, or is given back by an exception.</param>
    /// <param name="number">From 1, as the kernel numbers them.</param>
    /// <exception cref="PartitionException">There is no such partition, or the table cannot be believed.</exception>
    /// <exception cref="DeviceException">The disk cannot be read.</exception>
    public static WindowBlockDevice Open(IBlockDevice disk, int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        byte[] sector = new byte[MasterBootRecordView.Size];
        MasterBootRecordView record = ReadRecord(disk, 0, sector);
        if (!record.HasSignature)
        {
            throw new PartitionException("the disk has no partition table: the signature of its first sector is missing");
        }

        for (int entryIndex = 0; entryIndex < MasterBootRecordView.EntryCount; entryIndex++)
        {
            if (record.Entry(entryIndex).IsProtective)
            {
                return FromGuidTable(disk, number);
            }
        }

        return number < FirstLogical ? Primary(disk, record, number) : Logical(disk, record, number);
    }

    private static WindowBlockDevice Primary(IBlockDevice disk, MasterBootRecordView record, int number)
    {
        MasterBootEntryView entry = record.Entry(number - 1);
        if (entry.IsEmpty || entry.IsExtended)
        {
            throw new PartitionException($"partition {number} is {(entry.IsEmpty ? "empty" : "a container of others")}");
        }

        return Window(disk, number, entry.FirstSector, entry.SectorCount, SectorSizes[0]);
    }

    /// <summary>Each logical partition has a record of its own: the first entry is the partition, the second leads to the next.</summary>
    private static WindowBlockDevice Logical(IBlockDevice disk, MasterBootRecordView record, int number)
    {
        (ulong container, ulong containerEnd) = FindContainer(record);
        byte[] sector = new byte[MasterBootRecordView.Size];
        ulong at = container;
        int logical = FirstLogical;
        for (int step = 0; step < MostLogical; step++)
        {
            MasterBootRecordView link = ReadRecord(disk, checked((long)(at * (ulong)SectorSizes[0])), sector);
            if (!link.HasSignature)
            {
                throw new PartitionException($"the chain of logical partitions leads to sector {at}, which holds no record");
            }

            MasterBootEntryView own = link.Entry(0);
            if (!own.IsEmpty && !own.IsExtended)
            {
                if (logical == number)
                {
                    return Window(disk, number, at + own.FirstSector, own.SectorCount, SectorSizes[0]);
                }

                logical++;
            }

            MasterBootEntryView next = link.Entry(1);
            if (next.IsEmpty || !next.IsExtended)
            {
                throw new PartitionException($"partition {number} does not exist: the last logical one is {logical - 1}");
            }

            ulong target = container + next.FirstSector;
            if (target >= containerEnd || target == at)
            {
                throw new PartitionException($"the chain of logical partitions leads from sector {at} to {target}, out of its container");
            }

            at = target;
        }

        throw new PartitionException($"the chain of logical partitions does not end within {MostLogical} links");
    }

    private static (ulong Start, ulong End) FindContainer(MasterBootRecordView record)
    {
        for (int entryIndex = 0; entryIndex < MasterBootRecordView.EntryCount; entryIndex++)
        {
            MasterBootEntryView entry = record.Entry(entryIndex);
            if (entry.IsExtended && !entry.IsEmpty)
            {
                return (entry.FirstSector, (ulong)entry.FirstSector + entry.SectorCount);
            }
        }

        throw new PartitionException("the disk has no logical partitions");
    }

    /// <summary>The table at the start, or its copy at the end where the first cannot be believed.</summary>
    private static WindowBlockDevice FromGuidTable(IBlockDevice disk, int number)
    {
        string? reason = null;
        foreach (int sectorSize in SectorSizes)
        {
            long sectors = disk.Length / sectorSize;
            foreach (long at in (ReadOnlySpan<long>)[1, sectors - 1])
            {
                if (at < 1 || at >= sectors)
                {
                    continue;
                }

                string? fault = TryEntries(disk, at, sectorSize, out byte[] entries, out int entrySize);
                if (fault is null)
                {
                    return FromEntries(disk, number, entries, entrySize, sectorSize);
                }

                reason = fault.Length > 0 ? (reason is null ? fault : $"{reason}; {fault}") : reason;
            }
        }

        throw new PartitionException(reason ?? "the disk has no GUID partition table where its first sector promises one");
    }

    /// <summary>Reads one of the two tables.</summary>
    /// <returns>Null where it can be believed, nothing where there is none, or else what is wrong with it.</returns>
    private static string? TryEntries(IBlockDevice disk, long at, int sectorSize, out byte[] entries, out int entrySize)
    {
        entries = [];
        entrySize = 0;
        byte[] sector = new byte[sectorSize];
        disk.Read(new(at * sectorSize), sector);
        GuidTableView header = new(sector);
        if (!header.HasSignature)
        {
            return string.Empty;
        }

        ulong sectors = (ulong)(disk.Length / sectorSize);
        string where = $"the table in sector {at}";
        if (header.HeaderSize < GuidTableView.LeastSize || header.HeaderSize > (uint)sectorSize)
        {
            return $"{where} claims a header of {header.HeaderSize} bytes";
        }

        if (header.ComputeChecksum() != header.Checksum)
        {
            return $"{where} has checksum 0x{header.Checksum:x8}, expected 0x{header.ComputeChecksum():x8}";
        }

        if (header.OwnSector != (ulong)at)
        {
            return $"{where} says that it lies in sector {header.OwnSector}";
        }

        if (header.EntrySize < GuidEntryView.LeastSize || header.EntrySize > MostEntrySize || header.EntrySize % 8 != 0
            || header.EntryCount == 0 || header.EntryCount > MostEntries)
        {
            return $"{where} claims {header.EntryCount} entries of {header.EntrySize} bytes";
        }

        uint length = header.EntryCount * header.EntrySize;
        ulong lengthInSectors = (length + (uint)sectorSize - 1) / (uint)sectorSize;
        if (header.EntriesSector == 0 || header.EntriesSector >= sectors || lengthInSectors > sectors - header.EntriesSector)
        {
            return $"{where} claims entries in sector {header.EntriesSector} of {sectors}";
        }

        entries = new byte[length];
        entrySize = (int)header.EntrySize;
        disk.Read(new((long)header.EntriesSector * sectorSize), entries);
        uint checksum = GuidChecksum.Compute(entries);
        return checksum == header.EntriesChecksum ? null : $"{where} has entries with checksum 0x{checksum:x8}, expected 0x{header.EntriesChecksum:x8}";
    }

    private static WindowBlockDevice FromEntries(IBlockDevice disk, int number, byte[] entries, int entrySize, int sectorSize)
    {
        int count = entries.Length / entrySize;
        if (number > count)
        {
            throw new PartitionException($"partition {number} does not exist: the table has {count} entries");
        }

        GuidEntryView entry = new(entries.AsSpan((number - 1) * entrySize, entrySize));
        if (entry.IsEmpty)
        {
            throw new PartitionException($"partition {number} is empty");
        }

        return entry.LastSector >= entry.FirstSector && entry.LastSector - entry.FirstSector < long.MaxValue
            ? Window(disk, number, entry.FirstSector, entry.LastSector - entry.FirstSector + 1, sectorSize)
            : throw new PartitionException($"partition {number} ends in sector {entry.LastSector}, before it begins in {entry.FirstSector}");
    }

    private static WindowBlockDevice Window(IBlockDevice disk, int number, ulong first, ulong count, int sectorSize)
    {
        ulong sectors = (ulong)(disk.Length / sectorSize);
        return first > 0 && first < sectors && count > 0 && count <= sectors - first
            ? new(disk, (long)first * sectorSize, (long)count * sectorSize)
            : throw new PartitionException($"partition {number} claims {count} sectors from {first} on, and the disk has {sectors}");
    }

    private static MasterBootRecordView ReadRecord(IBlockDevice disk, long offset, byte[] sector)
    {
        if (offset > disk.Length - sector.Length)
        {
            throw new PartitionException($"the disk has {disk.Length} bytes, and a partition table's record would begin at {offset}");
        }

        disk.Read(new(offset), sector);
        return new(sector);
    }
}
