using Ext4Core.Directories;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Every directory: its blocks, its names, and what they stand for.</summary>
/// <remarks>Mirrors e2fsck's pass 2.</remarks>
internal sealed class DirectoryAudit(AuditContext context)
{
    private const int ProgressStep = 256;
    private const int NameBytes = 48;

    /// <summary>One block of the cipher.</summary>
    private const int ShortestEncryptedName = 16;
    private readonly HtreeAudit _index = new(context);
    private readonly HashSet<UInt128> _names = [];
    private long _namesTaken;

    /// <summary>Directories in use.</summary>
    public long DirectoryCount { get; private set; }

    /// <summary>Names in them.</summary>
    public long EntryCount { get; private set; }

    private VolumeGeometry Geometry => context.Geometry;

    public void Run(InodeLedger ledger)
    {
        foreach ((uint number, DirectoryRecord record) in ledger.Directories)
        {
            if (DirectoryCount % ProgressStep == 0)
            {
                context.Advance(AuditPhase.Directories, (ulong)DirectoryCount, (ulong)ledger.Directories.Count);
            }

            DirectoryCount++;
            Guard(() => LookAt(ledger, new(number), record));
            _names.Clear();
            context.Budget.GiveBack(_namesTaken);
            _namesTaken = 0;
        }
    }

    private void Guard(Action look)
    {
        context.Workspace.Begin();
        try
        {
            look();
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
            context.Findings.MissNames();
        }
    }

    private void LookAt(InodeLedger ledger, InodeNumber number, DirectoryRecord record)
    {
        context.Inodes.LoadAny(context.Workspace, number, out Inode directory);
        _index.Read(directory);
        if (directory.HasInlineData)
        {
            LookAtInline(ledger, directory, record);
            return;
        }

        DirectoryShape shape = context.DirectoryBlocks.ShapeOf(directory);
        uint count = context.DirectoryBlocks.CountOf(directory);
        uint index = 0;
        while (index < count)
        {
            MappedRun run = context.DirectoryBlocks.Resolve(context.Workspace, directory, index, count - index);
            if (run.Kind == RunKind.Hole)
            {
                DiskLocation where = new(StructureKind.Inode, directory.TableBlock, directory.TableOffset, number.Value);
                context.Findings.Add(CorruptionCode.DirectoryHole, where.At(InodeView.IBlock), index, run.Count);
            }

            for (uint step = 0; step < run.Count && run.Kind != RunKind.Hole; step++)
            {
                LookAtBlock(ledger, directory, record, shape, index + step, new(run.First.Value + step));
            }

            index += run.Count;
        }
    }

    private void LookAtBlock(
        InodeLedger ledger, in Inode directory, DirectoryRecord record, in DirectoryShape shape, uint index, BlockNumber block)
    {
        context.Workspace.Begin();
        try
        {
            using DirectoryBlockLease lease = context.DirectoryBlocks.Borrow(context.Workspace, directory, shape, index, block);
            _index.Enter(index, lease.Where);
            LookAtArea(ledger, directory, record, shape, lease.Bytes, lease.Where, index == 0);
        }
        catch (CorruptionException damage)
        {
            context.Findings.Add(damage);
            context.Findings.MissNames();
        }
    }

    /// <summary>Contents in the inode start with the parent's number, and go on in two areas of entries.</summary>
    private void LookAtInline(InodeLedger ledger, in Inode directory, DirectoryRecord record)
    {
        const int ParentSize = 4;
        using InlineDataLease data = context.Inline.Borrow(context.Workspace, directory);
        DirectoryShape shape = context.DirectoryBlocks.ShapeOf(directory) with { HasChecksums = false };
        ClaimedInode parent = new(Le.U32(data.Head, 0));
        DiskLocation where = data.Where.At(InodeView.IBlock) with { Structure = StructureKind.InlineData };
        record.Parent = Geometry.AdmitInode(parent, where).Value;
        ledger.CountReference(directory.Number);
        ledger.CountReference(new(record.Parent));
        ReadOnlySpan<byte> head = data.Head[ParentSize..];
        LookAtArea(ledger, directory, record, shape, head, where.At(ParentSize), isFirst: false);
        LookAtArea(ledger, directory, record, shape, data.Tail, where.At(InodeView.BlockMapSize), isFirst: false);
    }

    private void LookAtArea(
        InodeLedger ledger, in Inode directory, DirectoryRecord record, in DirectoryShape shape, ReadOnlySpan<byte> area,
        in DiskLocation where, bool isFirst)
    {
        int offset = 0;
        int position = 0;
        while (offset < area.Length)
        {
            DirectoryEntryView.Examine(area, offset, shape, where).ThrowIfAny();
            DirectoryEntryView entry = new(area, offset);
            DiskLocation here = where.At(offset);
            if (isFirst && position < 2)
            {
                LookAtDots(ledger, directory, record, entry, position, here);
            }
            else if (entry.IsUsed)
            {
                EntryCount++;
                _index.CheckName(directory, entry, here);
                LookAtEntry(ledger, directory, entry, here);
            }

            position++;
            offset += entry.SizeIn(shape.BlockSize);
        }
    }

