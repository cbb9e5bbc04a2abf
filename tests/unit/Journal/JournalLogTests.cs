using Ext4Core.Integrity;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using static Ext4Core.Layout.JournalIncompatibleFeatures;

namespace Ext4Core.UnitTests.Journal;

public sealed class JournalLogTests
{
    [Fact]
    public void A_clean_journal_says_so()
    {
        JournalBuilder journal = new(ChecksumV3, start: 0);

        Assert.True(journal.Open().IsClean);
        Assert.False(new JournalBuilder(ChecksumV3).Open().IsClean);
    }

    [Theory]
    [InlineData(JournalHeaderView.HMagic, 0xC03B_3999u, CorruptionCode.JournalSuperblockMagic)]
    [InlineData(JournalHeaderView.HBlocktype, 2u, CorruptionCode.JournalSuperblockTypeUnknown)]
    [InlineData(JournalHeaderView.HBlocktype, 5u, CorruptionCode.JournalSuperblockTypeUnknown)]
    [InlineData(JournalSuperblockView.SBlocksize, 2048u, CorruptionCode.JournalBlockSizeMismatch)]
    [InlineData(JournalSuperblockView.SMaxlen, 1281u, CorruptionCode.JournalLengthOutOfRange)]
    [InlineData(JournalSuperblockView.SMaxlen, 1023u, CorruptionCode.JournalLengthOutOfRange)]
    [InlineData(JournalSuperblockView.SMaxlen, 0u, CorruptionCode.JournalLengthOutOfRange)]
    [InlineData(JournalSuperblockView.SFirst, 0u, CorruptionCode.JournalFirstOutOfRange)]
    [InlineData(JournalSuperblockView.SFirst, 1280u, CorruptionCode.JournalFirstOutOfRange)]
    [InlineData(JournalSuperblockView.SFirst, 258u, CorruptionCode.JournalLengthOutOfRange)]
    public void A_superblock_that_cannot_be_right_is_corrupt(int field, uint value, CorruptionCode code)
    {
        var damage = Assert.Throws<CorruptionException>(
            () => new JournalBuilder().Open(journal => Be.PutU32(journal.Superblock, field, value)));

        Assert.Equal((code, StructureKind.JournalSuperblock), (damage.Code, damage.Where.Structure));
    }

    [Theory]
    [InlineData(JournalSuperblockView.SMaxlen, 1024u)]
    [InlineData(JournalSuperblockView.SFirst, 257u)]
    [InlineData(JournalHeaderView.HBlocktype, 3u)]
    public void One_step_inside_these_edges_a_superblock_is_fine(int field, uint value) =>
        Assert.NotNull(new JournalBuilder().Open(journal => Be.PutU32(journal.Superblock, field, value)));

    [Fact]
    public void A_fast_commit_area_that_leaves_the_log_too_short_is_corrupt()
    {
        Assert.NotNull(new JournalBuilder(FastCommit, length: 1280).Open());
        Assert.Equal(CorruptionCode.JournalLengthOutOfRange, DamageOf(new(FastCommit, length: 1279)).Code);
    }

    [Fact]
    public void A_log_that_starts_inside_the_fast_commit_area_is_corrupt()
    {
        JournalBuilder journal = new(FastCommit, length: 4096);
        Be.PutU32(journal.Superblock, JournalSuperblockView.SNumFcBlks, 3000);
        Be.PutU32(journal.Superblock, JournalSuperblockView.SFirst, 1095);
        Assert.Equal(1096u, journal.Open().Last);

        Be.PutU32(journal.Superblock, JournalSuperblockView.SFirst, 1096);
        Assert.Equal(CorruptionCode.JournalFirstOutOfRange, DamageOf(journal).Code);
    }

    [Fact]
    public void Checksum_versions_exclude_each_other()
    {
        Assert.Equal(CorruptionCode.JournalFeaturesContradict, DamageOf(new(ChecksumV2 | ChecksumV3)).Code);
        Assert.Equal(CorruptionCode.JournalFeaturesContradict, DamageOf(new(ChecksumV3, JournalCompatibleFeatures.Checksum)).Code);
        Assert.Equal(CorruptionCode.JournalFeaturesContradict, DamageOf(new(ChecksumV2, JournalCompatibleFeatures.Checksum)).Code);
    }

    [Fact]
    public void An_unknown_checksum_type_or_a_wrong_checksum_is_corrupt()
    {
        var type = Assert.Throws<CorruptionException>(
            () => new JournalBuilder(ChecksumV3).Open(journal => journal.Superblock[JournalSuperblockView.SChecksumType] = 1));
        Assert.Equal((CorruptionCode.JournalChecksumTypeUnknown, 1ul, 4ul), (type.Code, type.Found, type.Expected));

        var checksum = Assert.Throws<CorruptionException>(
            () => new JournalBuilder(ChecksumV2).Open(journal => journal.Superblock[1000] ^= 1));
        Assert.Equal(
            (CorruptionCode.JournalSuperblockChecksum, JournalSuperblockView.SChecksum), (checksum.Code, checksum.Where.Offset));
    }

    [Theory]
    [InlineData(JournalSuperblockView.SFeatureIncompat, 0x40u, "incompat 0x40")]
    [InlineData(JournalSuperblockView.SFeatureRoCompat, 0x1u, "ro_compat 0x1")]
    public void An_unknown_feature_is_refused_by_name(int field, uint value, string name)
    {
        var refusal = Assert.Throws<UnsupportedFeatureException>(
            () => new JournalBuilder().Open(journal => Be.PutU32(journal.Superblock, field, value)));

        Assert.Equal("journal " + name, refusal.Feature);
    }

    [Fact]
    public void An_unknown_compatible_feature_does_no_harm() =>
        Assert.NotNull(new JournalBuilder().Open(
            journal => Be.PutU32(journal.Superblock, JournalSuperblockView.SFeatureCompat, 0x8000_0000)));

    [Theory]
    [InlineData(default(JournalIncompatibleFeatures), 8)]
    [InlineData(SixtyFourBit, 12)]
    [InlineData(ChecksumV2, 10)]
    [InlineData(ChecksumV2 | SixtyFourBit, 14)]
    [InlineData(ChecksumV3, 16)]
    [InlineData(ChecksumV3 | SixtyFourBit, 16)]
    public void Tags_have_the_size_that_the_features_say(JournalIncompatibleFeatures features, int size) =>
        Assert.Equal(size, new JournalFormat(1024, default, features).TagSize);

    private static CorruptionException DamageOf(JournalBuilder journal) =>
        Assert.Throws<CorruptionException>(() => journal.Open());
}
