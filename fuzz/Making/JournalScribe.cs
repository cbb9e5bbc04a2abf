using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Making;

/// <summary>Writes transactions into the empty journal of an image, as a driver leaves them when it is interrupted.</summary>
internal sealed class JournalScribe
{
    private const uint JournalInode = 8;
    private const uint FastCommitBlocks = 256;
    private const byte Crc32CType = 4;

    private readonly WorkingImage _image;
    private readonly List<ulong> _blocks;
    private readonly JournalFormat _format;
    private readonly uint _seed;
    private readonly List<byte[]> _transaction = [];
    private uint _at = 1;
    private ulong _commitTime = (ulong)Tool.Moment;

    public JournalScribe(WorkingImage image, JournalIncompatibleFeatures incompatible, JournalCompatibleFeatures compatible)
    {
        _image = image;
        _blocks = image.BlocksOf(JournalInode);
        _format = new(image.Geometry.BlockSize, compatible, incompatible);
        Span<byte> superblock = Superblock;
        _seed = Crc32C.Append(Crc32C.Initial, new JournalSuperblockView(superblock).Uuid);
        Sequence = 1;
        Be.PutU32(superblock, JournalSuperblockView.SSequence, Sequence);
        Be.PutU32(superblock, JournalSuperblockView.SStart, _at);
        Be.PutU32(superblock, JournalSuperblockView.SFeatureCompat, (uint)compatible);
        Be.PutU32(superblock, JournalSuperblockView.SFeatureIncompat, (uint)incompatible);
        superblock[JournalSuperblockView.SChecksumType] = _format.HasBlockChecksums ? Crc32CType : (byte)0;
        bool hasFastCommits = _format.Has(JournalIncompatibleFeatures.FastCommit);
        Be.PutU32(superblock, JournalSuperblockView.SNumFcBlks, hasFastCommits ? FastCommitBlocks : 0);
        Be.PutU32(superblock, JournalSuperblockView.SChecksum, 0);
        if (_format.HasBlockChecksums)
        {
            JournalSuperblockWriter.Seal(superblock);
        }

        image.ChangeSuperblock(bytes => Le.PutU32(
            bytes, SuperblockView.SFeatureIncompat,
            Le.U32(bytes, SuperblockView.SFeatureIncompat) | (uint)IncompatibleFeatures.NeedsRecovery));
    }

    /// <summary>The transaction that is written next.</summary>
    public uint Sequence { get; private set; }

    /// <summary>The first block of the fast-commit area.</summary>
    public uint FastCommitFirst => (uint)_blocks.Count - FastCommitBlocks + 1;

    private Span<byte> Superblock => Block(0)[..JournalSuperblockView.Size];

    /// <summary>A block of the journal.</summary>
    public Span<byte> Block(uint index) => _image.Block(_blocks[(int)index]);

    /// <summary>Whether a block of the volume is one of the journal's.</summary>
    public bool Owns(ulong block) => _blocks.Contains(block);

    /// <summary>Logs blocks: one descriptor and the blocks behind it; a magic in front of a block is escaped.</summary>
    public void Log(params IReadOnlyList<(ulong Home, byte[] Data)> blocks)
    {
        byte[] descriptor = new byte[_format.BlockSize];
        JournalBlockWriter.Header(descriptor, JournalBlockType.Descriptor, Sequence);
        List<byte[]> logged = [];
        int offset = JournalHeaderView.Size;
        for (int index = 0; index < blocks.Count; index++)
        {
            byte[] data = [.. blocks[index].Data];
            JournalTagFlags flags = index == 0 ? default : JournalTagFlags.SameUuid;
            flags |= index == blocks.Count - 1 ? JournalTagFlags.Last : default;
            if (Be.U32(data, 0) == JournalHeaderView.ExpectedMagic)
            {
                flags |= JournalTagFlags.Escaped;
                Be.PutU32(data, 0, 0);
            }

            uint checksum = _format.HasBlockChecksums ? JournalChecksums.OfData(_seed, Sequence, data, _format) : 0;
            offset = JournalBlockWriter.Tag(descriptor, offset, blocks[index].Home, flags, checksum, _format);
            logged.Add(data);
        }

        if (_format.HasBlockChecksums)
        {
            JournalBlockWriter.SealBlock(descriptor, _seed);
        }

        Put(descriptor, isChecked: true);
        logged.ForEach(data => Put(data, isChecked: true));
    }

