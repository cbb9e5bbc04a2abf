using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Audit;

/// <summary>Recounts what each user, group and project takes up, and holds the quota files against it.</summary>
/// <remarks>Mirrors e2fsck's comparison at its end. Bound: a block of references is followed once.</remarks>
internal sealed class QuotaAudit
{
    private const int UsageBytes = 64;
    private const int ReferenceSize = 4;
    private readonly AuditContext _context;
    private readonly List<QuotaLedger> _ledgers = [];
    private bool _isComplete = true;

    public QuotaAudit(AuditContext context)
    {
        _context = context;
        SuperblockView superblock = new(context.Superblock);
        if (context.Geometry.Has(ReadOnlyCompatibleFeatures.Quota))
        {
            Open(QuotaKind.User, superblock.UserQuotaInode);
            Open(QuotaKind.Group, superblock.GroupQuotaInode);
            Open(QuotaKind.Project, superblock.ProjectQuotaInode);
        }
    }

    /// <summary>Counts one inode for its owners. The volume's own inodes count for nobody.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="bytes">What it takes up, its attributes included.</param>
    /// <param name="values">Inodes that hold values of its attributes: they count for the same owners.</param>
    public void Count(in Inode inode, ulong bytes, uint values)
    {
        bool isOwn = inode.Number.Value < _context.Geometry.FirstInode && inode.Number != InodeNumber.Root;
        if (isOwn || _context.OwnInodes.Contains(inode.Number.Value) || inode.Is(InodeFlags.AttributeInode))
        {
            return;
        }

        foreach (QuotaLedger ledger in _ledgers)
        {
            uint id = ledger.Kind switch
            {
                QuotaKind.User => inode.UserId,
                QuotaKind.Group => inode.GroupId,
                _ => inode.Project,
            };
            QuotaUsage usage = UsageOf(ledger, id);
            usage.Space += bytes;
            usage.Inodes += 1 + (ulong)values;
        }
    }

    /// <summary>Compares every quota file with what was counted.</summary>
    public void Run()
    {
        foreach (QuotaLedger ledger in _ledgers)
        {
            if (!_isComplete)
            {
                _context.Findings.Skip("quotas: more owners than the memory limit allows");
            }
            else if (_context.Findings.SawAllOwners)
            {
                Compare(ledger);
            }
        }
    }

    private void Open(QuotaKind kind, ClaimedInode file)
    {
        if (file.Value != 0)
        {
            _ledgers.Add(new(kind, file));
        }
    }

    private QuotaUsage UsageOf(QuotaLedger ledger, uint id)
    {
        if (!ledger.Usages.TryGetValue(id, out QuotaUsage? usage))
        {
            usage = new();
            _isComplete &= _context.Budget.TryTake(UsageBytes);
            if (_isComplete)
            {
                ledger.Usages.Add(id, usage);
            }
        }

        return usage;
    }

    private void Compare(QuotaLedger ledger)
    {
        try
        {
            _context.Workspace.Begin();
            InodeNumber number = _context.Geometry.AdmitInode(ledger.File, AuditContext.SuperblockWhere);
            _context.Inodes.LoadAny(_context.Workspace, number, out Inode file);
            using (QuotaBlock header = Borrow(file, 0))
            {
                QuotaFileView.Check(header.Bytes, ledger.Kind, header.Where);
            }

            FollowReferences(ledger, file, QuotaFileView.RootBlock, 0, 0);
            CheckMissing(ledger, file);
        }
        catch (CorruptionException damage)
        {
            _context.Findings.Add(damage);
        }
    }

    /// <summary>Each reference of a block stands for one more byte of the id.</summary>
    private void FollowReferences(QuotaLedger ledger, in Inode file, uint block, int level, uint prefix)
    {
        using QuotaBlock node = Borrow(file, block);
        for (uint index = 0; index < QuotaFileView.BlockSize / ReferenceSize; index++)
        {
            int offset = (int)index * ReferenceSize;
            uint reference = Le.U32(node.Bytes, offset);
            if (reference == 0)
            {
                continue;
            }

            uint id = (prefix << 8) | index;
            DiskLocation where = node.Where.At(offset);
            if (level == QuotaFileView.Levels - 1)
            {
                CheckRecord(ledger, file, reference, id, where);
            }
            else
            {
                EnterOnce(ledger, reference, where);
                FollowReferences(ledger, file, reference, level + 1, id);
            }
        }
    }

