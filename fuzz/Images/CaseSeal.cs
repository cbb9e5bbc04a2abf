using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Images;

/// <summary>Puts checksums right over the edits of a case, so that readers look behind them. What it writes becomes part of the
/// input: a case means the same wherever it is replayed.</summary>
/// <param name="finder">Knows where structures of the sound volume are.</param>
/// <param name="device">The damaged volume.</param>
internal sealed class CaseSeal(StructureFinder finder, SparseDevice device)
{
    private const int JournalSuperblockSize = 1024, JournalFeatures = 0x28, JournalChecksum = 0xFC, JournalChecksums = 0x18;

    private VolumeGeometry Geometry => finder.Geometry;

    /// <summary>Seals a structure, and the descriptor above a bitmap.</summary>
    /// <param name="words">The structure, in the script's words.</param>
    /// <returns>Where bytes changed, and how many.</returns>
    public IEnumerable<(long Offset, int Size)> Seal(string[] words)
    {
        switch (words[0])
        {
            case "superblock":
                return [Change(finder.Find(words), SuperblockView.Size, SuperblockWriter.Seal)];
            case "group":
                return [SealDescriptor(words[1])];
            case "block-bitmap":
                return SealBitmap(words, (int)Geometry.ClustersPerGroup / 8, GroupDescriptorView.BgBlockBitmapCsumLo, GroupDescriptorView.BgBlockBitmapCsumHi);
            case "inode-bitmap":
                return SealBitmap(words, (int)Geometry.InodesPerGroup / 8, GroupDescriptorView.BgInodeBitmapCsumLo, GroupDescriptorView.BgInodeBitmapCsumHi);
            case "inode" or "map" or "inline-attributes" when Geometry.HasInodeChecksum:
                uint number = finder.InodeOf(words[1]).Number.Value;
                return [Change(finder.Find(["inode", words[1]]), Geometry.InodeSize, bytes => InodeChecksum.Seal(
                    bytes, Crc32C.Append(Crc32C.Append(Geometry.ChecksumSeed, number), new InodeView(bytes).Generation)))];
            case "journal":
                return [Change(finder.Find(["journal", "0"]), JournalSuperblockSize, SealJournal)];
            default:
                return Geometry.HasMetadataChecksum ? SealBlock(words) : [];
        }
    }

    private IEnumerable<(long Offset, int Size)> SealBlock(string[] words)
    {
        long at = finder.Find(words);
        at -= at % Geometry.BlockSize;
        switch (words[0])
        {
            case "node":
                uint nodeSeed = finder.InodeOf(words[1]).Seed;
                return [Change(at, Geometry.BlockSize, bytes => SealNode(bytes, nodeSeed))];
            case "block" or "entry":
                (_, uint seed, bool isDirectory, bool hasIndex) = finder.InodeOf(words[1]);
                if (!isDirectory)
                {
                    return [];
                }

                bool isRoot = hasIndex && words[2].Equals("0", StringComparison.Ordinal);
                return [Change(at, Geometry.BlockSize, bytes => SealDirectory(bytes, seed, isRoot))];
            case "attributes":
                return [Change(at, Geometry.BlockSize, bytes => Le.PutU32(bytes, AttributeBlockView.HChecksum, AttributeBlockView.ComputeChecksum(
                    bytes, Geometry.ChecksumSeed, (ulong)at >> Geometry.BlockBits)))];
            case "mmp":
                return [Change(at, MultipleMountView.Size, bytes => Le.PutU32(
                    bytes, MultipleMountView.MmpChecksum, Crc32C.Append(Geometry.ChecksumSeed, bytes[..MultipleMountView.MmpChecksum])))];
            default:
                return [];
        }
    }

    private (long Offset, int Size) Change(long offset, int size, SpanAction seal)
    {
        byte[] bytes = new byte[size];
        device.Peek(offset, bytes);
        seal(bytes);
        device.Poke(offset, bytes);
        return (offset, size);
    }

    private (long Offset, int Size) SealDescriptor(string group)
    {
        uint number = uint.Parse(group, System.Globalization.CultureInfo.InvariantCulture);
        return Change(finder.DescriptorAt(group), Geometry.DescriptorSize, bytes =>
        {
            GroupDescriptorView view = new(bytes);
            if (Geometry.HasMetadataChecksum || Geometry.HasDescriptorCrc16)
            {
                Le.PutU16(bytes, GroupDescriptorView.BgChecksum, Geometry.HasMetadataChecksum
                    ? view.ComputeCrc32C(Geometry.ChecksumSeed, number)
                    : view.ComputeCrc16(Geometry.Uuid, number));
            }
        });
    }

    private IEnumerable<(long Offset, int Size)> SealBitmap(string[] words, int size, int low, int high)
    {
        if (!Geometry.HasMetadataChecksum)
        {
            return [];
        }

        byte[] bitmap = new byte[size];
        device.Peek(finder.Find(words), bitmap);
        uint crc = Crc32C.Append(Geometry.ChecksumSeed, bitmap);
        Change(finder.DescriptorAt(words[1]), Geometry.DescriptorSize, bytes =>
        {
            Le.PutU16(bytes, low, (ushort)(crc & ushort.MaxValue));
            if (Geometry.DescriptorSize >= GroupDescriptorView.LargeSize)
            {
                Le.PutU16(bytes, high, (ushort)(crc >> 16));
            }
        });
        return [SealDescriptor(words[1])];
    }

    /// <summary>The tail follows the room for entries that the header claims, where that still lies inside.</summary>
    private static void SealNode(Span<byte> bytes, uint seed)
    {
        int tail = ExtentNodeView.HeaderSize + (Le.U16(bytes, ExtentNodeView.EhMax) * ExtentNodeView.EntrySize);
        if (tail + ExtentNodeView.TailSize <= bytes.Length)
        {
            Le.PutU32(bytes, tail, Crc32C.Append(seed, bytes[..tail]));
        }
    }

    private static void SealDirectory(Span<byte> bytes, uint seed, bool isRoot)
    {
        if (!isRoot)
        {
            DirectoryBlockWriter.Seal(bytes, seed);
            return;
        }

        // The checksum of an index covers its entries in use, then four bytes of the tail and its own field as zero.
        const int EntriesOffset = 0x20, EntrySize = 8, TailSize = 8;
        int limit = Le.U16(bytes, EntriesOffset);
        int count = Le.U16(bytes, EntriesOffset + sizeof(ushort));
        int tail = EntriesOffset + (limit * EntrySize);
        if (tail + TailSize <= bytes.Length && count <= limit)
        {
            uint crc = Crc32C.Append(seed, bytes[..(EntriesOffset + (count * EntrySize))]);
            crc = Crc32C.AppendZeros(Crc32C.Append(crc, bytes.Slice(tail, TailSize / 2)), TailSize / 2);
            Le.PutU32(bytes, tail + (TailSize / 2), crc);
        }
    }

    private static void SealJournal(Span<byte> bytes)
    {
        if ((bytes[JournalFeatures + 3] & JournalChecksums) != 0)
        {
            Span<byte> field = bytes.Slice(JournalChecksum, sizeof(uint));
            field.Clear();
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(field, Crc32C.Append(uint.MaxValue, bytes));
        }
    }

    /// <summary>Changes bytes in place.</summary>
    private delegate void SpanAction(Span<byte> bytes);
}
