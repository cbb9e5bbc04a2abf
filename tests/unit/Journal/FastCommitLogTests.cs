using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using static Ext4Core.Layout.JournalIncompatibleFeatures;

namespace Ext4Core.UnitTests.Journal;

public sealed class FastCommitLogTests
{
    private const int InodeSize = 256;
    private const int BlockSize = 1024;

    [Fact]
    public void An_area_that_starts_with_anything_but_a_head_holds_nothing()
    {
        JournalBuilder journal = Journal();
        Assert.Equal(0, Open(journal).Left);

        new FastCommitBuilder(journal).Delete(12, 0, 1).Tail();
        Assert.Equal(0, Open(journal).Left);
    }

    [Fact]
    public void Records_of_complete_fast_commits_come_in_their_order_over_several_blocks()
    {
        JournalBuilder journal = Journal();
        FastCommitBuilder area = new FastCommitBuilder(journal).Head();
        for (uint inode = 100; inode < 160; inode++)
        {
            area.Delete(inode, 0, 1);
        }

        area.Tail().Delete(160, 0, 1).Tail();

        FastCommitLog log = Open(journal);
        List<uint> inodes = [];
        while (log.MoveNext())
        {
            if (log.Current.Tag == FastCommitTag.DeleteRange)
            {
                inodes.Add((uint)new FastCommitDeleteRangeView(log.Current.Value).Inode.Value);
            }
        }

        Assert.Equal(Enumerable.Range(100, 61).Select(number => (uint)number), inodes);
    }

    [Fact]
    public void A_fast_commit_of_another_transaction_does_not_count()
    {
        JournalBuilder journal = Journal();
        new FastCommitBuilder(journal, journal.Sequence + 1).Head().Delete(12, 0, 1).Tail();

        Assert.Equal(0, Open(journal).Left);
    }

    [Fact]
    public void What_follows_the_last_complete_fast_commit_does_not_count()
    {
        JournalBuilder journal = Journal();
        FastCommitBuilder area = new FastCommitBuilder(journal).Head().Delete(12, 0, 1).Tail();
        Assert.Equal(3, Open(journal).Left);

        area.Delete(13, 0, 1);
        Assert.Equal(3, Open(journal).Left);
        area.Tail(journal.Sequence - 1);
        Assert.Equal(3, Open(journal).Left);
    }

    [Fact]
    public void A_first_fast_commit_with_a_bad_checksum_is_corrupt()
    {
        JournalBuilder journal = Journal();
        new FastCommitBuilder(journal).Head().Delete(12, 0, 1).Tail();
        journal.Block(1025)[20] ^= 1;

        CorruptionException damage = Assert.Throws<CorruptionException>(() => Open(journal));
        Assert.Equal(
            (CorruptionCode.FastCommitChecksum, new DiskLocation(StructureKind.FastCommitBlock, 1025, 12 + 16 + 8)),
            (damage.Code, damage.Where));
    }

    [Fact]
    public void A_first_fast_commit_that_does_not_end_is_corrupt()
    {
        JournalBuilder journal = Journal();
        new FastCommitBuilder(journal).Head().Delete(12, 0, 1);

        CorruptionException damage = Assert.Throws<CorruptionException>(() => Open(journal));
        Assert.Equal(
            (CorruptionCode.FastCommitRecordImpossible, new DiskLocation(StructureKind.FastCommitBlock, 1025, 12 + 16)),
            (damage.Code, damage.Where));
    }

    [Theory]
    [InlineData(FastCommitTag.AddRange, 16, 16)]
    [InlineData(FastCommitTag.DeleteRange, 12, 12)]
    [InlineData(FastCommitTag.Create, 9, 263)]
    [InlineData(FastCommitTag.Link, 9, 263)]
    [InlineData(FastCommitTag.Unlink, 9, 263)]
    [InlineData(FastCommitTag.Inode, 132, 260)]
    [InlineData(FastCommitTag.Tail, 8, ushort.MaxValue)]
    [InlineData(FastCommitTag.Padding, 0, ushort.MaxValue)]
    [InlineData(FastCommitTag.Head, 8, 8)]
    internal void A_value_has_the_length_that_its_tag_says(FastCommitTag tag, int shortest, int longest)
    {
        Assert.False(FastCommitLengths.IsValid(tag, shortest - 1, InodeSize) && shortest > 0);
        Assert.True(FastCommitLengths.IsValid(tag, shortest, InodeSize));
        Assert.True(FastCommitLengths.IsValid(tag, longest, InodeSize));
        Assert.False(FastCommitLengths.IsValid(tag, longest + 1, InodeSize) && longest < ushort.MaxValue);
    }

    [Fact]
    public void A_tag_that_nobody_knows_has_no_length() => Assert.False(FastCommitLengths.IsValid((FastCommitTag)10, 8, InodeSize));

    [Fact]
    public void An_unknown_feature_of_the_area_is_refused_by_name()
    {
        JournalBuilder journal = Journal();
        new FastCommitBuilder(journal).Head(features: 4).Tail();

        Assert.Equal("fast commit 0x4", Assert.Throws<UnsupportedFeatureException>(() => Open(journal)).Feature);
    }

    [Fact]
    public void An_area_that_is_full_to_its_last_block_runs_into_the_end_of_the_journal()
    {
        JournalBuilder journal = Journal();
        FastCommitBuilder area = new FastCommitBuilder(journal).Head();
        while (area.Block < journal.Length - 1)
        {
            area.Delete(12, 0, 1).Tail();
        }

        Assert.NotEqual(0, Open(journal).Left);
        area.Delete(12, 0, 1).Tail();

        CorruptionException damage = Assert.Throws<CorruptionException>(() => Open(journal));
        Assert.Equal((CorruptionCode.FastCommitAreaOverrun, 1280ul), (damage.Code, damage.Found));
    }

    [Fact]
    public void More_records_than_the_limit_are_refused()
    {
        JournalBuilder journal = Journal();
        new FastCommitBuilder(journal).Head().Delete(12, 0, 1).Tail();

        Assert.Equal(3, Open(journal, maximumRecords: 3).Left);
        Assert.Equal(
            CorruptionCode.FastCommitRecordsTooMany,
            Assert.Throws<CorruptionException>(() => Open(journal, maximumRecords: 2)).Code);
    }

    [Fact]
    public void A_journal_without_the_feature_has_no_fast_commits()
    {
        JournalBuilder journal = new();
        new FastCommitBuilder(journal).Head().Delete(12, 0, 1).Tail();

        Assert.Equal(0, Open(journal).Left);
    }

    private static JournalBuilder Journal()
    {
        JournalBuilder journal = new(SixtyFourBit | FastCommit);
        return journal.Log((7, new byte[BlockSize])).Commit();
    }

    private static FastCommitLog Open(JournalBuilder journal, int maximumRecords = 1000) =>
        FastCommitLog.Open(journal.Open(), journal.Read().End, InodeSize, maximumRecords);
}
