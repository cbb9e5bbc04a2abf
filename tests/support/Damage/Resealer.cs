using Ext4Core.Allocation;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace TestSupport.Damage;

/// <summary>Puts checksums right over damaged structures, so that readers look behind them.</summary>
public sealed class Resealer
{
    private readonly FieldMap _map;

    public Resealer(FieldMap map) => _map = map;

    private VolumeGeometry Geometry => _map.Geometry;

    /// <summary>Seals one structure, and the descriptor above a bitmap.</summary>
    public void Seal(Span<byte> volume, in SealedStructure owner)
    {
        Span<byte> bytes = volume.Slice((int)owner.Offset, owner.Size);
        switch (owner.Kind)
        {
            case StructureKind.Superblock:
                SuperblockWriter.Seal(bytes);
                break;
            case StructureKind.GroupDescriptor:
                SealDescriptor(bytes, owner.Number);
                break;
            case StructureKind.BlockBitmap:
                SealBitmap(volume, owner, GroupDescriptorView.BgBlockBitmapCsumLo, GroupDescriptorView.BgBlockBitmapCsumHi);
                break;
            case StructureKind.InodeBitmap:
                SealBitmap(volume, owner, GroupDescriptorView.BgInodeBitmapCsumLo, GroupDescriptorView.BgInodeBitmapCsumHi);
                break;
            case StructureKind.Inode when Geometry.HasInodeChecksum:
                InodeChecksum.Seal(bytes, SeedOf(bytes, owner));
                break;
            case StructureKind.ExtentNode when Geometry.HasMetadataChecksum:
                SealExtentNode(bytes, owner.Seed);
                break;
            case StructureKind.DirectoryBlock when Geometry.HasMetadataChecksum:
                DirectoryBlockWriter.Seal(bytes, owner.Seed);
                break;
            case StructureKind.AttributeBlock when Geometry.HasMetadataChecksum:
                Le.PutU32(bytes, AttributeBlockView.HChecksum, AttributeBlockView.ComputeChecksum(
                    bytes, Geometry.ChecksumSeed, (ulong)owner.Offset >> Geometry.BlockBits));
                break;
            case StructureKind.HtreeNode when Geometry.HasMetadataChecksum:
                SealIndexRoot(bytes, owner.Seed);
                break;
        }
    }

    /// <summary>An inode's own checksum follows its generation, wherever that stands now.</summary>
    private uint SeedOf(ReadOnlySpan<byte> inode, in SealedStructure owner) =>
        Crc32C.Append(Crc32C.Append(Geometry.ChecksumSeed, owner.Number), new InodeView(inode).Generation);

    private void SealDescriptor(Span<byte> bytes, uint group)
    {
        if (Geometry.HasMetadataChecksum)
        {
            Le.PutU16(bytes, GroupDescriptorView.BgChecksum, new GroupDescriptorView(bytes).ComputeCrc32C(Geometry.ChecksumSeed, group));
        }
        else if (Geometry.HasDescriptorCrc16)
        {
            Le.PutU16(bytes, GroupDescriptorView.BgChecksum, new GroupDescriptorView(bytes).ComputeCrc16(Geometry.Uuid, group));
        }
    }

    private void SealBitmap(Span<byte> volume, in SealedStructure owner, int low, int high)
    {
        if (!Geometry.HasMetadataChecksum)
        {
            return;
        }

        uint crc = Crc32C.Append(Geometry.ChecksumSeed, volume.Slice((int)owner.Offset, owner.Size));
        uint group = owner.Number;
        SealedStructure descriptor = _map.Structures.First(
            structure => structure.Kind == StructureKind.GroupDescriptor && structure.Number == group);
        Span<byte> bytes = volume.Slice((int)descriptor.Offset, descriptor.Size);
        Le.PutU16(bytes, low, (ushort)(crc & ushort.MaxValue));
        if (Geometry.DescriptorSize >= GroupDescriptorView.LargeSize)
        {
            Le.PutU16(bytes, high, (ushort)(crc >> 16));
        }

        SealDescriptor(bytes, group);
    }

    /// <summary>The tail follows the room for entries that the header claims, where that still lies inside.</summary>
    private static void SealExtentNode(Span<byte> bytes, uint seed)
    {
        int tail = ExtentNodeView.HeaderSize + (Le.U16(bytes, ExtentNodeView.EhMax) * ExtentNodeView.EntrySize);
        if (tail + ExtentNodeView.TailSize <= bytes.Length)
        {
            Le.PutU32(bytes, tail, Crc32C.Append(seed, bytes[..tail]));
        }
    }

    /// <summary>The checksum of an index covers its entries in use, then four bytes of the tail and its own field as zero.</summary>
    private static void SealIndexRoot(Span<byte> bytes, uint seed)
    {
        const int CountOffset = 0x20, EntrySize = 8, LimitSize = 2, TailSize = 8;
        int limit = Le.U16(bytes, CountOffset);
        int count = Le.U16(bytes, CountOffset + LimitSize);
        int tail = CountOffset + (limit * EntrySize);
        if (tail + TailSize > bytes.Length || count > limit)
        {
            return;
        }

        uint crc = Crc32C.Append(seed, bytes[..(CountOffset + (count * EntrySize))]);
        crc = Crc32C.AppendZeros(Crc32C.Append(crc, bytes.Slice(tail, TailSize / 2)), TailSize / 2);
        Le.PutU32(bytes, tail + (TailSize / 2), crc);
    }
}
