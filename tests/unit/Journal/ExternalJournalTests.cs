using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.UnitTests.Journal;

public sealed class ExternalJournalTests
{
    private const int SuperblockAt = SuperblockView.VolumeOffset;
    private static readonly byte[] Identity = [.. Enumerable.Range(0x20, 16).Select(value => (byte)value)];

    [Theory]
    [InlineData(1024, 2)]
    [InlineData(2048, 1)]
    [InlineData(4096, 1)]
    public void A_journal_device_has_the_journals_superblock_behind_its_own_and_counts_from_its_start(int blockSize, uint superblockIndex)
    {
        JournalBuilder journal = new(blockSize: blockSize, start: 1279, first: superblockIndex + 1);
        journal.Log((7, journal.Filled(7))).Commit();

        JournalLog log = Open(Device(journal, superblockIndex), blockSize);
        byte[] block = new byte[blockSize];
        JournalReplay.Read(log, 100, 100).Overlay!.Read(new MemoryBlockDevice(new byte[100 * blockSize]), new(7 * blockSize), block);

        Assert.Equal(journal.Filled(7), block);
    }

    [Theory]
    [InlineData(SuperblockView.SMagic, CorruptionCode.JournalDeviceMagic)]
    [InlineData(SuperblockView.SFeatureIncompat, CorruptionCode.JournalDeviceFeatureMismatch)]
    [InlineData(SuperblockView.SUuid + 15, CorruptionCode.JournalDeviceIdentityMismatch)]
    public void A_device_that_is_not_the_journal_asked_for_is_refused(int field, CorruptionCode code)
    {
        JournalBuilder journal = new();
        byte[] device = Device(journal, 2);
        device[SuperblockAt + field] ^= 8;

        Assert.Equal((code, field), (DamageOf(device).Code, DamageOf(device).Where.Offset + (code == CorruptionCode.JournalDeviceIdentityMismatch ? 15 : 0)));
    }

    [Fact]
    public void A_journal_device_with_metadata_checksums_is_held_to_them()
    {
        byte[] device = Device(new(), 2);
        Le.PutU32(device, SuperblockAt + SuperblockView.SFeatureRoCompat, (uint)ReadOnlyCompatibleFeatures.MetadataChecksum);
        device[SuperblockAt + SuperblockView.SChecksumType] = 1;
        SuperblockWriter.Seal(device.AsSpan(SuperblockAt, SuperblockView.Size));
        Assert.NotNull(Open(device));

        device[SuperblockAt + 0x300] ^= 1;
        Assert.Equal(CorruptionCode.JournalDeviceChecksum, DamageOf(device).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_journal_that_serves_more_volumes_than_one_is_refused(uint users)
    {
        JournalBuilder journal = new();
        Be.PutU32(journal.Superblock, JournalSuperblockView.SNrUsers, users);

        CorruptionException damage = DamageOf(Device(journal, 2));
        Assert.Equal((CorruptionCode.JournalUsersMismatch, (ulong)users, 1ul), (damage.Code, damage.Found, damage.Expected));
    }

    [Fact]
    public void A_device_too_small_for_a_superblock_is_refused() =>
        Assert.Equal(CorruptionCode.JournalDeviceMagic, DamageOf(new byte[2047]).Code);

    [Fact]
    public void A_device_that_ends_before_its_journal_is_refused_when_the_log_goes_there()
    {
        JournalBuilder journal = new(start: 1277, first: 3);
        journal.Log((7, journal.Filled(7))).Commit();
        byte[] device = Device(journal, 2);

        JournalLog log = Open(device.AsSpan(0, device.Length - 1024).ToArray());
        var damage = Assert.Throws<CorruptionException>(() => JournalReplay.Read(log, 100, 100));
        Assert.Equal((CorruptionCode.JournalBlockMissing, 1279ul), (damage.Code, damage.Found));
    }

    private static CorruptionException DamageOf(byte[] device) => Assert.Throws<CorruptionException>(() => Open(device));

    private static JournalLog Open(byte[] device, int blockSize = 1024) =>
        ExternalJournal.Open(new MemoryBlockDevice(device), int.Log2(blockSize), Identity);

    private static byte[] Device(JournalBuilder journal, uint superblockIndex)
    {
        int blockSize = journal.Format.BlockSize;
        byte[] device = new byte[(int)journal.Length * blockSize];
        Span<byte> superblock = device.AsSpan(SuperblockAt, SuperblockView.Size);
        Le.PutU16(superblock, SuperblockView.SMagic, SuperblockView.ExpectedMagic);
        Le.PutU32(superblock, SuperblockView.SFeatureIncompat, (uint)IncompatibleFeatures.JournalDevice);
        Le.PutU32(superblock, SuperblockView.SBlocksCountLo, journal.Length);
        Identity.CopyTo(superblock[SuperblockView.SUuid..]);
        journal.Superblock.CopyTo(device.AsSpan((int)superblockIndex * blockSize));
        for (uint index = superblockIndex + 1; index < journal.Length; index++)
        {
            journal.Block(index).CopyTo(device.AsSpan((int)index * blockSize));
        }

        return device;
    }
}
