using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Inodes;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.UnitTests.Volumes;
using TestSupport;

namespace Ext4Core.UnitTests.Inodes;

public sealed class InodeTableTests
{
    private const ushort LinkMode = 0xA1FF;

    private delegate void Change(Span<byte> inode);

    [Fact]
    [Provokes(CorruptionCode.InodeChecksum)]
    public void One_flipped_bit_in_an_inode_is_damage()
    {
        ImageBuilder image = WithFile(out uint file, VolumeShape.Ext4);
        _ = Damaged.ReadAll(image, file);
        image.Inode(file)[InodeView.IUid] ^= 1;
        CorruptionException damage = Damaged.Stat(image, file);
        Assert.Equal(
            (CorruptionCode.InodeChecksum, In(image, file, InodeView.IChecksumLo)), (damage.Code, damage.Where));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void The_upper_half_of_a_checksum_counts_only_where_it_is_stored(ushort extraSize)
    {
        ImageBuilder image = WithFile(out uint file, VolumeShape.Ext4);
        Le.PutU16(image.Inode(file), InodeExtraView.IExtraIsize, (ushort)(extraSize * 2));
        image.SealInode(file);
        using (Volume sealedVolume = image.Mount())
        {
            Assert.Equal(FsError.None, sealedVolume.Stat(sealedVolume.CreateWorkspace(), new(file), out _));
        }

        image.Inode(file)[InodeExtraView.IChecksumHi] ^= 1;
        Assert.Equal(CorruptionCode.InodeChecksum, Damaged.Stat(image, file).Code);
    }

    [Fact]
    public void Inodes_of_a_volume_that_another_system_made_have_no_checksums()
    {
        ImageBuilder image = WithFile(out uint file, VolumeShape.Ext4 with { CreatorOs = 3 });
        Le.PutU16(image.Inode(file), InodeView.IChecksumLo, 0xBAD);
        Assert.Equal(3 * 1024, Damaged.ReadAll(image, file).Length);
    }

    [Theory]
    [InlineData(128, 132)]
    [InlineData(32, 33)]
    [InlineData(32, 34)]
    [Provokes(CorruptionCode.InodeExtraSizeOutOfRange)]
    public void Extra_fields_end_in_the_inode_and_come_in_fours(ushort inside, ushort outside) => Edge(
        CorruptionCode.InodeExtraSizeOutOfRange, InodeExtraView.IExtraIsize,
        inode => Le.PutU16(inode, InodeExtraView.IExtraIsize, inside),
        inode => Le.PutU16(inode, InodeExtraView.IExtraIsize, outside));

    [Fact]
    [Provokes(CorruptionCode.InodeNotInUse)]
    public void An_inode_without_links_is_not_in_use() => Edge(
        CorruptionCode.InodeNotInUse, InodeView.ILinksCount,
        inode => Le.PutU16(inode, InodeView.ILinksCount, 1),
        inode => Le.PutU16(inode, InodeView.ILinksCount, 0));

    [Fact]
    [Provokes(CorruptionCode.InodeSizeImpossible)]
    public void A_size_is_not_negative() => Edge(
        CorruptionCode.InodeSizeImpossible, InodeView.ISizeHigh,
        inode => InodeWriter.PutSize(inode, long.MaxValue),
        inode => InodeWriter.PutSize(inode, 1ul << 63));

    [Fact]
    [Provokes(CorruptionCode.InodeTypeUnknown)]
    public void A_mode_names_a_type() => Edge(
        CorruptionCode.InodeTypeUnknown, InodeView.IMode,
        inode => Le.PutU16(inode, InodeView.IMode, 0x21A4),
        inode => Le.PutU16(inode, InodeView.IMode, 0x31A4));

    [Theory]
    [InlineData((uint)InodeFlags.Extents, (uint)(InodeFlags.Extents | InodeFlags.InlineData))]
    [InlineData((uint)InodeFlags.Extents, (uint)(InodeFlags.Extents | InodeFlags.CaseFold))]
    [InlineData((uint)InodeFlags.Extents, (uint)(InodeFlags.Extents | InodeFlags.AttributeInode))]
    [Provokes(CorruptionCode.InodeFlagsContradict)]
    public void Flags_that_contradict_each_other_or_the_volume_are_damage(uint inside, uint outside) => Edge(
        CorruptionCode.InodeFlagsContradict, InodeView.IFlags,
        inode => Le.PutU32(inode, InodeView.IFlags, inside),
        inode => Le.PutU32(inode, InodeView.IFlags, outside));

    [Theory]
    [InlineData(InodeFlags.Immutable)]
    [InlineData(InodeFlags.AppendOnly)]
    [Provokes(CorruptionCode.InodeFlagsContradict)]
    public void A_symbolic_link_is_neither_immutable_nor_append_only(InodeFlags flag)
    {
        ImageBuilder image = new();
        uint link = image.AddInode(LinkMode);
        "target"u8.CopyTo(image.Inode(link)[InodeView.IBlock..]);
        InodeWriter.PutSize(image.Inode(link), 6);
        image.Seal();
        Assert.Equal("target", ReadLink(image, link));
        Le.PutU32(image.Inode(link), InodeView.IFlags, (uint)flag);
        image.Seal();
        Assert.Equal(CorruptionCode.InodeFlagsContradict, Assert.Throws<CorruptionException>(() => ReadLink(image, link)).Code);
    }

    [Theory]
    [InlineData(6ul, 5ul)]
    [InlineData(6ul, 7ul)]
    [InlineData(6ul, 0ul)]
    [InlineData(6ul, 60ul)]
    [Provokes(CorruptionCode.LinkLengthMismatch)]
    public void A_link_in_its_inode_is_as_long_as_its_size(ulong inside, ulong outside)
    {
        ImageBuilder image = new();
        uint link = image.AddInode(LinkMode);
        "target"u8.CopyTo(image.Inode(link)[InodeView.IBlock..]);
        InodeWriter.PutSize(image.Inode(link), inside);
        image.Seal();
        Assert.Equal("target", ReadLink(image, link));
        InodeWriter.PutSize(image.Inode(link), outside);
        image.Seal();
        var damage = Assert.Throws<CorruptionException>(() => ReadLink(image, link));
        Assert.Equal((CorruptionCode.LinkLengthMismatch, outside), (damage.Code, damage.Found));
        Assert.Equal(image.PlaceOf(link), (damage.Where.Block, damage.Where.Offset - InodeView.ISizeLo));
    }

    [Theory]
    [InlineData(1025ul)]
    [InlineData(0ul)]
    [Provokes(CorruptionCode.LinkLengthOutOfRange)]
    public void A_link_in_a_block_fits_the_block(ulong outside)
    {
        ImageBuilder image = WithFile(out uint link, VolumeShape.Ext4);
        Le.PutU16(image.Inode(link), InodeView.IMode, LinkMode);
        InodeWriter.PutSize(image.Inode(link), 1024);
        image.Block(image.RunsOf(link)[0].Start).Fill((byte)'x');
        image.Seal();
        Assert.Equal(new string('x', 1024), ReadLink(image, link));
        InodeWriter.PutSize(image.Inode(link), outside);
        image.Seal();
        var damage = Assert.Throws<CorruptionException>(() => ReadLink(image, link));
        Assert.Equal((CorruptionCode.LinkLengthOutOfRange, outside), (damage.Code, damage.Found));
    }

    [Theory]
    [InlineData(0u, 0u, 0u, 0u)]
    [InlineData(0x0801u, 0u, 8u, 1u)]
    [InlineData(0u, 0x1234_5678u, 0x456u, 0x12378u)]
    public void A_device_node_has_its_number_in_the_old_or_the_new_form(uint old, uint wide, uint major, uint minor)
    {
        ImageBuilder image = new();
        uint node = image.AddInode(0x61A4);
        Le.PutU32(image.Inode(node), InodeView.IBlock, old);
        Le.PutU32(image.Inode(node), InodeView.IBlock + 4, wide);
        image.Seal();
        using Volume volume = image.Mount();
        _ = volume.Stat(volume.CreateWorkspace(), new(node), out InodeStat stat);
        Assert.Equal((FileType.BlockDevice, major, minor), (stat.Type, stat.DeviceMajor, stat.DeviceMinor));
    }

    [Theory]
    [InlineData(0x7FFF_FFFFu, 0u, 0x7FFF_FFFFL, 0u)]
    [InlineData(0x8000_0000u, 0u, -0x8000_0000L, 0u)]
    [InlineData(0x8000_0000u, 1u, 0x8000_0000L, 0u)]
    [InlineData(0x7FFF_FFFFu, 3u, 0x3_7FFF_FFFFL, 0u)]
    [InlineData(5u, (999_999_999u << 2) | 2, 0x2_0000_0005L, 999_999_999u)]
    public void Times_have_34_bits_of_seconds_and_30_of_nanoseconds(uint low, uint extra, long seconds, uint nanoseconds)
    {
        ImageBuilder image = new();
        uint file = image.AddInode(ImageBuilder.FileMode);
        Le.PutU32(image.Inode(file), InodeView.IMtime, low);
        Le.PutU32(image.Inode(file), InodeExtraView.IMtimeExtra, extra);
        image.Seal();
        using Volume volume = image.Mount();
        _ = volume.Stat(volume.CreateWorkspace(), new(file), out InodeStat stat);
        Assert.Equal(new Timestamp(seconds, nanoseconds), stat.ModificationTime);
        Assert.Equal((ImageBuilder.Moment, true), ((uint)stat.CreationTime.Seconds, stat.HasCreationTime));
    }

    [Fact]
    public void A_large_file_counts_its_space_in_blocks()
    {
        ImageBuilder image = new(VolumeShape.Ext4 with { BlockSize = 4096 });
        uint file = image.AddInode(ImageBuilder.FileMode, InodeFlags.Extents | InodeFlags.HugeFile);
        InodeWriter.PutBlocks(image.Inode(file), (1ul << 48) - 1);
        image.Seal();
        using Volume volume = image.Mount();
        _ = volume.Stat(volume.CreateWorkspace(), new(file), out InodeStat stat);
        Assert.Equal(((1ul << 48) - 1) * 8, stat.Sectors);
    }

    [Fact]
    public void An_old_inode_has_no_times_but_seconds()
    {
        ImageBuilder image = WithFile(out uint file, VolumeShape.Ext2);
        using Volume volume = image.Mount();
        _ = volume.Stat(volume.CreateWorkspace(), new(file), out InodeStat stat);
        Assert.Equal((new Timestamp(ImageBuilder.Moment, 0), false), (stat.AccessTime, stat.HasCreationTime));
        Assert.Equal((70_000u, 80_000u, file * 7919), (stat.UserId, stat.GroupId, stat.Generation));
    }

    [Fact]
    public void Reports_of_inodes_read_well()
    {
        ImageBuilder flipped = WithFile(out uint file, VolumeShape.Ext4);
        flipped.Inode(file)[0] ^= 1;
        Snapshot.Verify(string.Join('\n', new[]
        {
            Damaged.Stat(flipped, file).Message,
            Report(inode => Le.PutU16(inode, InodeExtraView.IExtraIsize, 999)),
            Report(inode => Le.PutU16(inode, InodeView.ILinksCount, 0)),
            Report(inode => InodeWriter.PutSize(inode, ulong.MaxValue)),
            Report(inode => Le.PutU16(inode, InodeView.IMode, 0xF000)),
            Report(inode => Le.PutU32(inode, InodeView.IFlags, (uint)(InodeFlags.Extents | InodeFlags.InlineData))),
        }));
    }

    private static string Report(Change change)
    {
        ImageBuilder image = Changed(out uint file, change);
        return Damaged.Stat(image, file).Message;
    }

    private static void Edge(CorruptionCode code, int field, Change inside, Change outside)
    {
        ImageBuilder image = Changed(out uint file, inside);
        using (Volume volume = image.Mount())
        {
            Assert.Equal(FsError.None, volume.Stat(volume.CreateWorkspace(), new(file), out _));
        }

        CorruptionException damage = Damaged.Stat(Changed(out file, outside), file);
        Assert.Equal((code, In(image, file, field)), (damage.Code, damage.Where));
    }

    private static ImageBuilder Changed(out uint file, Change change)
    {
        ImageBuilder image = WithFile(out file, VolumeShape.Ext4);
        change(image.Inode(file));
        image.Seal();
        return image;
    }

    private static ImageBuilder WithFile(out uint file, VolumeShape shape)
    {
        ImageBuilder image = new(shape);
        file = image.AddFile("file", [new(0, 3)]);
        return image;
    }

    private static string ReadLink(ImageBuilder image, uint link)
    {
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        byte[] target = new byte[5000];
        Assert.Equal(FsError.None, volume.ReadLink(workspace, new(link), target, out int length));
        return System.Text.Encoding.ASCII.GetString(target, 0, length);
    }

    private static DiskLocation In(ImageBuilder image, uint inode, int field)
    {
        (ulong block, int offset) = image.PlaceOf(inode);
        return new(StructureKind.Inode, block, offset + field, inode);
    }
}