    private void LookAtDots(
        InodeLedger ledger, in Inode directory, DirectoryRecord record, DirectoryEntryView entry, int position, in DiskLocation where)
    {
        EntryCount++;
        ReadOnlySpan<byte> due = position == 0 ? "."u8 : ".."u8;
        bool isItself = position != 0 || entry.Inode.Value == directory.Number.Value;
        if (!entry.IsUsed || !entry.Name.SequenceEqual(due) || !isItself)
        {
            context.Findings.Add(
                position == 0 ? CorruptionCode.DirectoryDotMismatch : CorruptionCode.DirectoryParentMismatch,
                where, entry.Inode.Value, directory.Number.Value);
            return;
        }

        InodeNumber target = Geometry.AdmitInode(entry.Inode, where);
        CheckType(entry, FileType.Directory, where);
        ledger.CountReference(target);
        if (position == 1)
        {
            record.Parent = target.Value;
        }
    }

    private void LookAtEntry(InodeLedger ledger, in Inode directory, DirectoryEntryView entry, in DiskLocation where)
    {
        CheckName(directory, entry, where);
        InodeNumber target = Geometry.AdmitInode(entry.Inode, where.At(DirectoryEntryView.DeInode));
        if (target.Value < Geometry.FirstInode || target == directory.Number)
        {
            context.Findings.Add(
                CorruptionCode.DirectoryEntryOfSystemInode, where.At(DirectoryEntryView.DeInode), target.Value, Geometry.FirstInode);
            return;
        }

        InodeRecord record = ledger[target];
        if (!record.Marks.HasFlag(InodeMarks.InUse))
        {
            context.Findings.Add(CorruptionCode.EntryInodeUnused, where.At(DirectoryEntryView.DeInode), target.Value, 0);
            return;
        }

        ledger.CountReference(target);
        CheckType(entry, record.Type, where);
        if (record.Type == FileType.Directory && ledger.Directories.TryGetValue(target.Value, out DirectoryRecord? child))
        {
            if (child.NamedBy != 0)
            {
                context.Findings.Add(CorruptionCode.DirectoryNamedTwice, where, target.Value, child.NamedBy);
            }

            child.NamedBy = directory.Number.Value;
        }
    }

    private void CheckName(in Inode directory, DirectoryEntryView entry, in DiskLocation where)
    {
        ReadOnlySpan<byte> name = entry.Name;
        bool isEncrypted = directory.Is(InodeFlags.Encrypted);
        bool isDots = name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);
        bool isImpossible = isEncrypted ? name.Length < ShortestEncryptedName : name.IsEmpty || name.IndexOfAny((byte)'/', (byte)0) >= 0;
        if (isDots || isImpossible)
        {
            context.Findings.Add(
                CorruptionCode.DirectoryNameForbidden, where.At(DirectoryEntryView.DeNameLen), (uint)name.Length,
                DirectoryEntryView.MaximumNameLength);
        }

        if (!Remember(name))
        {
            context.Findings.Add(CorruptionCode.DirectoryNameTwice, where, entry.Inode.Value, 0);
        }
    }

    /// <summary>Whether a name is new in its directory. Two names count as one when 128 bits of hash agree.</summary>
    private bool Remember(ReadOnlySpan<byte> name)
    {
        if (!context.Budget.TryTake(NameBytes))
        {
            context.Findings.Skip("names that a directory holds twice: more names than the memory limit allows");
            return true;
        }

        _namesTaken += NameBytes;
        return _names.Add(Hash(name));
    }

    private static UInt128 Hash(ReadOnlySpan<byte> name)
    {
        Span<byte> digest = stackalloc byte[Sha256.DigestSize];
        Sha256 hash = Sha256.Create();
        hash.Append(name);
        hash.Finish(digest);
        return new(Le.U64(digest, 0), Le.U64(digest, sizeof(ulong)));
    }

    private void CheckType(DirectoryEntryView entry, FileType type, in DiskLocation where)
    {
        DirectoryEntryType due = Geometry.Has(IncompatibleFeatures.FileType) ? EntryTypeOf(type) : DirectoryEntryType.Unknown;
        if (type != FileType.Unknown && entry.Type != due)
        {
            context.Findings.Add(
                CorruptionCode.EntryTypeMismatch, where.At(DirectoryEntryView.DeFileType), (ulong)entry.Type, (ulong)due);
        }
    }

    private static DirectoryEntryType EntryTypeOf(FileType type) => type switch
    {
        FileType.Regular => DirectoryEntryType.Regular,
        FileType.Directory => DirectoryEntryType.Directory,
        FileType.CharacterDevice => DirectoryEntryType.CharacterDevice,
        FileType.BlockDevice => DirectoryEntryType.BlockDevice,
        FileType.Fifo => DirectoryEntryType.Fifo,
        FileType.Socket => DirectoryEntryType.Socket,
        FileType.SymbolicLink => DirectoryEntryType.SymbolicLink,
        _ => DirectoryEntryType.Unknown,
    };
}
