using System.Globalization;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Journal;

/// <summary>Writes a journal into an array, block by block, as a driver would have left it.</summary>
internal sealed class JournalBuilder
{
    public const uint FirstSequence = 100;
    public const int VolumeBlocks = 4096;

    private static readonly byte[] Uuid = [.. Enumerable.Range(1, 16).Select(value => (byte)value)];
    private readonly byte[] _bytes;
    private readonly List<byte[]> _transaction = [];
    private readonly uint _first;
    private uint _at;
    private uint _sequence = FirstSequence;
    private ulong _commitTime = 1_700_000_000;

    public JournalBuilder(
        JournalIncompatibleFeatures incompatible = default, JournalCompatibleFeatures compatible = default,
        int blockSize = 1024, uint length = 1024 + 256, uint start = 1, bool isVersion1 = false, uint first = 1)
    {
        _first = first;
        Format = new(blockSize, compatible, incompatible);
        Length = length;
        _at = start;
        _bytes = new byte[(long)blockSize * length];
        Seed = Crc32C.Append(Crc32C.Initial, Uuid);
        Span<byte> superblock = Superblock;
        JournalBlockWriter.Header(superblock, isVersion1 ? JournalBlockType.SuperblockV1 : JournalBlockType.SuperblockV2, 0);
        Be.PutU32(superblock, JournalSuperblockView.SBlocksize, (uint)blockSize);
        Be.PutU32(superblock, JournalSuperblockView.SMaxlen, length);
        Be.PutU32(superblock, JournalSuperblockView.SFirst, first);
        Be.PutU32(superblock, JournalSuperblockView.SSequence, FirstSequence);
        Be.PutU32(superblock, JournalSuperblockView.SStart, start);
        Be.PutU32(superblock, JournalSuperblockView.SFeatureCompat, (uint)compatible);
        Be.PutU32(superblock, JournalSuperblockView.SFeatureIncompat, (uint)incompatible);
        Be.PutU32(superblock, JournalSuperblockView.SNrUsers, 1);
        Uuid.CopyTo(superblock[JournalSuperblockView.SUuid..]);
        superblock[JournalSuperblockView.SChecksumType] = Format.HasBlockChecksums ? (byte)4 : (byte)0;
    }

    public JournalFormat Format { get; }

    public uint Length { get; }

    public uint Seed { get; }

    public uint Sequence => _sequence;

    /// <summary>The index of the block that is written next.</summary>
    public uint Position => _at;

    public Span<byte> Superblock => _bytes.AsSpan(0, JournalSuperblockView.Size);

    public Span<byte> Block(uint index) => _bytes.AsSpan((int)index * Format.BlockSize, Format.BlockSize);

    /// <summary>A block filled with one byte.</summary>
    public byte[] Filled(byte value)
    {
        byte[] block = new byte[Format.BlockSize];
        block.AsSpan().Fill(value);
        return block;
    }

    /// <summary>Logs blocks: one descriptor and the blocks behind it; a magic in front of a block is escaped.</summary>
    public JournalBuilder Log(params (ulong Home, byte[] Data)[] blocks)
    {
        byte[] descriptor = new byte[Format.BlockSize];
        JournalBlockWriter.Header(descriptor, JournalBlockType.Descriptor, _sequence);
        List<byte[]> logged = [];
        int offset = JournalHeaderView.Size;
        for (int index = 0; index < blocks.Length; index++)
        {
            byte[] data = [.. blocks[index].Data];
            JournalTagFlags flags = index == 0 ? default : JournalTagFlags.SameUuid;
            if (index == blocks.Length - 1)
            {
                flags |= JournalTagFlags.Last;
            }

            if (Be.U32(data, 0) == JournalHeaderView.ExpectedMagic)
            {
                flags |= JournalTagFlags.Escaped;
                Be.PutU32(data, 0, 0);
            }

            uint checksum = Format.HasBlockChecksums ? JournalChecksums.OfData(Seed, _sequence, data, Format) : 0;
            offset = JournalBlockWriter.Tag(descriptor, offset, blocks[index].Home, flags, checksum, Format);
            logged.Add(data);
        }

        if (Format.HasBlockChecksums)
        {
            JournalBlockWriter.SealBlock(descriptor, Seed);
        }

        Put(descriptor);
        logged.ForEach(Put);
        return this;
    }

    public JournalBuilder Revoke(params ulong[] homes)
    {
        byte[] block = new byte[Format.BlockSize];
        JournalBlockWriter.Revoke(block, _sequence, homes, Format, Seed);
        Put(block, isPartOfTransaction: false);
        return this;
    }

    public JournalBuilder Commit(bool isOlder = false)
    {
        _commitTime = isOlder ? _commitTime - 1_000_000 : _commitTime + 1;
        byte[] block = new byte[Format.BlockSize];
        uint crc = Crc32.Initial;
        _transaction.ForEach(part => crc = Crc32.Append(crc, part));
        JournalBlockWriter.Commit(block, _sequence, _commitTime, Format, Seed, crc);
        Put(block, isPartOfTransaction: false);
        _transaction.Clear();
        _sequence++;
        return this;
    }

    /// <summary>Opens what was written.</summary>
    public JournalLog Open(Action<JournalBuilder>? damage = null)
    {
        if (Format.HasBlockChecksums)
        {
            JournalSuperblockWriter.Seal(Superblock);
        }

        damage?.Invoke(this);
        return JournalLog.Open(Blocks());
    }

    public JournalBlocks Blocks()
    {
        int bits = int.Log2(Format.BlockSize);
        JournalBlocks blocks = new(new MemoryBlockDevice(_bytes, isReadOnly: true), bits, Length, maximumRuns: 4);
        blocks.Add(0, default, Length);
        return blocks;
    }

    public JournalContents Read(int maximumBlocks = 1 << 20) => JournalReplay.Read(Open(), VolumeBlocks, maximumBlocks);

    /// <summary>What a block of an otherwise empty volume reads as.</summary>
    public byte[] ReadHome(ulong home)
    {
        byte[] buffer = new byte[Format.BlockSize];
        MemoryBlockDevice volume = new(new byte[VolumeBlocks * Format.BlockSize]);
        DeviceOffset from = new((long)home * Format.BlockSize);
        if (Read().Overlay is { } overlay)
        {
            overlay.Read(volume, from, buffer);
        }

        return buffer;
    }

    /// <summary>The report that reading ends with.</summary>
    public CorruptionException Damage() => Assert.Throws<CorruptionException>(() => Read());

    private void Put(byte[] block) => Put(block, isPartOfTransaction: true);

    private void Put(byte[] block, bool isPartOfTransaction)
    {
        uint last = Length - (Format.Has(JournalIncompatibleFeatures.FastCommit) ? JournalSuperblockView.DefaultFastCommitBlocks : 0);
        block.CopyTo(Block(_at));
        _at = _at + 1 == last ? _first : _at + 1;
        if (isPartOfTransaction)
        {
            _transaction.Add(block);
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Format} at {_at}");
}
