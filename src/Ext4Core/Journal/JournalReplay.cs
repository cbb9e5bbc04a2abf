using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>Finds out what a log holds, without a write: which blocks of the volume it replaces.</summary>
/// <remarks>Three walks over the same blocks, and each decision as Linux 6.18 makes it, because a log is right when the
/// driver that wrote it would replay it: the first finds the end, the second gathers what was revoked, the third takes what
/// was logged and not revoked, later copies over earlier ones. Bound: a walk that passes more blocks than the journal has goes
/// round in circles and is damage.</remarks>
internal sealed class JournalReplay
{
    private readonly JournalLog _log;
    private readonly ulong _deviceBlocks;
    private readonly int _maximumBlocks;
    private readonly byte[] _block;
    private readonly byte[] _data;
    private readonly RevokeTable _revoked;
    private readonly Dictionary<ulong, OverlaidBlock> _overlaid = [];
    private uint _passedBlocks;
    private uint _end;

    private JournalReplay(JournalLog log, ulong deviceBlocks, int maximumBlocks)
    {
        _log = log;
        _deviceBlocks = deviceBlocks;
        _maximumBlocks = maximumBlocks;
        _block = new byte[log.Blocks.BlockSize];
        _data = new byte[log.Blocks.BlockSize];
        _revoked = new(maximumBlocks);
    }

    /// <summary>Walks a log that is not clean.</summary>
    /// <param name="log">The log.</param>
    /// <param name="deviceBlocks">Blocks on the volume's device: a log that grows the volume names blocks behind its old end.</param>
    /// <param name="maximumBlocks">Blocks that may be overlaid, and that may be revoked.</param>
    /// <exception cref="CorruptionException">The log is damaged in a way that stops Linux from mounting, or holds more than
    /// the limit.</exception>
    public static JournalContents Read(JournalLog log, ulong deviceBlocks, int maximumBlocks)
    {
        JournalReplay replay = new(log, deviceBlocks, maximumBlocks);
        replay._end = new EndSearch(replay).Find();
        replay.GatherRevokes();
        replay.GatherBlocks();
        return new(
            replay._end,
            replay._overlaid.Count == 0 ? null : new BlockOverlay(log.Blocks.Device, log.Blocks.BlockBits, replay._overlaid));
    }

    private void GatherRevokes()
    {
        Cursor cursor = StartWalk();
        while (!IsAtEnd(cursor) && TryReadHeader(ref cursor, out JournalBlockType type, out DiskLocation where))
        {
            switch (type)
            {
                case JournalBlockType.Descriptor:
                    CheckBlockChecksum(where);
                    cursor.Next = SkipLogged(cursor.Next);
                    break;
                case JournalBlockType.Revoke:
                    AddRevokes(cursor.Sequence, where);
                    break;
                case JournalBlockType.Commit:
                    cursor.Sequence = TransactionOrder.Next(cursor.Sequence);
                    break;
                default:
                    return;
            }
        }
    }

    private void GatherBlocks()
    {
        Cursor cursor = StartWalk();
        while (!IsAtEnd(cursor) && TryReadHeader(ref cursor, out JournalBlockType type, out DiskLocation where))
        {
            switch (type)
            {
                case JournalBlockType.Descriptor:
                    cursor.Next = TakeLogged(cursor, where);
                    break;
                case JournalBlockType.Revoke:
                    break;
                case JournalBlockType.Commit:
                    cursor.Sequence = TransactionOrder.Next(cursor.Sequence);
                    break;
                default:
                    return;
            }
        }
    }

    private uint TakeLogged(in Cursor cursor, in DiskLocation where)
    {
        uint index = cursor.Next;
        JournalTagReader tags = new(_block, _log.Format);
        while (tags.MoveNext())
        {
            CountBlock(index);
            TakeBlock(index, cursor.Sequence, tags, where.At(tags.Offset));
            index = _log.Advance(index, 1);
        }

        return index;
    }

