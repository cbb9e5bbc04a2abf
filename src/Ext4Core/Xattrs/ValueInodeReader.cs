using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Xattrs;

/// <summary>Reads a value that fills an inode of its own, and holds it against its checksums.</summary>
/// <remarks>The inode keeps the value's checksum in its access time. An inode that Lustre made keeps none, but its owner's
/// number in the modification time and its owner's generation. Source: Linux,
/// Documentation/filesystems/ext4/attributes.rst, and the checks of the 6.18 driver.</remarks>
internal sealed class ValueInodeReader(VolumeGeometry geometry, InodeTable inodes, BlockMapper mapper, BlockReader reader)
{
    /// <summary>Fills <paramref name="value"/>, which is as long as the entry says. One device read for each run.</summary>
    public void Read(
        Workspace workspace, in Inode owner, in AttributeEntryView entry, Span<byte> value, in DiskLocation entryWhere)
    {
        DiskLocation numberWhere = entryWhere.At(AttributeEntryView.EValueInum);
        InodeNumber number = geometry.AdmitInode(entry.ValueInode, numberWhere);
        if (number == owner.Number)
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeIsOwner, numberWhere, number.Value, owner.Number.Value);
        }

        inodes.LoadAny(workspace, number, out Inode inode);
        DiskLocation where = new(StructureKind.AttributeInode, inode.TableBlock, inode.TableOffset, number.Value);
        CheckInode(inode, value.Length, where);
        ReadContents(workspace, inode, value, where);
        if (!IsFromLustre(inode, owner, entry))
        {
            CheckSums(inode, entry, value, where, entryWhere);
        }
    }

    private static void CheckInode(in Inode inode, int length, in DiskLocation where)
    {
        if (inode.LinkCount == 0 || inode.Mode == 0)
        {
            Corrupt.Throw(CorruptionCode.InodeNotInUse, where.At(InodeView.ILinksCount), inode.LinkCount, 1);
        }

        if (!inode.Is(InodeFlags.AttributeInode))
        {
            Corrupt.Throw(
                CorruptionCode.AttributeInodeFlagsContradict,
                where.At(InodeView.IFlags),
                (ulong)inode.Flags,
                (ulong)(inode.Flags | InodeFlags.AttributeInode));
        }

        if (inode.HasAttributeList || inode.AttributeBlock.Value != 0)
        {
            Corrupt.Throw(
                CorruptionCode.AttributeInodeHasAttributes, where.At(InodeView.IFileAclLo), inode.AttributeBlock.Value, 0);
        }

        if (inode.Size != (ulong)length)
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeSizeMismatch, where.At(InodeView.ISizeLo), inode.Size, (ulong)length);
        }
    }

    private void ReadContents(Workspace workspace, in Inode inode, Span<byte> value, in DiskLocation where)
    {
        mapper.CheckRoot(workspace, inode);
        uint block = 0;
        while (!value.IsEmpty)
        {
            uint wanted = (uint)((value.Length + geometry.BlockSize - 1) >> geometry.BlockBits);
            MappedRun run = mapper.Resolve(workspace, inode, new FileBlock(block), wanted);
            if (run.Kind != RunKind.Written)
            {
                Corrupt.Throw(CorruptionCode.AttributeInodeHasHole, where.At(InodeView.IBlock), block, (ulong)block + wanted);
            }

            int length = (int)Math.Min(value.Length, (long)run.Count << geometry.BlockBits);
            reader.ReadBytes(run.First, 0, value[..length]);
            value = value[length..];
            block += run.Count;
        }
    }

    private static bool IsFromLustre(in Inode inode, in Inode owner, in AttributeEntryView entry) =>
        entry.Hash != Low(inode.AccessTime)
        && Low(inode.ModificationTime) == owner.Number.Value
        && inode.Generation == owner.Generation;

    private void CheckSums(
        in Inode inode, in AttributeEntryView entry, ReadOnlySpan<byte> value, in DiskLocation where, in DiskLocation entryWhere)
    {
        uint due = Crc32C.Append(geometry.ChecksumSeed, value);
        uint found = Low(inode.AccessTime);
        if (found != due)
        {
            Corrupt.Throw(CorruptionCode.AttributeValueChecksum, where.At(InodeView.IAtime), found, due);
        }

        uint hash = AttributeHash.OfEntry(entry.Name, due);
        if (entry.Hash != hash && entry.Hash != AttributeHash.OfEntrySigned(entry.Name, due))
        {
            Corrupt.Throw(CorruptionCode.AttributeEntryChecksum, entryWhere.At(AttributeEntryView.EHash), entry.Hash, hash);
        }
    }

    private static uint Low(Timestamp time) => unchecked((uint)time.Seconds);
}
