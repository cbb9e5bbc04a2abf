using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.UnitTests.Operations;

public class XattrTests
{
    private static readonly byte[] AccessControlList = [64, 0, 0, 0, 0, 0, 0, 0, .. "system.posix_acl_access\0"u8];

    [Fact]
    public void An_attribute_that_is_not_there_is_no_data()
    {
        using SampleVolume sample = new();
        Assert.Equal(Answer.Refuse(FsError.NoData), sample.Run(Opcode.GetXattr, sample.File, [64, 0, 0, 0, 0, 0, 0, 0, .. "user.a\0"u8]));
    }

    [Theory]
    [InlineData(true, 61)]
    [InlineData(false, 95)]
    public void Access_control_lists_are_there_unless_they_are_switched_off(bool shows, int error)
    {
        using SampleVolume sample = new(showsLists: shows);
        Assert.Equal(Answer.Refuse((Errno)error), sample.Run(Opcode.GetXattr, sample.File, AccessControlList));
    }

    [Fact]
    public void A_list_of_no_names_is_empty()
    {
        using SampleVolume sample = new();
        Assert.Equal(Answer.Done, sample.Run(Opcode.ListXattr, sample.File, [64, 0, 0, 0, 0, 0, 0, 0]));
    }

    [Fact]
    public void Without_room_the_length_alone_is_told()
    {
        using SampleVolume sample = new();
        Assert.Equal(Answer.Body(XattrLength.Size), sample.Run(Opcode.ListXattr, sample.File, new byte[8]));
        Assert.Equal(0u, BitConverter.ToUInt32(sample.Reply));
    }
}
