using FsCheck;
using FsCheck.Fluent;
using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Fuse4fs.UnitTests.Protocol;

/// <summary>What packets are read as, and which are none.</summary>
public class PacketTests
{
    private const uint Largest = uint.MaxValue;

    private static readonly Gen<byte[]> Texts =
        from bytes in Gen.Choose(1, 255).Select(value => (byte)value).ArrayOf()
        where bytes.Length > 0
        select bytes;

    private static readonly Gen<uint> Numbers = Gen.OneOf(
        Gen.Elements(0u, 1u, 2u, 0xFFFFu, 0x10000u, Largest), Gen.Choose(0, int.MaxValue).Select(value => (uint)value));

    [Theory]
    [InlineData("534146540001000100000003", 1, 1, 3)]
    [InlineData("534146540000000900000000", 0, 9, 0)]
    [InlineData("53414654FFFF00007FFFFFFF", 65535, 0, int.MaxValue)]
    public void A_hello_says_versions_and_grants(string hex, int lowest, int highest, int grants)
    {
        Assert.True(HelloView.TryParse(Convert.FromHexString(hex), out HelloView hello));
        Assert.Equal((lowest, highest, (HelperGrants)grants), (hello.LowestVersion, hello.HighestVersion, hello.Grants));
        Assert.Equal(lowest <= 1 && highest >= 1, hello.Speaks(Limits.Version));
    }

    [Theory]
    [InlineData("5341465400010001000000")]
    [InlineData("53414654000100010000000300")]
    [InlineData("53414655000100010000000300")]
    [InlineData("")]
    public void A_hello_of_another_size_or_magic_is_none(string hex) => Assert.False(HelloView.TryParse(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData("4C41535400010000", true)]
    [InlineData("4C41535400010001", false)]
    [InlineData("4C4153540001000000", false)]
    [InlineData("4C415354000100", false)]
    [InlineData("4C41535500010000", false)]
    [InlineData("", false)]
    public void An_answer_to_hello_has_its_size_magic_and_padding(string hex, bool isOne) =>
        Assert.Equal(isOne, HelloReplyView.TryParse(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData("4F50454E00000080000000000000000000000000" + "6100", true)]
    [InlineData("4F50454E00000080000000000000000000000000" + "00", false)]
    [InlineData("4F50454E00000080000000000000000000000000" + "0000", false)]
    [InlineData("4F50454E00000080000000000000000000000000" + "6162", false)]
    [InlineData("4F50454E00000080000000000000000000000000", false)]
    [InlineData("42444556000000800000000000000000000000006100", true)]
    [InlineData("42444557000000800000000000000000000000006100", false)]
    public void A_request_for_a_file_ends_with_a_path_and_a_nul(string hex, bool isOne) =>
        Assert.Equal(isOne, OpenView.TryParse(Convert.FromHexString(hex), out _));

    [Fact]
    public void A_text_ends_at_its_first_nul()
    {
        Assert.True(OpenView.TryParse([.. OpenView.Packet("/etc/hostname"u8, 0, OpenRequestFlags.None), .. "junk\0"u8], out OpenView open));
        Assert.Equal("/etc/hostname"u8, open.Path);
    }

    [Theory]
    [InlineData("4D4E5450400000002F00", true)]
    [InlineData("4D4E5450800000002F00", true)]
    [InlineData("4D4E5450000000002F00", true)]
    [InlineData("4D4E5450600000002F00", false)]
    [InlineData("4D4E5450400000012F00", false)]
    [InlineData("4D4E54504000000000", false)]
    [InlineData("4D4E5450400000002F", false)]
    public void A_mount_point_has_a_type_that_exists_and_no_padding(string hex, bool isOne) =>
        Assert.Equal(isOne, MountPointView.TryParse(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData(4, false)]
    [InlineData(7, false)]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void A_number_has_one_size(int length, bool isOne) => Assert.Equal(isOne, NumberView.TryParse(new byte[length], out _));

    [Theory]
    [InlineData("4E414D457800", true)]
    [InlineData("4E414D4500", false)]
    [InlineData("4E414D4578", false)]
    [InlineData("4E414D45", false)]
    public void A_text_command_has_a_text(string hex, bool isOne) => Assert.Equal(isOne, TextView.TryParse(Convert.FromHexString(hex), out _));

    [Fact]
    public void What_is_written_is_read_as_it_was_meant() => Prop.ForAll(
        (from text in Texts from first in Numbers from second in Numbers select (text, first, second)).ToArbitrary(),
        drawn =>
        {
            byte[] text = drawn.text;
            bool same = OpenView.TryParse(
                    OpenView.Packet(text, drawn.first, OpenRequestFlags.Quiet, wantsBlockDevice: true, drawn.second), out OpenView open)
                && open.WantsBlockDevice && open.Flags == drawn.first && open.BlockSize == drawn.second && open.CreationMode == 0
                && open.Request == OpenRequestFlags.Quiet && open.Path.SequenceEqual(text);
            same &= FileView.TryParse(FileView.Packet(text, (Errno)drawn.first), out FileView file)
                && file.Error == (Errno)drawn.first && file.Path.SequenceEqual(text);
            same &= TextView.TryParse(TextView.Packet(PacketKind.Source, text), out TextView source) && source.Text.SequenceEqual(text);
            same &= MountPointView.TryParse(MountPointView.Packet(text, MountPointType.Directory), out MountPointView point)
                && point.Type == MountPointType.Directory && point.Path.SequenceEqual(text);
            same &= NumberView.TryParse(NumberView.Packet(PacketKind.Mount, drawn.first), out NumberView number) && number.Number == drawn.first;
            return same && ReplyView.TryParse(ReplyView.Packet((Errno)drawn.second), out ReplyView reply) && reply.Error == (Errno)drawn.second;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_more_than_they_are() => Prop.ForAll(
        (from kind in Gen.Elements(Enum.GetValues<PacketKind>())
         from body in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
         from cut in Gen.Choose(0, 4)
         select (byte[])[.. NumberView.Packet(kind, 0).AsSpan(0, 4 - (cut == 4 ? 1 : 0)), .. body]).ToArbitrary(),
        packet =>
        {
            _ = HelloView.TryParse(packet, out _) | HelloReplyView.TryParse(packet, out _) | ReplyView.TryParse(packet, out _);
            _ = NumberView.TryParse(packet, out _);
            return (!OpenView.TryParse(packet, out OpenView open) || open.Path.Length < packet.Length - OpenView.HeaderSize)
                & (!FileView.TryParse(packet, out FileView file) || file.Path.Length < packet.Length - FileView.HeaderSize)
                & (!TextView.TryParse(packet, out TextView text) || text.Text.Length < packet.Length - TextView.HeaderSize)
                & (!MountPointView.TryParse(packet, out MountPointView point) || point.Path.Length < packet.Length - MountPointView.HeaderSize);
        }).QuickCheckThrowOnFailure();
}
