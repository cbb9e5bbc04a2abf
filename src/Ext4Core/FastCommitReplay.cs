using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>Replays fast commits into memory: afterwards the volume reads as if a driver had replayed them on the disk.</summary>
/// <remarks>Each record is taken as Linux 6.18 takes it, and what it skips is skipped: records about inodes that are not in
/// use, names that are there already or gone already. What depends on the moment of a recovery stays as it was before: the
/// times of directories, and how many blocks and inodes are free.</remarks>
internal sealed class FastCommitReplay
{
    /// <summary>Runs of one inode that are counted to tell its space.</summary>
    private const int MostCountedRuns = 1 << 20;

    private readonly VolumeStack _stack;
    private readonly VolumeGeometry _geometry;
    private readonly FastCommitLog _log;
    private readonly FastCommitOverlay _overlay;
    private readonly Workspace _workspace;
    private readonly HashSet<uint> _replaced = [];

    private FastCommitReplay(VolumeStack stack, FastCommitLog log, FastCommitOverlay overlay)
    {
        _stack = stack;
        _geometry = stack.Geometry;
        _log = log;
        _overlay = overlay;
        _workspace = stack.Workspace;
    }

    /// <summary>Replays every record that counts.</summary>
    /// <exception cref="CorruptionException">A record cannot be replayed: Linux would not mount the volume.</exception>
    public static void Run(VolumeStack stack, FastCommitLog log, FastCommitOverlay overlay)
    {
        FastCommitReplay replay = new(stack, log, overlay);
        while (log.MoveNext())
        {
            replay.Take(log.Current, log.Where);
        }

        replay.CountSpace();
    }

    private void Take(FastCommitRecordView record, in DiskLocation where)
    {
        switch (record.Tag)
        {
            case FastCommitTag.AddRange:
                AddRange(new(record.Value), where);
                break;
            case FastCommitTag.DeleteRange:
                DeleteRange(new(record.Value), where);
                break;
            case FastCommitTag.Create:
                Create(new(record.Value), where);
                break;
            case FastCommitTag.Link:
                Link(new(record.Value), where);
                break;
            case FastCommitTag.Unlink:
                Unlink(new(record.Value), where);
                break;
            case FastCommitTag.Inode:
                ReplaceInode(new(record.Value), where);
                break;
            default:
                // Heads, tails and padding have done their work when the records were counted.
                break;
        }
    }

    private void AddRange(FastCommitAddRangeView record, in DiskLocation where)
    {
        if (!TryLoad(record.Inode, out Inode inode) || !HasRanges(inode))
        {
            return;
        }

        ExtentView extent = record.Extent;
        ulong first = extent.First.Value;
        RangeChangeKind kind = extent.IsUnwritten ? RangeChangeKind.Unwritten : RangeChangeKind.Written;
        _overlay.Change(inode.Number, new(first, Math.Min(first + extent.Length, 1ul << 32), kind, extent.Start), where);
    }

    private void DeleteRange(FastCommitDeleteRangeView record, in DiskLocation where)
    {
        if (TryLoad(record.Inode, out Inode inode) && HasRanges(inode))
        {
            ulong first = record.First.Value;
            _overlay.Change(
                inode.Number, new(first, Math.Min(first + record.Count, 1ul << 32), RangeChangeKind.Removed, default), where);
        }
    }

    /// <summary>Whether ranges can change an inode's map. Linux makes a ruin of an old block map here; the ranges themselves
    /// are sound, and the data behind them was confirmed.</summary>
    private static bool HasRanges(in Inode inode) =>
        inode.Is(InodeFlags.Extents) || (inode.Type == FileType.Regular && !inode.HasInlineData);

    /// <summary>The first name of a new inode, whose bytes came before. A directory starts with its two own names.</summary>
    private void Create(FastCommitNameView record, in DiskLocation where)
    {
        if (!TryLoad(record.Inode, out Inode inode))
        {
            Corrupt.Throw(CorruptionCode.FastCommitInodeMissing, where, record.Inode.Value, _geometry.InodesCount);
        }

        bool hasParent = TryLoad(record.Parent, out Inode parent);
        if (inode.Type == FileType.Directory)
        {
            if (!hasParent || !IsUnplaced(inode))
            {
                return;
            }

            _overlay.AddName(inode.Number, "."u8, inode.Number, inode.Mode, where);
            _overlay.AddName(inode.Number, ".."u8, parent.Number, parent.Mode, where);
        }

        if (hasParent)
        {
            _ = TryAddName(parent, record.Name, inode, where);
        }

        SetLinkCount(inode.Number, 1, where);
    }

    /// <summary>Whether a directory's first block has no place yet, as is so of a new one.</summary>
    private bool IsUnplaced(in Inode directory)
    {
        try
        {
            _workspace.Begin();
            return _stack.Mapper.Resolve(_workspace, directory, default, 1).Kind == RunKind.Hole;
        }
        catch (CorruptionException)
        {
            return false;
        }
    }