    /// <summary>Voids earlier copies of blocks.</summary>
    public void Revoke(params ReadOnlySpan<ulong> homes)
    {
        byte[] block = new byte[_format.BlockSize];
        JournalBlockWriter.Revoke(block, Sequence, homes, _format, _seed);
        Put(block, isChecked: false);
    }

    /// <summary>Ends the transaction.</summary>
    public void Commit()
    {
        byte[] block = new byte[_format.BlockSize];
        uint crc = Crc32.Initial;
        _transaction.ForEach(part => crc = Crc32.Append(crc, part));
        JournalBlockWriter.Commit(block, Sequence, _commitTime++, _format, _seed, crc);
        Put(block, isChecked: false);
        _transaction.Clear();
        Sequence++;
    }

    private void Put(byte[] block, bool isChecked)
    {
        block.CopyTo(Block(_at++));
        if (isChecked)
        {
            _transaction.Add(block);
        }
    }
}

/// <summary>Writes fast commits behind the log.</summary>
internal sealed class FastCommitScribe(JournalScribe journal)
{
    private uint _block = journal.FastCommitFirst;
    private int _offset;
    private uint _crc;

    public void Head()
    {
        byte[] value = new byte[FastCommitHeadView.Size];
        Le.PutU32(value, FastCommitHeadView.FcTid, journal.Sequence);
        Record(FastCommitTag.Head, value);
    }

    public void Name(FastCommitTag tag, uint parent, uint inode, ReadOnlySpan<byte> name)
    {
        byte[] value = new byte[FastCommitNameView.HeaderSize + name.Length];
        Le.PutU32(value, FastCommitNameView.FcParentIno, parent);
        Le.PutU32(value, FastCommitNameView.FcIno, inode);
        name.CopyTo(value.AsSpan(FastCommitNameView.FcDname));
        Record(tag, value);
    }

    public void Inode(uint number, ReadOnlySpan<byte> bytes)
    {
        byte[] value = new byte[FastCommitInodeView.HeaderSize + bytes.Length];
        Le.PutU32(value, FastCommitInodeView.FcIno, number);
        bytes.CopyTo(value.AsSpan(FastCommitInodeView.FcRawInode));
        Record(FastCommitTag.Inode, value);
    }

    public void Add(uint inode, uint first, ushort length, ulong start)
    {
        byte[] value = new byte[FastCommitAddRangeView.Size];
        Le.PutU32(value, FastCommitAddRangeView.FcIno, inode);
        Span<byte> extent = value.AsSpan(FastCommitAddRangeView.FcEx);
        Le.PutU32(extent, ExtentView.EeBlock, first);
        Le.PutU16(extent, ExtentView.EeLen, length);
        Le.PutU32(extent, ExtentView.EeStartLo, (uint)start);
        Record(FastCommitTag.AddRange, value);
    }

    public void Delete(uint inode, uint first, uint length)
    {
        byte[] value = new byte[FastCommitDeleteRangeView.Size];
        Le.PutU32(value, FastCommitDeleteRangeView.FcIno, inode);
        Le.PutU32(value, FastCommitDeleteRangeView.FcLblk, first);
        Le.PutU32(value, FastCommitDeleteRangeView.FcLen, length);
        Record(FastCommitTag.DeleteRange, value);
    }

    public void Tail()
    {
        FastCommitWriter.Tail(journal.Block(_block), _offset, journal.Sequence, _crc);
        _block++;
        _offset = 0;
        _crc = 0;
    }

    private void Record(FastCommitTag tag, ReadOnlySpan<byte> value)
    {
        Span<byte> block = journal.Block(_block);
        if (value.Length > block.Length - (2 * FastCommitRecordView.HeaderSize) - _offset)
        {
            _crc = FastCommitWriter.Pad(block, _offset, _crc);
            block = journal.Block(++_block);
            _offset = 0;
        }

        _offset = FastCommitWriter.Record(block, _offset, tag, value);
    }
}
