using Ext4Core;
using Ext4Core.Extents;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>Fast commits: which of their records count, and what the volume reads as after them.</summary>
/// <remarks>Input: options of the volume, then blocks of the fast-commit area as parts. The volume is that of
/// <see cref="StagedTree"/>.</remarks>
internal sealed class FastCommitTarget : StagedTarget
{
    private const int MostRecords = 256;
    private const int MostBytes = 32 << 10;

    /// <summary>A record may load two inodes and look a name up, and what it changed is counted at the end.</summary>
    private const int ReadsPerRecord = 32;

    private readonly FastCommitOverlay _overlay = new(MostBytes);
    private readonly JournalStage _journal = new();
    private readonly DirectoryOracles _oracles = new();

    /// <inheritdoc/>
    public override string Name => "fast-commit";

    /// <inheritdoc/>
    public override string Description => "scan and replay of fast commits over a volume with a file and two directories";

    /// <inheritdoc/>
    public override long AllocationBudget => 192 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(InputOptions.Of(), block => Head(block)).Named("head-alone");
            yield return Of(InputOptions.Of(), block => PutName(block, Head(block), FastCommitTag.Unlink, "file"u8)).Named("unlink");
            yield return Of(InputOptions.Of(), block => PutName(block, Head(block), FastCommitTag.Link, "second"u8)).Named("link");
            yield return Of(InputOptions.Of(), block => PutInode(block, Head(block))).Named("inode");
            yield return Of(InputOptions.Of(), block => PutRange(block, Head(block), StagedVolume.BlockOf(9))).Named("range");
            yield return Of(InputOptions.Of(), block => PutRange(block, Head(block), 5)).Named("range-over-an-inode-table");
            yield return Of(InputOptions.Of(), block => Head(block, features: 1)).Named("feature-that-nobody-knows");
            yield return Of(InputOptions.Of(sealsChecksums: false), block => Head(block)).Named("checksum-missing");
            yield return Of(InputOptions.Of(), block => Record(block, Head(block), FastCommitTag.Unlink, new byte[8])).Named("name-without-a-name");
            yield return Of(InputOptions.Of(), block => PutName(block, Head(block), FastCommitTag.Create, "new"u8, inode: 50))
                .Named("create-without-its-inode");
            yield return Padded(MostRecords).Named("as-many-records-as-may-be");
            yield return Padded(MostRecords + 1).Named("one-record-too-many");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("head", [9, 0, 8, 0, 0, 0, 0, 0, (byte)JournalStage.Sequence, 0, 0, 0]),
        new("tail", [8, 0, 8, 0, (byte)JournalStage.Sequence, 0, 0, 0]),
        new("inode", [6, 0, 4, 1, StagedVolume.Subject, 0, 0, 0]),
        new("add_range", [1, 0, 16, 0, StagedVolume.Subject, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, StagedVolume.FirstPlace + 8, 0, 0, 0]),
        new("delete_range", [2, 0, 12, 0, StagedVolume.Subject, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]),
        new("create", [3, 0, 9, 0, 2, 0, 0, 0, StagedVolume.Companion, 0, 0, 0, (byte)'n']),
        new("link", [4, 0, 9, 0, 2, 0, 0, 0, StagedVolume.Subject, 0, 0, 0, (byte)'n']),
        new("unlink", [5, 0, 12, 0, 2, 0, 0, 0, StagedVolume.Subject, 0, 0, 0, (byte)'f', (byte)'i', (byte)'l', (byte)'e']),
        new("padding", [7, 0]),
        .. InodeSeeds.Words,
    ];

    /// <inheritdoc/>
    protected override StagedVolume Make(InputOptions options)
    {
        StagedVolume volume = new(options, _overlay);
        StagedTree.Plant(volume);
        return volume;
    }

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        while (reader.TryTakePart(out int number, out ReadOnlySpan<byte> bytes))
        {
            _journal.Lay(JournalStage.LogBlocks + (number % JournalStage.FastCommitBlocks), bytes);
        }

        if (options.SealsChecksums)
        {
            Seal();
        }

        try
        {
            return Replay(volume);
        }
        catch (UnsupportedFeatureException refusal)
        {
            return Verdict.Refused((ulong)refusal.Message.Length);
        }
        finally
        {
            _overlay.Clear();
            _journal.Device.Reset();
        }
    }

    private Verdict Replay(StagedVolume volume)
    {
        _journal.PutSuperblock(JournalOptions.Of(3, hasFastCommits: true), start: 1);
        FastCommitLog log = FastCommitLog.Open(
            JournalLog.Open(_journal.Blocks), JournalStage.Sequence, StagedVolume.InodeSize, MostRecords);
        int records = log.Left;
        Require(records <= MostRecords, "more records count than may");
        FastCommitReplay.Run(volume.Stack, log, _overlay);
        if (volume.Device.ReadCount > ReadsPerRecord * (records + 1))
        {
            throw new FindingException(FindingKind.Work, $"{volume.Device.ReadCount} reads for {records} records");
        }

        Digest digest = new Digest().Add((ulong)records).Add((ulong)_overlay.InodeCount);
        foreach (uint number in (ReadOnlySpan<uint>)[StagedTree.Root, StagedTree.Directory, StagedTree.File])
        {
            digest = digest.Add(Look(volume, number).Value);
        }

        return Verdict.Accepted(digest.Value);
    }

    /// <summary>What one inode became: damage of one is no matter of the others.</summary>
    private Digest Look(StagedVolume volume, uint number)
    {
        volume.Workspace.Begin();
        if (!volume.Stack.Inodes.TryLoad(volume.Workspace, new(number), out Inode inode, out Damage damage))
        {
            return new Digest().Add((ulong)damage.Code);
        }

        try
        {
            return inode.Type == FileType.Directory ? LookAtNames(volume, inode) : LookAtBlocks(volume, inode);
        }
        catch (CorruptionException found)
        {
            return new Digest().Add((ulong)found.Code);
        }
    }

    private Digest LookAtNames(StagedVolume volume, in Inode directory)
    {
        CorruptionException? damage = _oracles.List(volume, directory);
        if (damage is null)
        {
            _oracles.LookupListed(volume, directory);
        }

        return _oracles.Names.Digest;
    }

    private static Digest LookAtBlocks(StagedVolume volume, in Inode file)
    {
        Digest digest = new Digest().Add(file.Size).Add(file.Sectors);
        for (uint block = 0; block < 16; block++)
        {
            volume.Workspace.Begin();
            MappedRun run = volume.Stack.Mapper.Resolve(volume.Workspace, file, new(block), 1);
            Require(run.Count == 1, "one block is not one block");
            digest = digest.Add((ulong)run.Kind).Add(run.First.Value);
        }

        return digest;
    }

    /// <summary>Puts the checksums of tails right, along the records as a reader follows them.</summary>
    private void Seal()
    {
        uint crc = 0;
        for (int index = 0; index < JournalStage.FastCommitBlocks; index++)
        {
            Span<byte> block = _journal.Edit(JournalStage.FastCommitFirst + (uint)index);
            int offset = 0;
            while (offset <= block.Length - FastCommitRecordView.HeaderSize)
            {
                FastCommitRecordView record = new(block[offset..]);
                if (!record.Fits || record.Tag == default)
                {
                    return;
                }

                if (record.Tag == FastCommitTag.Tail && record.Length >= FastCommitTailView.Size)
                {
                    int field = FastCommitRecordView.HeaderSize + FastCommitTailView.FcCrc;
                    Le.PutU32(block, offset + field, Crc32C.Append(crc, record.Whole[..field]));
                    crc = 0;
                }
                else
                {
                    crc = Crc32C.Append(crc, record.Whole);
                }

                offset += record.Whole.Length;
            }
        }
    }

    /// <summary>One block of records that a tail ends.</summary>
    private static InputWriter Of(InputOptions options, Func<byte[], int> records)
    {
        byte[] block = new byte[JournalStage.BlockSize];
        int at = records(block);
        FastCommitWriter.Tail(block, at, JournalStage.Sequence, 0);
        block[at + FastCommitRecordView.HeaderSize + FastCommitTailView.FcCrc] ^= (byte)(options.SealsChecksums ? 0 : 1);
        return new InputWriter(options).Part(0, block);
    }

    /// <summary>So many records, of which all but a head and a tail say nothing.</summary>
    private static InputWriter Padded(int records)
    {
        InputWriter writer = new(InputOptions.Of());
        byte[] block = new byte[JournalStage.BlockSize];
        int number = 0;
        int at = Head(block);
        for (int left = records - 2; left > 0; left--)
        {
            at = Record(block, at, FastCommitTag.Padding, []);
            if (at == block.Length)
            {
                writer.Part(number++, block);
                block.AsSpan().Clear();
                at = 0;
            }
        }

        FastCommitWriter.Tail(block, at, JournalStage.Sequence, 0);
        return writer.Part(number, block);
    }

    private static int Head(byte[] block, uint features = 0)
    {
        Span<byte> value = stackalloc byte[FastCommitHeadView.Size];
        Le.PutU32(value, FastCommitHeadView.FcFeatures, features);
        Le.PutU32(value, FastCommitHeadView.FcTid, JournalStage.Sequence);
        return Record(block, 0, FastCommitTag.Head, value);
    }

    private static int PutName(byte[] block, int at, FastCommitTag tag, ReadOnlySpan<byte> name, uint inode = StagedVolume.Subject)
    {
        Span<byte> value = stackalloc byte[FastCommitNameView.HeaderSize + name.Length];
        Le.PutU32(value, FastCommitNameView.FcParentIno, 2);
        Le.PutU32(value, FastCommitNameView.FcIno, inode);
        name.CopyTo(value[FastCommitNameView.FcDname..]);
        return Record(block, at, tag, value);
    }

    private static int PutInode(byte[] block, int at)
    {
        Span<byte> value = stackalloc byte[FastCommitInodeView.HeaderSize + StagedVolume.InodeSize];
        Le.PutU32(value, FastCommitInodeView.FcIno, StagedVolume.Subject);
        InodeSeeds.File(InodeFlags.Extents, 9999).CopyTo(value[FastCommitInodeView.FcRawInode..]);
        return Record(block, at, FastCommitTag.Inode, value);
    }

    private static int PutRange(byte[] block, int at, ulong start)
    {
        Span<byte> value = stackalloc byte[FastCommitAddRangeView.Size];
        Le.PutU32(value, FastCommitAddRangeView.FcIno, StagedVolume.Subject);
        Span<byte> extent = value[FastCommitAddRangeView.FcEx..];
        Le.PutU32(extent, ExtentView.EeBlock, 2);
        Le.PutU16(extent, ExtentView.EeLen, 3);
        Le.PutU32(extent, ExtentView.EeStartLo, (uint)start);
        return Record(block, at, FastCommitTag.AddRange, value);
    }

    private static int Record(byte[] block, int at, FastCommitTag tag, ReadOnlySpan<byte> value) =>
        FastCommitWriter.Record(block, at, tag, value);
}
