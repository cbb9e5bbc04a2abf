using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;
using static Ext4Core.Layout.JournalIncompatibleFeatures;

namespace Ext4Core.UnitTests.Journal;

/// <summary>Logs and fast commits at random: a model agrees, and nothing escapes but damage reports.</summary>
public sealed class JournalModelTests
{
    private const int Homes = 40;

    private static readonly (JournalIncompatibleFeatures Incompatible, JournalCompatibleFeatures Compatible)[] Formats =
    [
        (Revoke, default),
        (Revoke | SixtyFourBit, JournalCompatibleFeatures.Checksum),
        (Revoke | ChecksumV2 | SixtyFourBit, default),
        (Revoke | ChecksumV3 | AsyncCommit, default),
    ];

    public static TheoryData<int, int> Seeds
    {
        get
        {
            TheoryData<int, int> seeds = [];
            for (int format = 0; format < Formats.Length; format++)
            {
                for (int seed = 1; seed <= 6; seed++)
                {
                    seeds.Add(format, seed);
                }
            }

            return seeds;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_log_reads_as_its_complete_transactions_say(int format, int seed)
    {
        Random random = new(seed);
        JournalBuilder journal = Start(format, random);
        Dictionary<ulong, byte> model = [];
        int transactions = random.Next(1, 30);
        for (int transaction = 0; transaction < transactions; transaction++)
        {
            Dictionary<ulong, byte> next = new(model);
            WriteTransaction(journal, random, next);
            if (transaction < transactions - 1 || random.Next(2) == 0)
            {
                journal.Commit();
                model = next;
            }
        }

        BlockOverlay? overlay = journal.Read().Overlay;
        Assert.Equal(model.Count, overlay?.Count ?? 0);
        byte[] all = new byte[Homes * journal.Format.BlockSize];
        overlay?.Read(new MemoryBlockDevice(new byte[all.Length]), default, all);
        for (int home = 0; home < Homes; home++)
        {
            byte expected = model.GetValueOrDefault((ulong)home);
            Assert.Equal(
                journal.Filled(expected), all[(home * journal.Format.BlockSize)..((home + 1) * journal.Format.BlockSize)]);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_log_with_changed_bytes_reads_or_is_reported(int format, int seed)
    {
        Random random = new(seed);
        JournalBuilder journal = Start(format, random);
        for (int transaction = 0; transaction < 5; transaction++)
        {
            WriteTransaction(journal, random, []);
            journal.Commit();
        }

        _ = journal.Open();
        for (int round = 0; round < 200; round++)
        {
            Span<byte> block = journal.Block((uint)random.Next(0, (int)journal.Position + 2));
            byte[] before = [.. block];
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                block[random.Next(random.Next(2) == 0 ? 64 : block.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = JournalReplay.Read(JournalLog.Open(journal.Blocks()), JournalBuilder.VolumeBlocks, 1000);
            }
            catch (Exception report) when (report is CorruptionException or UnsupportedFeatureException)
            {
                Assert.NotEmpty(report.Message);
            }

            before.CopyTo(block);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_records_of_fast_commits_read_or_are_reported(int seed)
    {
        Random random = new(seed);
        ImageBuilder image = new(VolumeShape.Ext4.With(CompatibleFeatures.HasJournal).With(IncompatibleFeatures.NeedsRecovery));
        uint[] files = [image.AddFile("one", [new(0, 4)]), image.AddFile("two", [new(1, 2), new(5, 3)]), 60, 61, 2, 12, 0, 999_999];
        uint journalInode = image.AddFile("journal", [new(0, 1280)]);
        Le.PutU32(image.Superblock, SuperblockView.SJournalInum, journalInode);
        image.Seal();
        for (int round = 0; round < 25; round++)
        {
            JournalBuilder journal = new(SixtyFourBit | ChecksumV3 | FastCommit);
            journal.Log((image.PlaceOf(files[0]).Block, [.. image.Block(image.PlaceOf(files[0]).Block)])).Commit();
            FastCommitBuilder area = new FastCommitBuilder(journal).Head();
            for (int count = random.Next(1, 25); count > 0; count--)
            {
                AddRecord(area, image, random, files);
            }

            area.Tail();
            JournalSuperblockWriter.Seal(journal.Superblock);
            foreach (PlacedRun run in image.RunsOf(journalInode))
            {
                for (uint index = 0; index < run.Count; index++)
                {
                    journal.Block(run.First + index).CopyTo(image.Block(run.Start + index));
                }
            }

            Walk(image, files);
        }
    }

    private static void AddRecord(FastCommitBuilder area, ImageBuilder image, Random random, uint[] files)
    {
        string[] names = ["one", "two", "three", "x", ".", new('n', 255)];
        uint file = files[random.Next(files.Length)];
        uint other = files[random.Next(files.Length)];
        switch (random.Next(6))
        {
            case 0:
                area.Add(file, Odd(random), (ushort)random.Next(0, 0x8000), Odd(random), random.Next(2) == 0);
                break;
            case 1:
                area.Delete(file, Odd(random), Odd(random));
                break;
            case 2:
                byte[] inode = [.. image.Inode(files[random.Next(2)])];
                for (int change = random.Next(4); change > 0; change--)
                {
                    inode[random.Next(inode.Length)] = (byte)random.Next(256);
                }

                area.Inode(file, inode.AsSpan(0, random.Next(3) == 0 ? 128 : inode.Length));
                break;
            default:
                FastCommitTag tag = (FastCommitTag)random.Next((int)FastCommitTag.Create, (int)FastCommitTag.Unlink + 1);
                area.Name(tag, other, file, names[random.Next(names.Length)]);
                break;
        }
    }

    private static uint Odd(Random random) => random.Next(4) switch
    {
        0 => (uint)random.Next(10),
        1 => (uint)random.Next(4200),
        2 => uint.MaxValue - (uint)random.Next(5),
        _ => (uint)random.NextInt64(1L << 32),
    };

    private static void Walk(ImageBuilder image, uint[] files)
    {
        try
        {
            using Volume volume = image.Mount();
            Workspace workspace = volume.CreateWorkspace();
            byte[] buffer = new byte[16 * 1024];
            foreach (uint file in files)
            {
                if (volume.Admit(new(file), out InodeNumber number) == FsError.None)
                {
                    Touch(volume, workspace, number, buffer);
                }
            }
        }
        catch (CorruptionException report)
        {
            Assert.NotEmpty(report.Message);
        }
    }

    private static void Touch(Volume volume, Workspace workspace, InodeNumber number, byte[] buffer)
    {
        try
        {
            _ = volume.Stat(workspace, number, out _);
            _ = volume.Read(workspace, number, 0, buffer, out _);
            _ = volume.Seek(workspace, number, 0, SeekTarget.Hole, out _);
            _ = volume.Lookup(workspace, number, "three"u8, out _);
        }
        catch (CorruptionException report)
        {
            Assert.NotEmpty(report.Message);
        }
    }

    private static JournalBuilder Start(int format, Random random)
    {
        (JournalIncompatibleFeatures incompatible, JournalCompatibleFeatures compatible) = Formats[format];
        return new(incompatible, compatible, start: (uint)random.Next(1, 1279));
    }

    private static void WriteTransaction(JournalBuilder journal, Random random, Dictionary<ulong, byte> model)
    {
        ulong[] revoked = [.. Enumerable.Range(0, random.Next(3)).Select(_ => (ulong)random.Next(Homes)).Distinct()];
        HashSet<ulong> logged = [];
        for (int descriptors = random.Next(1, 3); descriptors > 0; descriptors--)
        {
            List<(ulong, byte[])> blocks = [];
            for (int count = random.Next(1, 6); count > 0; count--)
            {
                ulong home = (ulong)random.Next(Homes);
                byte value = (byte)random.Next(1, 256);
                if (!revoked.Contains(home) && logged.Add(home))
                {
                    blocks.Add((home, journal.Filled(value)));
                    model[home] = value;
                }
            }

            if (blocks.Count > 0)
            {
                journal.Log([.. blocks]);
            }
        }

        if (revoked.Length > 0)
        {
            journal.Revoke(revoked);
            foreach (ulong home in revoked)
            {
                _ = model.Remove(home);
            }
        }
    }
}