    private void TakeBlock(uint index, uint sequence, in JournalTagReader tag, in DiskLocation where)
    {
        DeviceOffset place = Locate(index);
        ulong home = tag.Home.Value;
        if (_revoked.IsRevoked(home, sequence))
        {
            return;
        }

        if (_log.Format.HasBlockChecksums)
        {
            _log.Blocks.Read(index, _data);
            uint due = JournalChecksums.OfData(_log.Seed, sequence, _data, _log.Format);
            if (tag.Checksum != due)
            {
                Corrupt.Throw(CorruptionCode.JournalDataChecksum, where, tag.Checksum, due);
            }
        }

        if (home >= _deviceBlocks)
        {
            Corrupt.Throw(CorruptionCode.JournalHomeOutOfRange, where, home, _deviceBlocks);
        }

        _overlaid[home] = new(place, tag.Flags.HasFlag(JournalTagFlags.Escaped));
        if (_overlaid.Count > _maximumBlocks)
        {
            Corrupt.Throw(CorruptionCode.JournalBlocksTooMany, where, (ulong)_overlaid.Count, (ulong)_maximumBlocks);
        }
    }

    private void AddRevokes(uint sequence, in DiskLocation where)
    {
        JournalRevokeView revokes = JournalRevokeView.Parse(_block, _log.Format, where);
        for (int entryIndex = 0; entryIndex < revokes.EntryCount; entryIndex++)
        {
            _revoked.Add(revokes[entryIndex].Value, sequence, where);
        }
    }

    private uint SkipLogged(uint index)
    {
        uint count = 0;
        JournalTagReader tags = new(_block, _log.Format);
        while (tags.MoveNext())
        {
            CountBlock(index);
            count++;
        }

        return _log.Advance(index, count);
    }

    private bool HasGoodTail(out uint due)
    {
        due = 0;
        if (!_log.Format.HasBlockChecksums)
        {
            return true;
        }

        due = JournalChecksums.OfBlock(_log.Seed, _block);
        return JournalChecksums.TailOf(_block) == due;
    }

    private void CheckBlockChecksum(in DiskLocation where)
    {
        if (!HasGoodTail(out uint due))
        {
            Corrupt.Throw(
                CorruptionCode.JournalBlockChecksum, where.At(_block.Length - 4), JournalChecksums.TailOf(_block), due);
        }
    }

    private Cursor StartWalk()
    {
        _passedBlocks = 0;
        return new() { Next = _log.Start, Sequence = _log.Sequence };
    }

    private bool IsAtEnd(in Cursor cursor) => TransactionOrder.IsAtOrAfter(cursor.Sequence, _end);

    /// <summary>Reads the block at the cursor and steps behind it; false when it is none of the transaction that is due.</summary>
    private bool TryReadHeader(ref Cursor cursor, out JournalBlockType type, out DiskLocation where)
    {
        uint index = cursor.Next;
        Locate(index);
        where = _log.Blocks.Where(StructureKind.JournalBlock, index);
        _log.Blocks.Read(index, _block);
        JournalHeaderView header = new(_block);
        type = header.Type;
        if (header.Magic != JournalHeaderView.ExpectedMagic || header.Sequence != cursor.Sequence)
        {
            return false;
        }

        CountBlock(index);
        cursor.Next = _log.Advance(index, 1);
        return true;
    }

    private DeviceOffset Locate(uint index)
    {
        if (index >= _log.Length)
        {
            Corrupt.Throw(
                CorruptionCode.JournalPositionOutOfRange, _log.SuperblockLocation.At(JournalSuperblockView.SStart), index, _log.Length);
        }

        return _log.Blocks.Locate(index);
    }

    private void CountBlock(uint index)
    {
        _passedBlocks++;
        if (_passedBlocks > _log.Length)
        {
            Corrupt.Throw(
                CorruptionCode.JournalEndless, _log.Blocks.Where(StructureKind.JournalBlock, index), _passedBlocks, _log.Length);
        }
    }

    private struct Cursor
    {
        public uint Next;
        public uint Sequence;
    }

    /// <summary>The first walk: the end of the log is the first transaction that is not complete.</summary>
    /// <remarks>A checksum that does not match is either the trace of a crash, or of an older log below the current one, or
    /// damage. Commit times tell: a commit that is older than the one before it belongs to an older log.</remarks>
    private sealed class EndSearch(JournalReplay replay)
    {
        private readonly JournalLog _log = replay._log;
        private uint _end;
        private uint _transactionCrc = Crc32.Initial;
        private ulong _lastCommitTime;
        private Mismatch? _suspect;

