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
        Workspace workspace, in Inode owner, in AttributeEntryView entry, Span<byte> value, in DiskLocation entryWhere) =>
        _ = Pass(workspace, owner, entry, value, entryWhere);

    /// <summary>Reads a value of any length through a buffer, for its damage alone; one that is short enough is there afterwards.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="owner">The inode that has the attribute.</param>
    /// <param name="entry">The attribute.</param>
    /// <param name="buffer">Whole blocks.</param>
    /// <param name="entryWhere">The entry's location.</param>
    /// <returns>False where no checksum was asked, as the value is its owner's alone: another owner's it would have to be.</returns>
    public bool Pass(
        Workspace workspace, in Inode owner, in AttributeEntryView entry, Span<byte> buffer, in DiskLocation entryWhere)
    {
        DiskLocation numberWhere = entryWhere.At(AttributeEntryView.EValueInum);
        InodeNumber number = geometry.AdmitInode(entry.ValueInode, numberWhere);
        if (number == owner.Number)
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeIsOwner, numberWhere, number.Value, owner.Number.Value);
        }

        inodes.LoadAny(workspace, number, out Inode inode);
        DiskLocation where = new(StructureKind.AttributeInode, inode.TableBlock, inode.TableOffset, number.Value);
        CheckInode(inode, entry.ValueSize, where);
        uint checksum = PassContents(workspace, inode, entry.ValueSize, buffer, where);
        bool isShared = !IsFromLustre(inode, owner, entry);
        if (isShared)
        {
            CheckSums(inode, entry, checksum, where, entryWhere);
        }

        return isShared;
    }

    private static void CheckInode(in Inode inode, uint length, in DiskLocation where)
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

        if (inode.Size != length)
        {
            Corrupt.Throw(CorruptionCode.AttributeInodeSizeMismatch, where.At(InodeView.ISizeLo), inode.Size, length);
        }
    }

    /// <summary>Reads the contents, piece by piece where the buffer is shorter.</summary>
    /// <returns>Their checksum.</returns>
    private uint PassContents(Workspace workspace, in Inode inode, uint length, Span<byte> buffer, in DiskLocation where)
    {
        mapper.CheckRoot(workspace, inode);
        bool isKept = buffer.Length >= length;
        uint checksum = geometry.ChecksumSeed;
        uint block = 0;
        for (uint left = length; left > 0;)
        {
            Span<byte> room = isKept ? buffer.Slice((int)(length - left), (int)left) : buffer[..(int)Math.Min(left, (uint)buffer.Length)];
            uint wanted = (uint)((room.Length + geometry.BlockSize - 1) >> geometry.BlockBits);
            MappedRun run = mapper.Resolve(workspace, inode, new FileBlock(block), wanted);
            if (run.Kind != RunKind.Written)
            {
                Corrupt.Throw(CorruptionCode.AttributeInodeHasHole, where.At(InodeView.IBlock), block, (ulong)block + wanted);
            }

            Span<byte> piece = room[..(int)Math.Min(room.Length, (long)run.Count << geometry.BlockBits)];
            reader.ReadBytes(run.First, 0, piece);
            checksum = Crc32C.Append(checksum, piece);
            left -= (uint)piece.Length;
            block += run.Count;
        }

        return checksum;
    }

    private static bool IsFromLustre(in Inode inode, in Inode owner, in AttributeEntryView entry) =>
        entry.Hash != Low(inode.AccessTime)
        && Low(inode.ModificationTime) == owner.Number.Value
        && inode.Generation == owner.Generation;

    private static void CheckSums(
        in Inode inode, in AttributeEntryView entry, uint due, in DiskLocation where, in DiskLocation entryWhere)
    {
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