    private void Link(FastCommitNameView record, in DiskLocation where)
    {
        if (TryLoad(record.Inode, out Inode inode) && TryLoad(record.Parent, out Inode parent)
            && TryAddName(parent, record.Name, inode, where))
        {
            SetLinkCount(inode.Number, inode.LinkCount + 1, where);
        }
    }

    /// <summary>Takes a name away. The inode loses a link even when the name had come to stand for another one meanwhile.</summary>
    private void Unlink(FastCommitNameView record, in DiskLocation where)
    {
        if (!TryLoad(record.Inode, out Inode inode) || !TryLoad(record.Parent, out Inode parent)
            || !TryLookup(parent, record.Name, where, out InodeNumber child))
        {
            return;
        }

        if (child == inode.Number)
        {
            _overlay.RemoveName(parent.Number, record.Name, where);
        }

        SetLinkCount(inode.Number, inode.LinkCount - 1, where);
        if (inode.LinkCount == 1)
        {
            Delete(inode, where);
        }
    }

    private bool TryAddName(in Inode parent, ReadOnlySpan<byte> name, in Inode inode, in DiskLocation where)
    {
        if (TryLookup(parent, name, where, out _))
        {
            return false;
        }

        _overlay.AddName(parent.Number, name, inode.Number, inode.Mode, where);
        return true;
    }

    private bool TryLookup(in Inode parent, ReadOnlySpan<byte> name, in DiskLocation where, out InodeNumber child)
    {
        _workspace.Begin();
        FsError error = _stack.Directories.Lookup(_workspace, parent, name, out child, out _);
        if (error == FsError.NotDirectory)
        {
            Corrupt.Throw(CorruptionCode.FastCommitParentImpossible, where, parent.Number.Value, _geometry.InodesCount);
        }

        return error == FsError.None;
    }

    /// <summary>An inode without a name keeps no blocks: whoever gets its number next starts from nothing.</summary>
    private void Delete(in Inode inode, in DiskLocation where)
    {
        byte[] bytes = Writable(inode.Number, where);
        Le.PutU32(bytes, InodeView.IDtime, 1);
        if (!HasRanges(inode))
        {
            return;
        }

        if (inode.Is(InodeFlags.Extents))
        {
            ClearExtents(bytes);
        }
        else
        {
            bytes.AsSpan(InodeView.IBlock, InodeView.BlockMapSize).Clear();
        }

        _overlay.Change(inode.Number, RangeChange.Everything, where);
    }

    /// <summary>Puts an inode's new bytes over its old ones. The block map stays: ranges come as records of their own. Data
    /// that is inline has no other record and comes along.</summary>
    private void ReplaceInode(FastCommitInodeView record, in DiskLocation where)
    {
        ulong claim = record.Inode.Value;
        if (claim < InodeNumber.Root.Value || claim > _geometry.InodesCount)
        {
            return;
        }

        InodeNumber number = new((uint)claim);
        byte[] bytes = Writable(number, where);
        ReadOnlySpan<byte> source = record.RawInode;
        source[..InodeView.IBlock].CopyTo(bytes);
        source[InodeView.IGeneration..].CopyTo(bytes.AsSpan(InodeView.IGeneration));
        InodeFlags flags = new InodeView(bytes).Flags;
        if (flags.HasFlag(InodeFlags.Extents))
        {
            if (Le.U16(bytes, InodeView.IBlock + ExtentNodeView.EhMagic) != ExtentNodeView.ExpectedMagic)
            {
                ClearExtents(bytes);
            }
        }
        else if (flags.HasFlag(InodeFlags.InlineData))
        {
            source.Slice(InodeView.IBlock, InodeView.BlockMapSize).CopyTo(bytes.AsSpan(InodeView.IBlock));
        }

        _workspace.Begin();
        _stack.Inodes.Load(_workspace, number, out _);
        _ = _replaced.Add(number.Value);
    }

