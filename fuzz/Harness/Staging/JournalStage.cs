using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>A journal of 1 KiB blocks, made once, on which each input lays its first blocks and its fast commits.</summary>
/// <remarks>1,280 blocks; those that inputs cannot fill are zeros. When checksums are put right, they are so along the log as a
/// reader follows it.</remarks>
internal sealed class JournalStage
{
    public const int BlockSize = 1 << BlockBits;
    public const uint Length = 1280;

    /// <summary>Blocks from the journal's start on that inputs fill.</summary>
    public const int LogBlocks = 64;

    /// <summary>Blocks from the start of the fast-commit area on that inputs fill.</summary>
    public const int FastCommitBlocks = 16;
    public const uint Sequence = 100;

    /// <summary>The first block of the fast-commit area of the default size.</summary>
    public const uint FastCommitFirst = Length - JournalSuperblockView.DefaultFastCommitBlocks + 1;

    private const int BlockBits = 10;
    private const byte Crc32CType = 4;

    private readonly byte[] _superblock = new byte[JournalSuperblockView.Size];

    public JournalStage()
    {
        const int Stored = LogBlocks + FastCommitBlocks;
        Device = new(BlockSize, Stored, Stored + Length);
        Blocks = new(Device, BlockBits, Length, maximumRuns: 4);
        Blocks.Add(0, default, LogBlocks);
        Blocks.Add(LogBlocks, new((long)Stored << BlockBits), FastCommitFirst - LogBlocks);
        Blocks.Add(FastCommitFirst, new((long)LogBlocks << BlockBits), FastCommitBlocks);
        Blocks.Add(FastCommitFirst + FastCommitBlocks, new((long)(Stored + FastCommitFirst) << BlockBits), Length - FastCommitFirst - FastCommitBlocks);
    }

    public StagedDevice Device { get; }

    public JournalBlocks Blocks { get; }

    /// <summary>Bytes of a block of the journal that inputs fill.</summary>
    public Span<byte> Edit(uint index) => Device.Edit((int)(index < LogBlocks ? index : index - FastCommitFirst + LogBlocks));

    /// <summary>Fills a block from its start.</summary>
    public void Lay(int number, ReadOnlySpan<byte> bytes)
    {
        Span<byte> block = Device.Edit(number % (LogBlocks + FastCommitBlocks));
        bytes = bytes[..Math.Min(bytes.Length, block.Length)];
        bytes.CopyTo(block);
        block[bytes.Length..].Clear();
    }

    /// <summary>Puts a superblock in front, which says what the options say.</summary>
    public void PutSuperblock(JournalOptions options, uint start)
    {
        Span<byte> superblock = _superblock;
        superblock.Clear();
        JournalBlockWriter.Header(superblock, JournalBlockType.SuperblockV2, 0);
        Be.PutU32(superblock, JournalSuperblockView.SBlocksize, BlockSize);
        Be.PutU32(superblock, JournalSuperblockView.SMaxlen, Length);
        Be.PutU32(superblock, JournalSuperblockView.SFirst, 1);
        Be.PutU32(superblock, JournalSuperblockView.SSequence, Sequence);
        Be.PutU32(superblock, JournalSuperblockView.SStart, start);
        Be.PutU32(superblock, JournalSuperblockView.SFeatureCompat, (uint)options.Compatible);
        Be.PutU32(superblock, JournalSuperblockView.SFeatureIncompat, (uint)options.Incompatible);
        Be.PutU32(superblock, JournalSuperblockView.SNrUsers, 1);
        superblock[JournalSuperblockView.SChecksumType] = Crc32CType;
        JournalSuperblockWriter.Seal(superblock);
        superblock.CopyTo(Edit(0));
    }

    /// <summary>Puts the checksums of the log right, from its start to the first block that is none of its own.</summary>
    public void Seal(JournalOptions options, uint start)
    {
        JournalFormat format = new(BlockSize, options.Compatible, options.Incompatible);
        uint seed = Crc32C.Append(Crc32C.Initial, stackalloc byte[16]);
        uint crc = Crc32.Initial;
        uint index = start;
        while (index < LogBlocks)
        {
            Span<byte> block = Edit(index++);
            JournalHeaderView header = new(block);
            if (header.Magic != JournalHeaderView.ExpectedMagic)
            {
                return;
            }

            switch (header.Type)
            {
                case JournalBlockType.Descriptor:
                    SealDescriptor(block, format, seed, ref index, ref crc);
                    break;
                case JournalBlockType.Revoke when format.HasBlockChecksums:
                    JournalBlockWriter.SealBlock(block, seed);
                    break;
                case JournalBlockType.Commit:
                    JournalBlockWriter.SealCommit(block, format, seed, crc);
                    crc = Crc32.Initial;
                    break;
            }
        }
    }

    private void SealDescriptor(Span<byte> block, in JournalFormat format, uint seed, ref uint index, ref uint crc)
    {
        uint sequence = new JournalHeaderView(block).Sequence;
        uint first = index;
        JournalTagReader tags = new(block, format);
        while (tags.MoveNext())
        {
            if (format.HasBlockChecksums && index < LogBlocks)
            {
                JournalBlockWriter.PutTagChecksum(
                    block, tags.Offset, JournalChecksums.OfData(seed, sequence, Edit(index), format), format);
            }

            index++;
        }

        if (format.HasBlockChecksums)
        {
            JournalBlockWriter.SealBlock(block, seed);
        }

        crc = Crc32.Append(crc, block);
        for (uint logged = first; logged < Math.Min(index, LogBlocks); logged++)
        {
            crc = Crc32.Append(crc, Edit(logged));
        }
    }
}

/// <summary>The first byte of an input that is a journal: how its blocks are written.</summary>
/// <param name="Value">The byte.</param>
internal readonly record struct JournalOptions(byte Value)
{
    private const byte VersionBits = 3, WideBit = 4, AsyncBit = 8, UnsealedBits = 0x70, FastCommitBit = 0x80;

    /// <summary>Which checksums: 0 none, 1 to 3 those of that version.</summary>
    public int ChecksumVersion => Value & VersionBits;

    public bool SealsChecksums => (Value & UnsealedBits) != UnsealedBits;

    public JournalCompatibleFeatures Compatible => ChecksumVersion == 1 ? JournalCompatibleFeatures.Checksum : default;

    public JournalIncompatibleFeatures Incompatible => JournalIncompatibleFeatures.Revoke
        | (ChecksumVersion == 2 ? JournalIncompatibleFeatures.ChecksumV2 : default)
        | (ChecksumVersion == 3 ? JournalIncompatibleFeatures.ChecksumV3 : default)
        | ((Value & WideBit) != 0 ? JournalIncompatibleFeatures.SixtyFourBit : default)
        | ((Value & AsyncBit) != 0 ? JournalIncompatibleFeatures.AsyncCommit : default)
        | ((Value & FastCommitBit) != 0 ? JournalIncompatibleFeatures.FastCommit : default);

    /// <summary>The byte for these options.</summary>
    public static JournalOptions Of(
        int checksumVersion, bool isWide = false, bool isAsync = false, bool sealsChecksums = true, bool hasFastCommits = false) => new((byte)(
            checksumVersion | (isWide ? WideBit : 0) | (isAsync ? AsyncBit : 0) | (sealsChecksums ? 0 : UnsealedBits)
            | (hasFastCommits ? FastCommitBit : 0)));
}
