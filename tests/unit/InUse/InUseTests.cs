using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.InUse;

public sealed class InUseTests
{
    private const uint Clean = 0xFF4D_4D50, Checking = 0xE24D_4D50;
    private const uint First = 12, OrphanFile = 20;

    [Theory]
    [InlineData(Clean, MultipleMountState.Clean)]
    [InlineData(Checking, MultipleMountState.Checking)]
    [InlineData(1u, MultipleMountState.InUse)]
    [InlineData(0xE24D_4D4Fu, MultipleMountState.InUse)]
    public void A_volume_tells_who_uses_it_and_warns_unless_nobody_does(uint sequence, MultipleMountState state)
    {
        using Volume volume = Protected(sequence, out _).Mount();

        Assert.Equal(
            new MultipleMountReport(state, sequence, 1_700_000_000, "host", "/dev/sdb1", 0),
            volume.ReadMultipleMountReport(volume.CreateWorkspace()));
        VolumeNotice[] notices = [.. volume.Notices.Where(notice => string.Equals(notice.Subject, "mmp", StringComparison.Ordinal))];
        Assert.Equal(state == MultipleMountState.Clean ? 0 : 1, notices.Length);
        Assert.All(notices, notice => Assert.Contains("'host'", notice.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_volume_without_the_feature_has_nothing_to_tell()
    {
        using Volume volume = new TinyVolume().Mount();

        Assert.Null(volume.ReadMultipleMountReport(volume.CreateWorkspace()));
    }

    [Theory]
    [InlineData(CorruptionCode.MultipleMountMagic, MultipleMountView.MmpMagic)]
    [InlineData(CorruptionCode.MultipleMountChecksum, MultipleMountView.MmpSeq)]
    public void A_damaged_protection_block_is_corrupt_and_said_when_mounting(CorruptionCode code, int offset)
    {
        TinyVolume image = Protected(Clean, out uint block);
        image.Block(block)[offset] ^= 1;
        using Volume volume = image.Mount();

        var damage = Assert.Throws<CorruptionException>(() => volume.ReadMultipleMountReport(volume.CreateWorkspace()));
        Assert.Equal((code, (ulong)block), (damage.Code, damage.Where.Block));
        Assert.Contains(volume.Notices, notice => notice.Text.Contains(damage.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Orphans_in_the_list_and_in_the_file_are_counted()
    {
        TinyVolume image = WithOrphans(out _, 12, 15, 13);
        using Volume volume = image.Mount();

        Assert.Equal(new OrphanCounts(3, 2), volume.CountOrphans(volume.CreateWorkspace()));
    }

    [Theory]
    [InlineData(new uint[] { 12, 12 })]
    [InlineData(new uint[] { 12, 13, 14, 13 })]
    [InlineData(new uint[] { 12, 13, 14, 15, 16, 17, 18, 12 })]
    public void A_list_that_runs_in_a_circle_is_corrupt(uint[] list) => AssertDamage(
        CorruptionCode.OrphanListOverflow, WithOrphans(out _, list));

    [Theory]
    [InlineData(10)]
    [InlineData(33)]
    public void A_list_that_leaves_the_ordinary_inodes_is_corrupt(uint inode) => AssertDamage(
        CorruptionCode.InodeOutOfRange, WithOrphans(out _, 12, inode));

    [Theory]
    [InlineData(CorruptionCode.OrphanBlockMagic, 1024 - 8)]
    [InlineData(CorruptionCode.OrphanBlockChecksum, 1024 - 4)]
    [InlineData(CorruptionCode.OrphanBlockChecksum, 0)]
    public void A_damaged_block_of_the_orphan_file_is_corrupt(CorruptionCode code, int offset)
    {
        TinyVolume image = WithOrphans(out uint block, 12);
        image.Block(block)[offset] ^= 1;

        AssertDamage(code, image);
    }

    [Fact]
    public void An_orphan_file_with_a_hole_is_corrupt()
    {
        TinyVolume image = WithOrphans(out _, 12);
        TinyVolume.WriteExtents(image.Inode(OrphanFile));

        AssertDamage(CorruptionCode.OrphanFileHasHole, image);
    }

    [Theory]
    [InlineData(1025u)]
    [InlineData((512u * 1024) + 1024)]
    public void An_orphan_file_of_an_impossible_size_is_corrupt(uint size)
    {
        TinyVolume image = WithOrphans(out _, 12);
        Le.PutU32(image.Inode(OrphanFile), InodeView.ISizeLo, size);

        AssertDamage(CorruptionCode.OrphanFileSizeImpossible, image);
    }

    private static TinyVolume Protected(uint sequence, out uint block)
    {
        TinyVolume image = new(features: IncompatibleFeatures.MultipleMountProtection);
        block = image.Allocate(1);
        Le.PutU64(image.Superblock, SuperblockView.SMmpBlock, block);
        MultipleMountWriter.Write(image.Block(block), sequence, 1_700_000_000, "host"u8, "/dev/sdb1"u8, image.ChecksumSeed);
        return image;
    }

    /// <summary>A list in the given order, and an orphan file of two blocks with one inode in each.</summary>
    private static TinyVolume WithOrphans(out uint fileBlock, params uint[] list)
    {
        TinyVolume image = new();
        for (uint number = First; number < OrphanFile; number++)
        {
            _ = image.AddInode(number, 0, default);
        }

        Le.PutU32(image.Superblock, SuperblockView.SLastOrphan, list[0]);
        for (int index = 0; index + 1 < list.Length; index++)
        {
            Le.PutU32(image.Inode(list[index]), InodeView.IDtime, list[index + 1]);
        }

        fileBlock = image.AddFile(OrphanFile, new byte[2048]);
        uint seed = Crc32C.Append(Crc32C.Append(image.ChecksumSeed, OrphanFile), OrphanFile * 3);
        for (uint index = 0; index < 2; index++)
        {
            Span<byte> block = image.Block(fileBlock + index);
            Le.PutU32(block, 40, 13 + index);
            OrphanBlockWriter.Seal(block, fileBlock + index, seed);
        }

        Le.PutU32(image.Superblock, SuperblockView.SOrphanFileInum, OrphanFile);
        Le.PutU32(
            image.Superblock, SuperblockView.SFeatureCompat, (uint)(CompatibleFeatures.ExtendedAttributes | CompatibleFeatures.OrphanFile));
        return image;
    }

    private static void AssertDamage(CorruptionCode code, TinyVolume image)
    {
        using Volume volume = image.Mount();
        Assert.Equal(code, Assert.Throws<CorruptionException>(() => volume.CountOrphans(volume.CreateWorkspace())).Code);
    }
}
