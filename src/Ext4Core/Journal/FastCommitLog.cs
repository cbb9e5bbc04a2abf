using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>The fast commits behind a log: which of their records count, and then the records one by one.</summary>
/// <remarks>The decisions are those of Linux 6.18. A fast commit counts when its tail carries the transaction that the log
/// ends before, and the checksum of its records. Behind the first that counts, whatever does not read on is the rest of
/// older ones; before it, an area that starts like fast commits of this log must hold one. Bound: each block is read once
/// to count and once to take.</remarks>
internal sealed class FastCommitLog
{
    private readonly JournalLog _log;
    private readonly uint _sequence;
    private readonly int _inodeSize;
    private readonly byte[] _block;
    private uint _index;
    private int _offset;
    private int _left;

    private FastCommitLog(JournalLog log, uint sequence, int inodeSize)
    {
        _log = log;
        _sequence = sequence;
        _inodeSize = inodeSize;
        _block = new byte[log.Blocks.BlockSize];
    }

    /// <summary>Records that count, and that <see cref="MoveNext"/> has not given yet.</summary>
    public int Left => _left;

    /// <summary>Where the current record lies.</summary>
    public DiskLocation Where { get; private set; }

    /// <summary>The current record.</summary>
    public FastCommitRecordView Current => new(_block.AsSpan(Where.Offset));

    /// <summary>Counts the records of a journal that has a fast-commit area.</summary>
    /// <param name="log">The journal.</param>
    /// <param name="sequence">The transaction that the log ends before.</param>
    /// <param name="inodeSize">Bytes in the volume's inodes.</param>
    /// <param name="maximumRecords">Records that may count.</param>
    public static FastCommitLog Open(JournalLog log, uint sequence, int inodeSize, int maximumRecords)
    {
        FastCommitLog fastCommits = new(log, sequence, inodeSize);
        if (log.Format.Has(JournalIncompatibleFeatures.FastCommit))
        {
            fastCommits._left = new Count(fastCommits, maximumRecords).Run();
        }

        fastCommits._index = log.FastCommitFirst;
        fastCommits._offset = fastCommits._block.Length;
        return fastCommits;
    }

    /// <summary>Steps to the next record that counts.</summary>
    public bool MoveNext()
    {
        if (_left == 0)
        {
            return false;
        }

        if (_offset > _block.Length - FastCommitRecordView.HeaderSize)
        {
            ReadBlock(_index);
            _index++;
            _offset = 0;
        }

        Where = WhereIs(_index - 1, _offset);
        _offset += Current.Whole.Length;
        _left--;
        return true;
    }

    private void ReadBlock(uint index)
    {
        if (index >= _log.Length)
        {
            Corrupt.Throw(
                CorruptionCode.FastCommitAreaOverrun, WhereIs(_log.Length - 1, 0), index, (ulong)_log.Length - 1);
        }

        _log.Blocks.Read(index, _block);
    }

    private DiskLocation WhereIs(uint index, int offset) => _log.Blocks.Where(StructureKind.FastCommitBlock, index).At(offset);

    /// <summary>The walk that finds out how many records count.</summary>
    private sealed class Count(FastCommitLog owner, int maximumRecords)
    {
        private int _seen;
        private int _counted;
        private uint _crc;

        public int Run()
        {
            for (uint index = owner._log.FastCommitFirst; ; index++)
            {
                owner.ReadBlock(index);
                bool isFirst = index == owner._log.FastCommitFirst;
                if (isFirst && new FastCommitRecordView(owner._block).Tag != FastCommitTag.Head)
                {
                    return 0;
                }

                if (!ReadRecords(index))
                {
                    return _counted;
                }
            }
        }

        /// <summary>Reads the records of one block; false where the fast commits end.</summary>
        private bool ReadRecords(uint index)
        {
            int offset = 0;
            while (offset <= owner._block.Length - FastCommitRecordView.HeaderSize)
            {
                FastCommitRecordView record = new(owner._block.AsSpan(offset));
                DiskLocation where = owner.WhereIs(index, offset);
                if (!record.Fits || !FastCommitLengths.IsValid(record.Tag, record.Length, owner._inodeSize))
                {
                    RefuseUnlessCounted(CorruptionCode.FastCommitRecordImpossible, where, (ulong)record.Tag, (ulong)FastCommitTag.Head);
                    return false;
                }

                if (!ReadRecord(record, where))
                {
                    return false;
                }

                offset += record.Whole.Length;
            }

            return true;
        }

        private bool ReadRecord(FastCommitRecordView record, in DiskLocation where)
        {
            if (record.Tag == FastCommitTag.Head && !IsOurs(new FastCommitHeadView(record.Value)))
            {
                return false;
            }

            _seen++;
            if (_seen > maximumRecords)
            {
                Corrupt.Throw(CorruptionCode.FastCommitRecordsTooMany, where, (ulong)_seen, (ulong)maximumRecords);
            }

            if (record.Tag == FastCommitTag.Tail)
            {
                return EndCommit(record, where);
            }

            _crc = Crc32C.Append(_crc, record.Whole);
            return true;
        }

        private bool IsOurs(FastCommitHeadView head)
        {
            if (head.Features != 0)
            {
                throw new UnsupportedFeatureException(
                    $"fast commit 0x{head.Features:x}",
                    "the fast commits cannot be understood; norecovery reads the volume as it was before the journal");
            }

            return head.Sequence == owner._sequence;
        }

        private bool EndCommit(FastCommitRecordView record, in DiskLocation where)
        {
            FastCommitTailView tail = new(record.Value);
            uint due = Crc32C.Append(_crc, record.Whole[..(FastCommitRecordView.HeaderSize + FastCommitTailView.FcCrc)]);
            _crc = 0;
            if (tail.Sequence == owner._sequence && tail.Checksum == due)
            {
                _counted = _seen;
                return true;
            }

            int field = FastCommitRecordView.HeaderSize + FastCommitTailView.FcCrc;
            RefuseUnlessCounted(CorruptionCode.FastCommitChecksum, where.At(field), tail.Checksum, due);
            return false;
        }

        private void RefuseUnlessCounted(CorruptionCode code, in DiskLocation where, ulong found, ulong expected)
        {
            if (_counted == 0)
            {
                Corrupt.Throw(code, where, found, expected);
            }
        }
    }
}
