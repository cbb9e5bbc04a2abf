using System.Text;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Journal;

/// <summary>Writes fast commits into the area behind a journal's log.</summary>
internal sealed class FastCommitBuilder
{
    private readonly JournalBuilder _journal;
    private readonly uint _sequence;
    private uint _block;
    private int _offset;
    private uint _crc;

    public FastCommitBuilder(JournalBuilder journal, uint? sequence = null)
    {
        _journal = journal;
        _sequence = sequence ?? journal.Sequence;
        _block = journal.Length - JournalSuperblockView.DefaultFastCommitBlocks + 1;
    }

    /// <summary>The block that is written next.</summary>
    public uint Block => _block;

    public FastCommitBuilder Head(uint features = 0)
    {
        byte[] value = new byte[FastCommitHeadView.Size];
        Le.PutU32(value, FastCommitHeadView.FcFeatures, features);
        Le.PutU32(value, FastCommitHeadView.FcTid, _sequence);
        return Record(FastCommitTag.Head, value);
    }

    public FastCommitBuilder Name(FastCommitTag tag, uint parent, uint inode, string name)
    {
        byte[] value = new byte[FastCommitNameView.HeaderSize + name.Length];
        Le.PutU32(value, FastCommitNameView.FcParentIno, parent);
        Le.PutU32(value, FastCommitNameView.FcIno, inode);
        Encoding.ASCII.GetBytes(name).CopyTo(value, FastCommitNameView.FcDname);
        return Record(tag, value);
    }

    public FastCommitBuilder Inode(uint number, ReadOnlySpan<byte> bytes)
    {
        byte[] value = new byte[FastCommitInodeView.HeaderSize + bytes.Length];
        Le.PutU32(value, FastCommitInodeView.FcIno, number);
        bytes.CopyTo(value.AsSpan(FastCommitInodeView.FcRawInode));
        return Record(FastCommitTag.Inode, value);
    }

    public FastCommitBuilder Add(uint inode, uint first, ushort length, ulong start, bool isUnwritten = false)
    {
        byte[] value = new byte[FastCommitAddRangeView.Size];
        Le.PutU32(value, FastCommitAddRangeView.FcIno, inode);
        Span<byte> extent = value.AsSpan(FastCommitAddRangeView.FcEx);
        Le.PutU32(extent, ExtentView.EeBlock, first);
        Le.PutU16(extent, ExtentView.EeLen, isUnwritten ? (ushort)(length + ExtentView.MaximumInitialised) : length);
        Le.PutU32(extent, ExtentView.EeStartLo, (uint)start);
        return Record(FastCommitTag.AddRange, value);
    }

    public FastCommitBuilder Delete(uint inode, uint first, uint length)
    {
        byte[] value = new byte[FastCommitDeleteRangeView.Size];
        Le.PutU32(value, FastCommitDeleteRangeView.FcIno, inode);
        Le.PutU32(value, FastCommitDeleteRangeView.FcLblk, first);
        Le.PutU32(value, FastCommitDeleteRangeView.FcLen, length);
        return Record(FastCommitTag.DeleteRange, value);
    }

    public FastCommitBuilder Record(FastCommitTag tag, ReadOnlySpan<byte> value)
    {
        int room = _journal.Format.BlockSize - (2 * FastCommitRecordView.HeaderSize) - _offset;
        if (value.Length > room)
        {
            Pad();
        }

        int start = _offset;
        _offset = FastCommitWriter.Record(_journal.Block(_block), start, tag, value);
        return this;
    }

    /// <summary>Fills the rest of the block.</summary>
    public FastCommitBuilder Pad()
    {
        _crc = FastCommitWriter.Pad(_journal.Block(_block), _offset, _crc);
        _block++;
        _offset = 0;
        return this;
    }

    public FastCommitBuilder Tail(uint? sequence = null)
    {
        FastCommitWriter.Tail(_journal.Block(_block), _offset, sequence ?? _sequence, _crc);
        _block++;
        _offset = 0;
        _crc = 0;
        return this;
    }
}
