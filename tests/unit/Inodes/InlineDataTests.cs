using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Inodes;

public sealed class InlineDataTests
{
    private const uint File = 12;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(120)]
    public void A_file_in_its_inode_reads_as_it_was_written_from_any_offset(int length)
    {
        byte[] contents = new byte[length];
        new Random(length).NextBytes(contents);
        TinyVolume image = new(features: IncompatibleFeatures.InlineData);
        image.AddInlineFile(File, contents);
        using Volume volume = image.Mount();
        for (int offset = 0; offset <= length; offset++)
        {
            Assert.Equal(contents[offset..], Read(volume, offset, 200));
            Assert.Equal(contents[offset..Math.Min(length, offset + 7)], Read(volume, offset, 7));
        }
    }

    [Fact]
    public void A_size_beyond_the_room_in_the_inode_reads_zeros_there()
    {
        TinyVolume image = new(features: IncompatibleFeatures.InlineData);
        image.AddInlineFile(File, new byte[70].Select(_ => (byte)7).ToArray());
        Le.PutU32(image.Inode(File), InodeView.ISizeLo, 3000);
        using Volume volume = image.Mount();

        byte[] contents = Read(volume, 0, 5000);
        Assert.Equal(3000, contents.Length);
        Assert.All(contents[..70], value => Assert.Equal(7, value));
        Assert.All(contents[70..], value => Assert.Equal(0, value));
        Assert.Equal(new byte[100], Read(volume, 2000, 100));
    }

    [Fact]
    public void A_file_in_its_inode_has_no_place_on_the_device()
    {
        TinyVolume image = new(features: IncompatibleFeatures.InlineData);
        image.AddInlineFile(File, new byte[10]);
        using Volume volume = image.Mount();
        volume.Admit(new ClaimedInode(File), out InodeNumber number);

        Assert.Equal(FsError.None, volume.Map(volume.CreateWorkspace(), number, 0, 10, out FileRun run));
        Assert.Equal((FileRunKind.ReadOnly, 10), (run.Kind, run.Length));
    }

    [Fact]
    public void The_flag_without_the_attribute_means_a_block_map()
    {
        TinyVolume image = new(features: IncompatibleFeatures.InlineData);
        _ = image.AddInode(File, 10, InodeFlags.InlineData);
        uint block = image.Allocate(1);
        image.Block(block)[..10].Fill(9);
        Le.PutU32(image.Inode(File), InodeView.IBlock, block);
        using Volume volume = image.Mount();

        Assert.Equal(new byte[] { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, Read(volume, 0, 100));
    }

    [Fact]
    public void Inline_data_that_continues_in_a_value_inode_is_corrupt()
    {
        TinyVolume image = new(features: IncompatibleFeatures.InlineData | IncompatibleFeatures.AttributeInodes);
        image.AddInlineFile(File, new byte[100]);
        int entry = 128 + 32 + 4;
        Le.PutU32(image.Inode(File), entry + AttributeEntryView.EValueInum, 14);
        using Volume volume = image.Mount();

        var damage = Assert.Throws<CorruptionException>(() => Read(volume, 0, 1));
        Assert.Equal(CorruptionCode.InlineDataInAttributeInode, damage.Code);
    }

    [Fact]
    public void A_damaged_list_in_the_inode_refuses_the_inode_before_anyone_asks_for_attributes()
    {
        TinyVolume image = new(features: IncompatibleFeatures.InlineData);
        image.AddInlineFile(File, new byte[100]);
        image.Inode(File)[128 + 32 + 4] = 200;
        using Volume volume = image.Mount();
        volume.Admit(new ClaimedInode(File), out InodeNumber number);

        var damage = Assert.Throws<CorruptionException>(() => volume.Stat(volume.CreateWorkspace(), number, out _));
        Assert.Equal((CorruptionCode.AttributeEntryOverflow, StructureKind.InodeAttributes), (damage.Code, damage.Where.Structure));
    }

    [Fact]
    public void Reading_inline_data_allocates_nothing()
    {
        TinyVolume image = new(features: IncompatibleFeatures.InlineData);
        image.AddInlineFile(File, new byte[100]);
        using Volume volume = image.Mount();
        Workspace workspace = volume.CreateWorkspace();
        volume.Admit(new ClaimedInode(File), out InodeNumber number);
        byte[] buffer = new byte[200];

        AllocationGate.Zero(() => volume.Read(workspace, number, 0, buffer, out _));
    }

    private static byte[] Read(Volume volume, long offset, int length)
    {
        byte[] buffer = new byte[length];
        volume.Admit(new ClaimedInode(File), out InodeNumber number);
        Assert.Equal(FsError.None, volume.Read(volume.CreateWorkspace(), number, offset, buffer, out int count));
        return buffer[..count];
    }
}