    private void EnterOnce(QuotaLedger ledger, uint block, in DiskLocation where)
    {
        if (!_context.Budget.TryTake(UsageBytes) || !ledger.Entered.Add(block))
        {
            Corrupt.Throw(CorruptionCode.QuotaTreeImpossible, where, block, (ulong)ledger.Entered.Count);
        }
    }

    private void CheckRecord(QuotaLedger ledger, in Inode file, uint block, uint id, in DiskLocation pointer)
    {
        using QuotaBlock records = Borrow(file, block);
        for (int index = 0; index < QuotaRecordView.CountInBlock; index++)
        {
            int offset = QuotaRecordView.First + (index * QuotaRecordView.Size);
            QuotaRecordView record = new(records.Bytes[offset..]);
            if (record.Id == id && !record.IsFree)
            {
                Compare(ledger, record, records.Where.At(offset));
                return;
            }
        }

        Corrupt.Throw(CorruptionCode.QuotaTreeImpossible, pointer, block, id);
    }

    private void Compare(QuotaLedger ledger, QuotaRecordView record, in DiskLocation where)
    {
        QuotaUsage due = ledger.Usages.GetValueOrDefault(record.Id) ?? new();
        due.IsRecorded = true;
        if (record.Space != due.Space)
        {
            _context.Findings.Add(CorruptionCode.QuotaSpaceMismatch, where.At(QuotaRecordView.DqbCurspace), record.Space, due.Space);
        }

        if (record.Inodes != due.Inodes)
        {
            _context.Findings.Add(
                CorruptionCode.QuotaInodesMismatch, where.At(QuotaRecordView.DqbCurinodes), record.Inodes, due.Inodes);
        }
    }

    private void CheckMissing(QuotaLedger ledger, in Inode file)
    {
        DiskLocation where = new(StructureKind.QuotaFile, file.TableBlock, file.TableOffset, file.Number.Value);
        foreach ((uint id, QuotaUsage usage) in ledger.Usages)
        {
            if (!usage.IsRecorded)
            {
                _context.Findings.Add(CorruptionCode.QuotaRecordMissing, where, id, usage.Inodes);
            }
        }
    }

    /// <summary>Borrows a block of a quota file, which must lie inside of the file and not be a hole.</summary>
    private QuotaBlock Borrow(in Inode file, uint block)
    {
        _context.Workspace.Begin();
        ulong position = (ulong)block << QuotaFileView.BlockBits;
        DiskLocation owner = new(StructureKind.QuotaFile, file.TableBlock, file.TableOffset, file.Number.Value);
        if (position >= file.Size)
        {
            Corrupt.Throw(CorruptionCode.QuotaTreeImpossible, owner, block, file.Size >> QuotaFileView.BlockBits);
        }

        FileBlock fileBlock = new((uint)(position >> _context.Geometry.BlockBits));
        MappedRun run = _context.Mapper.Resolve(_context.Workspace, file, fileBlock, 1);
        if (run.Kind != RunKind.Written)
        {
            Corrupt.Throw(CorruptionCode.QuotaTreeImpossible, owner, block, file.Size >> QuotaFileView.BlockBits);
        }

        int offset = (int)(position & ((ulong)_context.Geometry.BlockSize - 1));
        DiskLocation where = new(StructureKind.QuotaFile, run.First.Value, offset, file.Number.Value);
        return new(_context.Cache.Read(_context.Workspace, run.First, where), where);
    }

    /// <summary>A borrowed block of a quota file: a part of a block of the volume.</summary>
    private readonly ref struct QuotaBlock
    {
        private readonly BlockLease _lease;

        public QuotaBlock(BlockLease lease, scoped in DiskLocation where)
        {
            _lease = lease;
            Where = where;
        }

        public DiskLocation Where { get; }

        public ReadOnlySpan<byte> Bytes => _lease.Bytes.Slice(Where.Offset, QuotaFileView.BlockSize);

        public void Dispose() => _lease.Dispose();
    }

    /// <summary>What one kind of owners takes up.</summary>
    private sealed class QuotaLedger(QuotaKind kind, ClaimedInode file)
    {
        public QuotaKind Kind => kind;

        public ClaimedInode File => file;

        public SortedDictionary<uint, QuotaUsage> Usages { get; } = [];

        public HashSet<uint> Entered { get; } = [QuotaFileView.RootBlock];
    }

    private sealed class QuotaUsage
    {
        public ulong Space { get; set; }

        public ulong Inodes { get; set; }

        public bool IsRecorded { get; set; }
    }
}
