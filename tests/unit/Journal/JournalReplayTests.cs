using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using static Ext4Core.Layout.JournalIncompatibleFeatures;

namespace Ext4Core.UnitTests.Journal;

public sealed class JournalReplayTests
{
    private static readonly (JournalIncompatibleFeatures Incompatible, JournalCompatibleFeatures Compatible, int BlockSize)[] Formats =
    [
        (default, default, 1024),
        (SixtyFourBit, default, 1024),
        (Revoke, JournalCompatibleFeatures.Checksum, 1024),
        (SixtyFourBit | AsyncCommit, JournalCompatibleFeatures.Checksum, 2048),
        (Revoke | ChecksumV2, default, 1024),
        (SixtyFourBit | ChecksumV2, default, 4096),
        (ChecksumV3, default, 1024),
        (SixtyFourBit | Revoke | ChecksumV3, default, 4096),
        (SixtyFourBit | AsyncCommit | ChecksumV3, default, 1024),
        (SixtyFourBit | ChecksumV3 | FastCommit, default, 1024),
    ];

    public static TheoryData<int> AllFormats => [.. Enumerable.Range(0, Formats.Length)];

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_committed_block_is_overlaid_and_its_neighbours_are_not(int format)
    {
        JournalBuilder journal = Build(format);
        journal.Log((7, journal.Filled(0x77)), (9, journal.Filled(0x99))).Commit();

        Assert.Equal(journal.Filled(0x77), journal.ReadHome(7));
        Assert.Equal(journal.Filled(0), journal.ReadHome(8));
        Assert.Equal(journal.Filled(0x99), journal.ReadHome(9));
        Assert.Equal(JournalBuilder.FirstSequence + 1, journal.Read().End);
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_transaction_without_a_commit_block_is_as_if_it_never_was(int format)
    {
        JournalBuilder journal = Build(format);
        journal.Log((7, journal.Filled(1))).Commit().Log((7, journal.Filled(2)), (8, journal.Filled(2)));

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
        Assert.Equal(journal.Filled(0), journal.ReadHome(8));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void The_last_committed_copy_of_a_block_wins(int format)
    {
        JournalBuilder journal = Build(format);
        for (byte value = 1; value <= 5; value++)
        {
            journal.Log((7, journal.Filled(value)), (7u + value, journal.Filled(value))).Commit();
        }

        Assert.Equal(journal.Filled(5), journal.ReadHome(7));
        Assert.Equal(journal.Filled(2), journal.ReadHome(9));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_block_that_starts_with_the_magic_of_journals_keeps_it(int format)
    {
        JournalBuilder journal = Build(format);
        byte[] data = journal.Filled(0x42);
        Be.PutU32(data, 0, JournalHeaderView.ExpectedMagic);
        journal.Log((7, data)).Commit();

        Assert.Equal(data, journal.ReadHome(7));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_revoked_block_is_not_overlaid_unless_it_is_logged_again_later(int format)
    {
        JournalBuilder journal = Build(format);
        journal.Log((7, journal.Filled(1)), (8, journal.Filled(1)), (9, journal.Filled(1))).Commit();
        journal.Revoke(7, 8).Log((8, journal.Filled(2))).Commit();
        journal.Log((7, journal.Filled(3))).Commit();

        Assert.Equal(journal.Filled(3), journal.ReadHome(7));
        Assert.Equal(journal.Filled(0), journal.ReadHome(8));
        Assert.Equal(journal.Filled(1), journal.ReadHome(9));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_revoke_in_a_transaction_that_was_never_committed_does_not_count(int format)
    {
        JournalBuilder journal = Build(format);
        journal.Log((7, journal.Filled(1))).Commit().Revoke(7);

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_log_goes_on_at_its_first_block_behind_its_last(int format)
    {
        (JournalIncompatibleFeatures incompatible, JournalCompatibleFeatures compatible, int blockSize) = Formats[format];
        uint last = 1280 - (incompatible.HasFlag(FastCommit) ? JournalSuperblockView.DefaultFastCommitBlocks : 0);
        for (uint back = 1; back <= 6; back++)
        {
            JournalBuilder journal = new(incompatible, compatible, blockSize, start: last - back);
            journal.Log((7, journal.Filled(1)), (8, journal.Filled(2))).Commit().Log((9, journal.Filled(3))).Commit();

            Assert.Equal(journal.Filled(1), journal.ReadHome(7));
            Assert.Equal(journal.Filled(2), journal.ReadHome(8));
            Assert.Equal(journal.Filled(3), journal.ReadHome(9));
        }
    }

    [Fact]
    public void Block_numbers_above_32_bits_are_read_whole()
    {
        JournalBuilder journal = new(SixtyFourBit | ChecksumV3);
        journal.Log((0x1_0000_0007, journal.Filled(1))).Commit();

        CorruptionException damage = journal.Damage();
        Assert.Equal((CorruptionCode.JournalHomeOutOfRange, 0x1_0000_0007ul), (damage.Code, damage.Found));
        BlockOverlay? overlay = JournalReplay.Read(journal.Open(), 0x1_0000_0008, 8).Overlay;
        Assert.True(overlay!.Touches(0x1_0000_0000, 8));
        Assert.False(overlay.Touches(0x1_0000_0000, 7));
    }

    [Fact]
    public void A_first_version_superblock_has_no_features_whatever_its_bytes_say()
    {
        JournalBuilder journal = new(isVersion1: true);
        Be.PutU32(journal.Superblock, JournalSuperblockView.SFeatureIncompat, 0xFFFF_FFFF);
        journal.Log((7, journal.Filled(1))).Commit();

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
    }

    [Fact]
    public void Transaction_numbers_may_pass_the_end_of_their_32_bits()
    {
        RevokeTable revoked = new(8);
        revoked.Add(7, 1, default);
        revoked.Add(7, 0xFFFF_FFFF, default);

        Assert.True(revoked.IsRevoked(7, 0xFFFF_FFFE));
        Assert.True(revoked.IsRevoked(7, 1));
        Assert.False(revoked.IsRevoked(7, 2));
    }

    [Theory]
    [InlineData(ChecksumV2)]
    [InlineData(ChecksumV3)]
    public void A_descriptor_with_a_bad_checksum_in_a_committed_transaction_is_corrupt(JournalIncompatibleFeatures checksum)
    {
        JournalBuilder journal = new(checksum);
        journal.Log((7, journal.Filled(1))).Commit();
        journal.Block(1)[100] ^= 1;

        CorruptionException damage = journal.Damage();
        Assert.Equal(CorruptionCode.JournalBlockChecksum, damage.Code);
        Assert.Equal(new DiskLocation(StructureKind.JournalBlock, 1, 1020), damage.Where);
    }

    [Fact]
    public void A_descriptor_with_a_bad_checksum_in_a_transaction_without_commit_ends_the_log()
    {
        JournalBuilder journal = new(ChecksumV3);
        journal.Log((7, journal.Filled(1))).Commit();
        uint second = journal.Position;
        journal.Log((8, journal.Filled(1)));
        journal.Block(second)[100] ^= 1;

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
        Assert.Equal(journal.Filled(0), journal.ReadHome(8));
    }

    [Fact]
    public void A_bad_checksum_before_an_older_commit_is_what_an_older_log_left_there()
    {
        JournalBuilder journal = new(ChecksumV3);
        journal.Log((7, journal.Filled(1))).Commit();
        uint second = journal.Position;
        journal.Log((8, journal.Filled(1))).Commit(isOlder: true);
        journal.Block(second)[100] ^= 1;

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
        Assert.Equal(journal.Filled(0), journal.ReadHome(8));
    }

    [Fact]
    public void A_revoke_block_with_a_bad_checksum_in_a_committed_transaction_is_corrupt()
    {
        JournalBuilder journal = new(ChecksumV3 | Revoke);
        journal.Revoke(7).Commit();
        journal.Block(1)[500] ^= 1;

        Assert.Equal(CorruptionCode.JournalBlockChecksum, journal.Damage().Code);
    }

    [Theory]
    [InlineData(ChecksumV2)]
    [InlineData(ChecksumV3)]
    public void A_logged_block_that_does_not_match_its_tag_is_corrupt(JournalIncompatibleFeatures checksum)
    {
        JournalBuilder journal = new(checksum);
        journal.Log((7, journal.Filled(1)), (8, journal.Filled(2))).Commit();
        journal.Block(3)[5] ^= 1;

        CorruptionException damage = journal.Damage();
        int firstTag = checksum == ChecksumV2 ? 10 : 16;
        Assert.Equal(CorruptionCode.JournalDataChecksum, damage.Code);
        Assert.Equal(new DiskLocation(StructureKind.JournalBlock, 1, 12 + firstTag + 16), damage.Where);
    }

    [Fact]
    public void A_damaged_block_that_was_revoked_does_no_harm()
    {
        JournalBuilder journal = new(ChecksumV3 | Revoke);
        journal.Log((7, journal.Filled(1)), (8, journal.Filled(2))).Commit().Revoke(8).Commit();
        journal.Block(3)[5] ^= 1;

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
        Assert.Equal(journal.Filled(0), journal.ReadHome(8));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void A_commit_block_that_does_not_match_is_corrupt_or_ends_an_asynchronous_log(int format)
    {
        JournalBuilder journal = Build(format);
        journal.Log((7, journal.Filled(1))).Commit();
        uint second = journal.Position;
        journal.Log((8, journal.Filled(1))).Commit();
        bool hasChecksum = journal.Format.HasBlockChecksums || journal.Format.HasTransactionChecksum;
        journal.Block(second + 2)[JournalCommitView.HChksum] ^= 1;

        if (hasChecksum && !journal.Format.Has(AsyncCommit))
        {
            CorruptionException damage = journal.Damage();
            Assert.Equal(CorruptionCode.JournalCommitChecksum, damage.Code);
            Assert.Equal(JournalCommitView.HChksum, damage.Where.Offset);
            return;
        }

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
        Assert.Equal(journal.Filled(hasChecksum ? (byte)0 : (byte)1), journal.ReadHome(8));
    }

    [Fact]
    public void A_transaction_checksum_notices_a_changed_block()
    {
        JournalBuilder journal = new(default, JournalCompatibleFeatures.Checksum);
        journal.Log((7, journal.Filled(1))).Commit();
        journal.Block(2)[9] ^= 1;

        Assert.Equal(CorruptionCode.JournalCommitChecksum, journal.Damage().Code);
    }

    [Fact]
    public void A_transaction_checksum_that_was_never_filled_in_is_not_checked()
    {
        JournalBuilder journal = new(default, JournalCompatibleFeatures.Checksum);
        journal.Log((7, journal.Filled(1))).Commit();
        journal.Block(3).Slice(JournalCommitView.HChksumType, 8).Clear();
        journal.Block(3).Slice(JournalCommitView.HChksum, 4).Clear();

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
    }

    [Fact]
    public void A_first_version_log_with_a_second_commit_behind_a_bad_one_is_corrupt_even_when_asynchronous()
    {
        JournalBuilder journal = new(AsyncCommit, JournalCompatibleFeatures.Checksum);
        journal.Log((7, journal.Filled(1))).Commit().Log((8, journal.Filled(2))).Commit();
        journal.Block(2)[9] ^= 1;

        Assert.Equal(CorruptionCode.JournalCommitChecksum, journal.Damage().Code);
    }

    [Fact]
    public void A_commit_block_of_which_only_the_header_arrived_counts()
    {
        JournalBuilder journal = new(ChecksumV3);
        journal.Log((7, journal.Filled(1))).Commit();
        journal.Block(3)[JournalCommitView.Size..].Fill(0xEE);

        Assert.Equal(journal.Filled(1), journal.ReadHome(7));
    }

    [Fact]
    public void A_revoke_block_that_claims_more_than_it_holds_is_corrupt()
    {
        JournalBuilder journal = new(Revoke);
        journal.Revoke(7).Commit();
        Be.PutU32(journal.Block(1), JournalRevokeView.RCount, 1024);
        Assert.Null(journal.Read().Overlay);

        Be.PutU32(journal.Block(1), JournalRevokeView.RCount, 1025);
        CorruptionException damage = journal.Damage();
        Assert.Equal(
            (CorruptionCode.JournalRevokeCountOutOfRange, JournalRevokeView.RCount, 1025ul, 1024ul),
            (damage.Code, damage.Where.Offset, damage.Found, damage.Expected));
    }

    [Theory]
    [InlineData(JournalBuilder.VolumeBlocks - 1, true)]
    [InlineData(JournalBuilder.VolumeBlocks, false)]
    public void A_block_that_belongs_behind_the_end_of_the_device_is_corrupt(ulong home, bool isFine)
    {
        JournalBuilder journal = new();
        journal.Log((home, journal.Filled(1))).Commit();

        if (isFine)
        {
            Assert.Equal(journal.Filled(1), journal.ReadHome(home));
        }
        else
        {
            CorruptionException damage = journal.Damage();
            Assert.Equal((CorruptionCode.JournalHomeOutOfRange, home), (damage.Code, damage.Found));
        }
    }

    [Fact]
    public void A_log_that_replaces_or_revokes_more_blocks_than_the_limit_is_refused()
    {
        JournalBuilder journal = new(Revoke);
        journal.Log((7, journal.Filled(1)), (8, journal.Filled(1))).Commit().Revoke(20, 21).Commit();

        Assert.Equal(2, journal.Read(maximumBlocks: 2).Overlay!.Count);
        Assert.Equal(
            CorruptionCode.JournalRevokesTooMany, Assert.Throws<CorruptionException>(() => journal.Read(maximumBlocks: 1)).Code);

        JournalBuilder plain = new();
        plain.Log((7, plain.Filled(1)), (8, plain.Filled(1))).Commit();
        Assert.Equal(
            CorruptionCode.JournalBlocksTooMany, Assert.Throws<CorruptionException>(() => plain.Read(maximumBlocks: 1)).Code);
    }

    [Fact]
    public void A_log_that_runs_in_a_circle_is_corrupt()
    {
        // Descriptors of four blocks each, all of the first transaction, fill the log to its last block exactly.
        JournalBuilder circle = new(length: 1025);
        for (int round = 0; round < 256; round++)
        {
            circle.Log((7, circle.Filled(1)), (8, circle.Filled(1)), (9, circle.Filled(1)));
        }

        Assert.Equal(1u, circle.Position);
        Assert.Equal(CorruptionCode.JournalEndless, circle.Damage().Code);
    }

    [Fact]
    public void A_log_that_starts_outside_the_journal_is_corrupt()
    {
        JournalBuilder journal = new();
        Be.PutU32(journal.Superblock, JournalSuperblockView.SStart, 1279);
        Assert.Null(journal.Read().Overlay);

        Be.PutU32(journal.Superblock, JournalSuperblockView.SStart, 1280);
        Assert.Equal(CorruptionCode.JournalPositionOutOfRange, journal.Damage().Code);
    }

    [Fact]
    public void A_block_of_the_log_without_a_place_on_the_device_is_corrupt()
    {
        JournalBuilder journal = new();
        journal.Log((7, journal.Filled(1))).Commit().Open();
        JournalBlocks holed = new(journal.Blocks().Device, 10, journal.Length, maximumRuns: 4, inode: 8);
        holed.Add(0, default, 2);
        holed.Add(3, new(3 * 1024), journal.Length - 3);

        CorruptionException damage =
            Assert.Throws<CorruptionException>(() => JournalReplay.Read(JournalLog.Open(holed), JournalBuilder.VolumeBlocks, 8));
        Assert.Equal((CorruptionCode.JournalBlockMissing, 8u, 2ul), (damage.Code, damage.Where.Inode, damage.Found));
    }

    [Fact]
    public void A_journal_in_more_pieces_than_the_limit_is_refused()
    {
        JournalBlocks blocks = new(new MemoryBlockDevice(new byte[4096]), 10, 4, maximumRuns: 2);
        blocks.Add(0, default, 1);
        blocks.Add(1, new(2048), 1);

        Assert.Equal(
            CorruptionCode.JournalFragmented, Assert.Throws<CorruptionException>(() => blocks.Add(2, new(1024), 1)).Code);
    }

    [Fact]
    public void Parts_of_blocks_and_runs_of_them_read_through_the_overlay()
    {
        JournalBuilder journal = new();
        byte[] escaped = journal.Filled(5);
        Be.PutU32(escaped, 0, JournalHeaderView.ExpectedMagic);
        journal.Log((2, escaped), (3, journal.Filled(6))).Commit();
        byte[] image = new byte[8 * 1024];
        image.AsSpan().Fill(0xAA);
        MemoryBlockDevice volume = new(image);
        byte[] expected = [.. image];
        escaped.CopyTo(expected, 2 * 1024);
        journal.Filled(6).CopyTo(expected, 3 * 1024);
        BlockOverlay overlay = journal.Read().Overlay!;

        foreach ((int from, int length) in new[] { (0, 8192), (2047, 3), (2049, 2), (2050, 1100), (3071, 1025), (4096, 10), (2048, 1) })
        {
            byte[] buffer = new byte[length];
            overlay.Read(volume, new(from), buffer);
            Assert.Equal(expected.AsSpan(from, length).ToArray(), buffer);
        }

        Assert.True(overlay.Touches(3, 1));
        Assert.True(overlay.Touches(0, 3));
        Assert.False(overlay.Touches(0, 2));
        Assert.False(overlay.Touches(4, 1000));
    }

    private static JournalBuilder Build(int format)
    {
        (JournalIncompatibleFeatures incompatible, JournalCompatibleFeatures compatible, int blockSize) = Formats[format];
        return new(incompatible, compatible, blockSize);
    }
}