        /// <summary>The number of the first transaction that must not be replayed.</summary>
        public uint Find()
        {
            Cursor cursor = replay.StartWalk();
            while (replay.TryReadHeader(ref cursor, out JournalBlockType type, out DiskLocation where)
                && Visit(type, ref cursor, where))
            {
            }

            return _end != 0 ? _end : cursor.Sequence;
        }

        private bool Visit(JournalBlockType type, ref Cursor cursor, in DiskLocation where)
        {
            switch (type)
            {
                case JournalBlockType.Descriptor:
                    NoteTail(where);
                    cursor.Next = _log.Format.HasTransactionChecksum && _end == 0
                        ? AddToTransactionCrc(cursor.Next)
                        : replay.SkipLogged(cursor.Next);
                    return true;
                case JournalBlockType.Revoke:
                    NoteTail(where);
                    _ = JournalRevokeView.Parse(replay._block, _log.Format, where);
                    return true;
                case JournalBlockType.Commit:
                    return VisitCommit(ref cursor, where);
                default:
                    return false;
            }
        }

        private void NoteTail(in DiskLocation where)
        {
            if (!replay.HasGoodTail(out uint due))
            {
                _suspect ??= new(where.At(replay._block.Length - 4), JournalChecksums.TailOf(replay._block), due);
            }
        }

        private uint AddToTransactionCrc(uint index)
        {
            _transactionCrc = Crc32.Append(_transactionCrc, replay._block);
            JournalTagReader tags = new(replay._block, _log.Format);
            while (tags.MoveNext())
            {
                replay.CountBlock(index);
                replay.Locate(index);
                _log.Blocks.Read(index, replay._data);
                _transactionCrc = Crc32.Append(_transactionCrc, replay._data);
                index = _log.Advance(index, 1);
            }

            return index;
        }

        private bool VisitCommit(ref Cursor cursor, in DiskLocation where)
        {
            JournalCommitView commit = new(replay._block);
            if (_suspect is { } suspect)
            {
                if (commit.CommitTime >= _lastCommitTime)
                {
                    Corrupt.Throw(CorruptionCode.JournalBlockChecksum, suspect.Where, suspect.Found, suspect.Due);
                }

                return false;
            }

            if (_end != 0 && _log.Format.HasTransactionChecksum)
            {
                Corrupt.Throw(CorruptionCode.JournalCommitChecksum, where.At(JournalCommitView.HChksum), commit.Checksum, _transactionCrc);
            }

            if (!IsComplete(commit, out uint due))
            {
                if (commit.CommitTime < _lastCommitTime)
                {
                    return false;
                }

                if (!_log.Format.Has(JournalIncompatibleFeatures.AsyncCommit))
                {
                    Corrupt.Throw(CorruptionCode.JournalCommitChecksum, where.At(JournalCommitView.HChksum), commit.Checksum, due);
                }

                _end = cursor.Sequence;
            }

            _lastCommitTime = commit.CommitTime;
            cursor.Sequence = TransactionOrder.Next(cursor.Sequence);
            return true;
        }

        private bool IsComplete(JournalCommitView commit, out uint due)
        {
            if (_log.Format.HasTransactionChecksum)
            {
                due = _transactionCrc;
                bool isUnused = commit.ChecksumType == 0 && commit.ChecksumSize == 0 && commit.Checksum == 0;
                bool isMatch = commit.ChecksumType == JournalCommitView.Crc32Type
                    && commit.ChecksumSize == JournalCommitView.Crc32Size && commit.Checksum == due;
                if (isUnused || isMatch)
                {
                    _transactionCrc = Crc32.Initial;
                    return true;
                }

                return false;
            }

            if (!_log.Format.HasBlockChecksums)
            {
                due = 0;
                return true;
            }

            due = JournalChecksums.OfCommit(_log.Seed, replay._block);
            return commit.Checksum == due
                || commit.Checksum == JournalChecksums.OfCommitHeader(_log.Seed, replay._block);
        }

        private readonly record struct Mismatch(DiskLocation Where, uint Found, uint Due);
    }
}

/// <summary>What a log holds.</summary>
/// <param name="End">The number of the first transaction that is not complete: the one that fast commits belong to.</param>
/// <param name="Overlay">The blocks that complete transactions replace; null when there are none.</param>
internal sealed record JournalContents(uint End, BlockOverlay? Overlay);
