using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>What an audit remembers of an inode in use.</summary>
internal struct InodeRecord
{
    /// <summary>Names and references found.</summary>
    public uint Seen;

    /// <summary>Names that the inode counts.</summary>
    public ushort Declared;

    public FileType Type;

    public InodeMarks Marks;
}

/// <summary>What is known of an inode.</summary>
[Flags]
internal enum InodeMarks : byte
{
    /// <summary>It is in use.</summary>
    InUse = 1,

    /// <summary>Damaged: it counts as in use, and nothing more is known.</summary>
    Unreadable = 2,

    /// <summary>It is waiting to be deleted: it needs no name.</summary>
    Orphan = 4,

    /// <summary>It holds an attribute's value: references count, not names.</summary>
    AttributeValue = 8,

    /// <summary>The root leads to it.</summary>
    Connected = 16,

    /// <summary>It holds an attribute's value for one inode alone, and counts no references.</summary>
    Owned = 32,
}

/// <summary>Remembers every inode in use. A group's records exist from its first inode in use on.</summary>
internal sealed class InodeLedger(VolumeGeometry geometry, MemoryBudget budget)
{
    private const int RecordBytes = 8;
    private const int DirectoryBytes = 48;
    private readonly InodeRecord[]?[] _groups = new InodeRecord[geometry.GroupCount][];
    private readonly SortedDictionary<uint, DirectoryRecord> _directories = [];

    /// <summary>Whether all inodes could be remembered. If not, nothing follows from what is here.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Every directory in use, by number.</summary>
    public IReadOnlyDictionary<uint, DirectoryRecord> Directories => _directories;

    /// <summary>Bytes that the ledger takes before the first inode.</summary>
    public static long FixedBytes(VolumeGeometry geometry) => (long)geometry.GroupCount * sizeof(ulong);

    /// <summary>The record of an inode, empty when it is not in use.</summary>
    public InodeRecord this[InodeNumber inode] =>
        _groups[geometry.GroupOf(inode).Value] is { } records ? records[IndexOf(inode)] : default;

    /// <summary>Notes an inode in use.</summary>
    public void Enter(InodeNumber inode, ushort links, FileType type, InodeMarks marks)
    {
        if (TryGet(inode, out Span<InodeRecord> cell))
        {
            cell[0].Declared = links;
            cell[0].Type = type;
            cell[0].Marks |= marks | InodeMarks.InUse;
        }

        if (type == FileType.Directory && !_directories.ContainsKey(inode.Value))
        {
            IsComplete &= budget.TryTake(DirectoryBytes);
            if (IsComplete)
            {
                _directories.Add(inode.Value, new());
            }
        }
    }

    /// <summary>Notes a name or a reference, whether or not the inode is in use.</summary>
    public void CountReference(InodeNumber inode)
    {
        if (TryGet(inode, out Span<InodeRecord> cell) && cell[0].Seen != uint.MaxValue)
        {
            cell[0].Seen++;
        }
    }

    public void Mark(InodeNumber inode, InodeMarks marks)
    {
        if (TryGet(inode, out Span<InodeRecord> cell))
        {
            cell[0].Marks |= marks;
        }
    }

    private int IndexOf(InodeNumber inode) => (int)((inode.Value - 1) % geometry.InodesPerGroup);

    private bool TryGet(InodeNumber inode, out Span<InodeRecord> cell)
    {
        uint group = geometry.GroupOf(inode).Value;
        if (_groups[group] is null)
        {
            IsComplete &= budget.TryTake((long)geometry.InodesPerGroup * RecordBytes);
            if (!IsComplete)
            {
                cell = default;
                return false;
            }

            _groups[group] = new InodeRecord[geometry.InodesPerGroup];
        }

        cell = _groups[group].AsSpan(IndexOf(inode), 1);
        return true;
    }
}

/// <summary>A directory's place in the tree: who names it, and whom it names as its parent.</summary>
internal sealed class DirectoryRecord
{
    /// <summary>The directory with its name; 0 for none.</summary>
    public uint NamedBy { get; set; }

    /// <summary>What its <c>..</c> stands for; 0 when it could not be read.</summary>
    public uint Parent { get; set; }
}
