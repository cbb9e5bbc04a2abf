using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;

namespace Ext4Core.Inodes;

/// <summary>Contents kept in the inode: the 60 bytes of its block map, then the value of <c>system.data</c>.</summary>
/// <remarks>Source: Linux, Documentation/filesystems/ext4/ifork.rst, "Inline Data". An inode that carries the flag
/// without the attribute has a block map after all, as in the kernel.</remarks>
internal sealed class InlineData(VolumeGeometry geometry, InodeTable inodes)
{
    /// <summary>Copies contents from <paramref name="offset"/> on and fills what lies behind them with zeros.</summary>
    /// <returns>Bytes that came from the inode.</returns>
    public int Read(Workspace workspace, in Inode inode, long offset, Span<byte> buffer)
    {
        using InlineDataLease data = Borrow(workspace, inode);
        ReadOnlySpan<byte> head = From(data.Head, offset);
        int count = Math.Min(head.Length, buffer.Length);
        head[..count].CopyTo(buffer);
        Span<byte> rest = buffer[count..];
        ReadOnlySpan<byte> tail = From(data.Tail, Math.Max(0, offset - data.Head.Length));
        int tailCount = Math.Min(tail.Length, rest.Length);
        tail[..tailCount].CopyTo(rest);
        rest[tailCount..].Clear();
        return count + tailCount;
    }

    /// <summary>Borrows the contents where they lie. Two block visits.</summary>
    public InlineDataLease Borrow(Workspace workspace, in Inode inode)
    {
        InodeLease lease = inodes.Borrow(workspace, inode.Number);
        try
        {
            return Find(lease, inode);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    private InlineDataLease Find(InodeLease lease, in Inode inode) =>
        inode.HasInlineData
        && InodeAttributes.TryAdmit(geometry, lease.Bytes, lease.Where, out AttributeListView list)
        && InodeAttributes.TryFindInlineData(list, out AttributeEntryView entry)
            ? new(lease, list.ValueOf(entry), isPresent: true)
            : new(lease, default, isPresent: false);

    private static ReadOnlySpan<byte> From(ReadOnlySpan<byte> bytes, long offset) =>
        offset < bytes.Length ? bytes[(int)offset..] : default;
}

/// <summary>Borrowed contents of an inode, in their two places.</summary>
internal readonly ref struct InlineDataLease
{
    private readonly InodeLease _inode;

    internal InlineDataLease(InodeLease inode, ReadOnlySpan<byte> tail, bool isPresent)
    {
        _inode = inode;
        Tail = tail;
        IsPresent = isPresent;
    }

    /// <summary>Whether the inode's contents are in the inode at all.</summary>
    public bool IsPresent { get; }

    /// <summary>The inode's location.</summary>
    public DiskLocation Where => _inode.Where;

    /// <summary>The first 60 bytes; of a directory: the parent's number, then entries.</summary>
    public ReadOnlySpan<byte> Head => IsPresent ? new InodeView(_inode.Bytes).BlockMap : default;

    /// <summary>Where they lie.</summary>
    public DiskLocation HeadWhere => Place(InodeView.IBlock);

    /// <summary>Where the bytes behind them lie.</summary>
    public DiskLocation TailWhere => Place(_inode.Bytes.Overlaps(Tail, out int offset) ? offset : 0);

    /// <summary>The bytes behind them; of a directory: more entries.</summary>
    public ReadOnlySpan<byte> Tail { get; }

    /// <summary>Room for contents; the inode's size may be less, and on damaged volumes more.</summary>
    public int Length => Head.Length + Tail.Length;

    /// <summary>Gives the inode back.</summary>
    public void Dispose() => _inode.Dispose();

    private DiskLocation Place(int offset) => _inode.Where.At(offset) with { Structure = StructureKind.InlineData };
}