    private static void ClearExtents(Span<byte> inode)
    {
        Span<byte> root = inode.Slice(InodeView.IBlock, InodeView.BlockMapSize);
        root[..ExtentNodeView.HeaderSize].Clear();
        Le.PutU16(root, ExtentNodeView.EhMagic, ExtentNodeView.ExpectedMagic);
        Le.PutU16(root, ExtentNodeView.EhMax, (InodeView.BlockMapSize - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize);
    }

    private void SetLinkCount(InodeNumber number, uint count, in DiskLocation where) =>
        Le.PutU16(Writable(number, where), InodeView.ILinksCount, (ushort)Math.Min(count, ushort.MaxValue));

    /// <summary>An inode's bytes in memory, copied from its table when they are wanted first.</summary>
    private byte[] Writable(InodeNumber number, in DiskLocation where)
    {
        if (_overlay.InodeOf(number) is { } present)
        {
            return present;
        }

        _workspace.Begin();
        byte[] bytes = new byte[_geometry.InodeSize];
        using (InodeLease lease = _stack.Inodes.BorrowUnverified(_workspace, number))
        {
            lease.Bytes.CopyTo(bytes);
        }

        _overlay.Replace(number, bytes, where);
        return bytes;
    }

    /// <summary>Loads the root or an ordinary inode that is in use and sound; anything else counts as absent.</summary>
    private bool TryLoad(ClaimedInode claim, out Inode inode)
    {
        inode = default;
        bool isOrdinary = claim.Value >= _geometry.FirstInode && claim.Value <= _geometry.InodesCount;
        if (!isOrdinary && claim.Value != InodeNumber.Root.Value)
        {
            return false;
        }

        try
        {
            _workspace.Begin();
            _stack.Inodes.Load(_workspace, new((uint)claim.Value), out inode);
            return true;
        }
        catch (CorruptionException)
        {
            return false;
        }
    }

    /// <summary>Replayed inodes take the space that their map now shows; an attribute block is not counted.</summary>
    private void CountSpace()
    {
        foreach (uint number in _replaced)
        {
            byte[]? bytes = _overlay.InodeOf(new(number));
            if (bytes is not null && TryLoad(new(number), out Inode inode) && !inode.HasInlineData
                && TryCountBlocks(inode, out ulong blocks))
            {
                SetSectors(bytes, blocks << (_geometry.BlockBits - 9));
            }
        }
    }

    private bool TryCountBlocks(in Inode inode, out ulong blocks)
    {
        blocks = 0;
        if (!inode.Is(InodeFlags.Extents))
        {
            // The driver reads whatever is there as the root of a tree: zeros are an empty one.
            return Le.U16(inode.BlockMap, ExtentNodeView.EhDepth) == 0 && Le.U16(inode.BlockMap, ExtentNodeView.EhEntries) == 0;
        }

        try
        {
            return TryCountRuns(inode, out blocks);
        }
        catch (CorruptionException)
        {
            // A damaged map is the file's own affair, when it is read: its inode keeps the space that the record says.
            return false;
        }
    }

    private bool TryCountRuns(in Inode inode, out ulong blocks)
    {
        blocks = 0;
        SpaceCounter counter = new(_geometry.BlockSize, ExtentNodeView.Admitted(inode.BlockMap).Depth);
        ulong next = 0;
        for (int runs = 0; next < uint.MaxValue; runs++)
        {
            if (runs == MostCountedRuns)
            {
                return false;
            }

            _workspace.Begin();
            MappedRun run = _stack.Mapper.Resolve(_workspace, inode, new((uint)next), uint.MaxValue);
            counter.Add(run);
            next += run.Count;
        }

        blocks = counter.Blocks;
        return true;
    }

    private void SetSectors(Span<byte> inode, ulong sectors)
    {
        Le.PutU32(inode, InodeView.IBlocksLo, (uint)(sectors & uint.MaxValue));
        if (_geometry.Has(ReadOnlyCompatibleFeatures.HugeFiles))
        {
            Le.PutU16(inode, InodeView.IBlocksHigh, (ushort)((sectors >> 32) & ushort.MaxValue));
            Le.PutU32(inode, InodeView.IFlags, (uint)(new InodeView(inode).Flags & ~InodeFlags.HugeFile));
        }
    }

    /// <summary>Counts the blocks of a file and of the tree that its runs need.</summary>
    private struct SpaceCounter(int blockSize, int storedDepth)
    {
        private const uint LongestWritten = 1u << 15, LongestUnwritten = LongestWritten - 1, RootEntries = 4;
        private readonly ulong _entriesPerNode =
            (ulong)((blockSize - ExtentNodeView.HeaderSize) / ExtentNodeView.EntrySize);
        private ulong _extents;
        private ulong _data;
        private RunKind _kind;
        private ulong _expected;
        private uint _room;

        /// <summary>Blocks counted so far, those of the tree included.</summary>
        public readonly ulong Blocks => _data + TreeBlocks();

        public void Add(in MappedRun run)
        {
            if (run.Kind == RunKind.Hole)
            {
                _kind = RunKind.Hole;
                return;
            }

            _data += run.Count;
            uint left = run.Count;
            uint longest = run.Kind == RunKind.Written ? LongestWritten : LongestUnwritten;
            if (run.Kind == _kind && run.First.Value == _expected)
            {
                uint joined = Math.Min(left, _room);
                left -= joined;
                _room -= joined;
            }

            if (left > 0)
            {
                _extents += ((ulong)left + longest - 1) / longest;
                _room = (longest - (left % longest)) % longest;
            }

            _kind = run.Kind;
            _expected = run.First.Value + run.Count;
        }

        private readonly ulong TreeBlocks()
        {
            ulong nodes = 0;
            ulong entries = _extents;
            while (entries > RootEntries || (nodes == 0 && storedDepth > 0 && entries > 0))
            {
                entries = (entries + _entriesPerNode - 1) / _entriesPerNode;
                nodes += entries;
            }

            return nodes;
        }
    }
}
