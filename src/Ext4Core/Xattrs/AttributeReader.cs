using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Xattrs;

/// <summary>Finds and lists attributes: first those in the inode, then those in its attribute block.</summary>
/// <remarks>Answers what the Linux 6.18 driver answers with its default options, under which user attributes and access
/// control lists are on. Whether the caller may see an attribute is the caller's kernel's business, but for the list,
/// where only the file system can leave names out.</remarks>
internal sealed class AttributeReader(
    VolumeGeometry geometry, BlockCache cache, SystemZones zones, InodeTable inodes, ValueInodeReader values)
{
    /// <summary>Reads one attribute. At most three block visits, and those of a value inode.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="wholeName">The name with its namespace.</param>
    /// <param name="value">Where the value goes; empty to learn its length alone.</param>
    /// <param name="length">Bytes in the value.</param>
    /// <returns><see cref="FsError.NoData"/>, <see cref="FsError.NotSupported"/>, <see cref="FsError.Invalid"/>, or
    /// <see cref="FsError.Range"/> for a value above the buffer.</returns>
    public FsError Get(
        Workspace workspace, in Inode inode, ReadOnlySpan<byte> wholeName, Span<byte> value, out int length)
    {
        length = 0;
        FsError error = AttributeName.Split(wholeName, out AttributeNamespace space, out ReadOnlySpan<byte> name);
        if (error != FsError.None)
        {
            return error;
        }

        if (space == AttributeNamespace.User && inode.Type is not (FileType.Regular or FileType.Directory))
        {
            return FsError.NoData;
        }

        if (IsAccessList(space) && inode.Type == FileType.SymbolicLink)
        {
            return FsError.NotSupported;
        }

        return Find(workspace, inode, space, name, value, out length);
    }

    /// <summary>What becomes of contents that fscrypt encrypted, when no key is present: in this library, always.</summary>
    /// <returns><see cref="FsError.NoKey"/>; but <see cref="FsError.NoData"/> for an inode without an encryption context, and
    /// <see cref="FsError.Invalid"/> for one that is not recognised.</returns>
    public FsError RefuseEncrypted(Workspace workspace, in Inode inode)
    {
        Span<byte> context = stackalloc byte[EncryptionContextView.MaximumSize];
        FsError error = Find(workspace, inode, AttributeNamespace.Encryption, "c"u8, context, out int length);
        if (error != FsError.None)
        {
            return error;
        }

        return EncryptionContextView.IsRecognised(context[..length]) ? FsError.NoKey : FsError.Invalid;
    }

    /// <summary>Lists the attributes' names, each with a zero behind it. At most three block visits.</summary>
    /// <param name="workspace">The caller's.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="isPrivileged">Whether the caller may know of trusted attributes.</param>
    /// <param name="names">Where the names go; empty to learn their length alone.</param>
    /// <param name="length">Bytes in all names.</param>
    /// <returns><see cref="FsError.Range"/> for names above the buffer.</returns>
    public FsError List(Workspace workspace, in Inode inode, bool isPrivileged, Span<byte> names, out int length)
    {
        length = 0;
        bool fits = true;
        if (inode.HasAttributeList)
        {
            using InodeLease lease = inodes.Borrow(workspace, inode.Number);
            fits = Append(InodeAttributes.Admitted(lease.Bytes), isPrivileged, names, ref length);
        }

        if (inode.AttributeBlock.Value != 0)
        {
            using BlockLease lease = BorrowBlock(workspace, inode, out _);
            fits &= Append(BlockList(lease.Bytes), isPrivileged, names, ref length);
        }

        return fits || names.IsEmpty ? FsError.None : FsError.Range;
    }

    /// <summary>Checks the place of an inode's attribute block, as every use of the inode must.</summary>
    public void CheckPlace(Workspace workspace, in Inode inode)
    {
        if (inode.AttributeBlock.Value != 0)
        {
            _ = AdmitBlock(workspace, inode);
        }
    }

    private FsError Find(
        Workspace workspace,
        in Inode inode,
        AttributeNamespace space,
        ReadOnlySpan<byte> name,
        Span<byte> value,
        out int length)
    {
        if (inode.HasAttributeList)
        {
            using InodeLease lease = inodes.Borrow(workspace, inode.Number);
            AttributeListView list = InodeAttributes.Admitted(lease.Bytes);
            if (list.TryFind(space, name, out AttributeEntryView entry))
            {
                DiskLocation where = lease.Where.At(InodeAttributesView.FirstEntryOf(lease.Bytes));
                where = where with { Structure = StructureKind.InodeAttributes };
                return Give(workspace, inode, list, entry, where, value, out length);
            }
        }

        return GetFromBlock(workspace, inode, space, name, value, out length);
    }

    private FsError GetFromBlock(
        Workspace workspace,
        in Inode inode,
        AttributeNamespace space,
        ReadOnlySpan<byte> name,
        Span<byte> value,
        out int length)
    {
        length = 0;
        if (inode.AttributeBlock.Value == 0)
        {
            return FsError.NoData;
        }

        using BlockLease lease = BorrowBlock(workspace, inode, out DiskLocation where);
        AttributeListView list = BlockList(lease.Bytes);
        return list.TryFindOrdered(space, name, out AttributeEntryView entry)
            ? Give(workspace, inode, list, entry, where, value, out length)
            : FsError.NoData;
    }

    /// <summary>Borrows an inode's attribute block, admitted and verified once per stay.</summary>
    private BlockLease BorrowBlock(Workspace workspace, in Inode inode, out DiskLocation where)
    {
        BlockNumber block = AdmitBlock(workspace, inode);
        where = new(StructureKind.AttributeBlock, block.Value, 0, inode.Number.Value);
        BlockLease lease = cache.Read(workspace, block, where);
        try
        {
            Verify(lease, block, where);
        }
        catch
        {
            lease.Dispose();
            throw;
        }

        return lease;
    }

    private BlockNumber AdmitBlock(Workspace workspace, in Inode inode)
    {
        DiskLocation where = new(
            StructureKind.Inode, inode.TableBlock, inode.TableOffset + InodeView.IFileAclLo, inode.Number.Value);
        return zones.AdmitData(workspace, inode.AttributeBlock, 1, where).First;
    }

    private void Verify(in BlockLease lease, BlockNumber block, in DiskLocation where)
    {
        ulong key = BlockLease.VerificationKey(StructureKind.AttributeBlock, 0);
        if (!lease.IsVerified(key))
        {
            Examine(lease.Bytes, block, where).ThrowIfAny();
            lease.MarkVerified(key);
        }
    }

    /// <summary>Looks for damage in a whole attribute block: header, checksum, and every entry.</summary>
    internal Damage Examine(ReadOnlySpan<byte> bytes, BlockNumber block, in DiskLocation where)
    {
        if (!AttributeBlockView.TryParse(bytes, where, out AttributeBlockView view, out Damage damage))
        {
            return damage;
        }

        if (geometry.HasMetadataChecksum)
        {
            uint due = view.ComputeChecksum(geometry.ChecksumSeed, block);
            if (view.Checksum != due)
            {
                return new(CorruptionCode.AttributeChecksum, where.At(AttributeBlockView.HChecksum), view.Checksum, due);
            }
        }

        return InodeAttributes.Examine(geometry, bytes, AttributeBlockView.HeaderSize, where, out _);
    }

    private static AttributeListView BlockList(ReadOnlySpan<byte> block) =>
        AttributeListView.Admitted(block, AttributeBlockView.HeaderSize);

    private FsError Give(
        Workspace workspace,
        in Inode inode,
        AttributeListView list,
        in AttributeEntryView entry,
        in DiskLocation where,
        Span<byte> value,
        out int length)
    {
        if (IsAccessList(entry.Namespace))
        {
            return GiveAccessList(workspace, inode, list, entry, where, value, out length);
        }

        length = (int)entry.ValueSize;
        if (value.IsEmpty)
        {
            return FsError.None;
        }

        if (length > value.Length)
        {
            return FsError.Range;
        }

        CopyValue(workspace, inode, list, entry, where, value[..length]);
        return FsError.None;
    }

    /// <summary>Gives an access control list in the form that user space knows.</summary>
    /// <remarks>That form is never the shorter one: the volume's form goes to the end of the buffer and is rewritten from
    /// there to its start, no entry being overwritten before it was read.</remarks>
    private FsError GiveAccessList(
        Workspace workspace,
        in Inode inode,
        AttributeListView list,
        in AttributeEntryView entry,
        in DiskLocation where,
        Span<byte> value,
        out int length)
    {
        DiskLocation listWhere = where.At(entry.ValueOffset) with { Structure = StructureKind.AccessControlList };
        int size = (int)entry.ValueSize;
        int entryCount = size == 0 ? 0 : AccessControlListView.CountOf(size, listWhere);
        length = PortableAccessList.SizeOf(entryCount);
        if (entryCount == 0)
        {
            length = 0;
            return FsError.NoData;
        }

        if (value.IsEmpty)
        {
            return FsError.None;
        }

        if (length > value.Length)
        {
            return FsError.Range;
        }

        Span<byte> source = value[(length - size)..length];
        CopyValue(workspace, inode, list, entry, where, source);
        PortableAccessList.Write(AccessControlListView.Parse(source, listWhere), value[..length]);
        return FsError.None;
    }

    private void CopyValue(
        Workspace workspace,
        in Inode inode,
        AttributeListView list,
        in AttributeEntryView entry,
        in DiskLocation where,
        Span<byte> value)
    {
        if (entry.ValueInode.Value == 0)
        {
            list.ValueOf(entry).CopyTo(value);
        }
        else
        {
            values.Read(workspace, inode, entry, value, where.At(list.OffsetOf(entry)));
        }
    }

    /// <summary>Appends the names of a list; counts on when they no longer fit.</summary>
    private static bool Append(AttributeListView list, bool isPrivileged, Span<byte> names, ref int length)
    {
        bool fits = true;
        int position = list.Start;
        while (list.TryRead(ref position, out AttributeEntryView entry))
        {
            ReadOnlySpan<byte> prefix = AttributeName.PrefixOf(entry.Namespace);
            if (prefix.IsEmpty || (entry.Namespace == AttributeNamespace.Trusted && !isPrivileged))
            {
                continue;
            }

            int start = length;
            length += prefix.Length + entry.Name.Length + 1;
            fits &= length <= names.Length;
            if (fits)
            {
                prefix.CopyTo(names[start..]);
                entry.Name.CopyTo(names[(start + prefix.Length)..]);
                names[length - 1] = 0;
            }
        }

        return fits;
    }

    private static bool IsAccessList(AttributeNamespace space) =>
        space is AttributeNamespace.AccessList or AttributeNamespace.DefaultAccessList;
}
