using Fuse4fs.Wire;

namespace Fuse4fs.UnitTests.Wire;

public class LayoutTests
{
    /// <summary>The sizes of Linux's own structures, FUSE 7.45.</summary>
    public static TheoryData<string, int, int> Structures => new()
    {
        { "fuse_in_header", 40, Request.HeaderSize },
        { "fuse_out_header", 16, ReplyHeader.Size },
        { "fuse_init_in", 64, InitRequest.Size },
        { "fuse_init_out", 64, InitReply.Size },
        { "fuse_attr", 88, Attributes.Size },
        { "fuse_attr_out", 104, AttributesReply.Size },
        { "fuse_entry_out", 128, EntryReply.Size },
        { "fuse_statx_in", 24, ExtendedAttributesReply.RequestSize },
        { "fuse_statx_out", 288, ExtendedAttributesReply.Size },
        { "fuse_statfs_out", 80, StatisticsReply.Size },
        { "fuse_open_in", 8, Open.RequestSize },
        { "fuse_open_out", 16, Open.ReplySize },
        { "fuse_read_in", 40, ReadRequest.Size },
        { "fuse_dirent", 24, DirectoryRecord.HeaderSize },
        { "fuse_lseek_in", 24, SeekRequest.Size },
        { "fuse_lseek_out", 8, SeekRequest.ReplySize },
        { "fuse_access_in", 8, AccessRequest.Size },
        { "fuse_bmap_in", 16, MapBlockRequest.Size },
        { "fuse_bmap_out", 8, MapBlockRequest.ReplySize },
        { "fuse_ioctl_in", 32, ControlRequest.Size },
        { "fuse_ioctl_out", 16, ControlRequest.ReplySize },
    };

    [Theory]
    [MemberData(nameof(Structures))]
    public void A_structure_is_as_long_as_the_kernel_says(string structure, int expected, int actual) =>
        Assert.True(expected == actual, $"{structure}: {actual} bytes, not {expected}");

    [Theory]
    [InlineData(0, 24)]
    [InlineData(1, 32)]
    [InlineData(8, 32)]
    [InlineData(9, 40)]
    [InlineData(255, 280)]
    public void A_directory_record_ends_at_a_multiple_of_eight(int nameLength, int expected) =>
        Assert.Equal(expected, DirectoryRecord.LengthFor(nameLength));

    [Theory]
    [InlineData(1ul, 2ul)]
    [InlineData(2ul, 1ul)]
    [InlineData(11ul, 11ul)]
    [InlineData(ulong.MaxValue, ulong.MaxValue)]
    public void The_root_and_the_first_inode_trade_places(ulong nodeId, ulong inode) =>
        Assert.Equal(inode, NodeId.ToInode(nodeId).Value);
}
