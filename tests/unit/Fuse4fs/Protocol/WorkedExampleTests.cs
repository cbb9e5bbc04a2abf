using System.Text;
using Fuse4fs.Native;
using Fuse4fs.Protocol;

namespace Fuse4fs.UnitTests.Protocol;

/// <summary>The conversation of <c>mount /dev/sdb1 /mnt/usb -t fuse.ext4 -o ro,allow_other,x-tag=1</c> by root, byte for byte.</summary>
public class WorkedExampleTests
{
    private const uint OpenExclusive = 0x80;

    [Fact]
    public void The_argument_block_is_the_examples()
    {
        const string expected =
            "41524753 00000005 00000040 00000005 00000045 0000000a 0000004f 00000009" +
            "00000058 00000003 0000005b 00000017 00000000 00000000 00000000 00000000" +
            "65787434 002f6465 762f7364 6231002f 6d6e742f 75736200 2d6f0072 6f2c616c" +
            "6c6f775f 6f746865 722c782d 7461673d 3100";
        byte[][] words = [.. new[] { "ext4", "/dev/sdb1", "/mnt/usb", "-o", "ro,allow_other,x-tag=1" }.Select(Encoding.UTF8.GetBytes)];
        byte[] block = ArgumentBlock.Of(words, tableEntries: 7);

        Assert.Equal(114, block.Length);
        Assert.Equal(Bytes(expected), block);
        Assert.Equal(words, ArgumentBlock.Parse(block));
    }

    [Fact]
    public void Each_packet_is_the_examples()
    {
        ReadOnlySpan<byte> device = "/dev/sdb1"u8;
        (string Expected, byte[] Packet)[] conversation =
        [
            ("53414654 0001 0001 00000003", HelloView.Packet(HelperGrants.AllowOther | HelperGrants.BlockMount)),
            ("4c415354 0001 0000", HelloReplyView.Packet()),
            ("46494c45 00000000 6172677600", FileView.Packet(FileView.ArgumentsName, Errno.None)),
            ("46494c45 00000000 6675736564657600", FileView.Packet(FileView.DeviceName, Errno.None)),
            ("42444556 00000080 00000000 00000000 00001000 2f6465762f7364623100",
                OpenView.Packet(device, OpenExclusive, OpenRequestFlags.None, wantsBlockDevice: true, blockSize: 4096)),
            ("46494c45 00000000 2f6465762f7364623100", FileView.Packet(device, Errno.None)),
            ("54595045 00000000", NumberView.Packet(PacketKind.Type, (uint)MountKind.Plain)),
            ("5245504c 00000000", ReplyView.Packet(Errno.None)),
            ("4e414d45 2f6465762f7364623100", TextView.Packet(PacketKind.Source, device)),
            ("4d4e5450 4000 0000 2f6d6e742f75736200", MountPointView.Packet("/mnt/usb"u8, MountPointType.Directory)),
            ("4f505453 616c6c6f775f6f7468657200", TextView.Packet(PacketKind.Options, "allow_other"u8)),
            ("4d544142 782d7461673d3100", TextView.Packet(PacketKind.TableOptions, "x-tag=1"u8)),
            ("444f4954 00000007",
                NumberView.Packet(PacketKind.Mount, (uint)(KernelMountFlags.ReadOnly | KernelMountFlags.NoSetUserId | KernelMountFlags.NoDevices))),
            ("42594545 00000000", NumberView.Packet(PacketKind.Goodbye, 0)),
        ];
        foreach ((string expected, byte[] packet) in conversation)
        {
            Assert.Equal(Convert.ToHexString(Bytes(expected)), Convert.ToHexString(packet));
        }
    }

    [Fact]
    public void The_refused_variant_is_the_examples()
    {
        Assert.Equal(
            Bytes("4f50454e 00000082 00000000 00000000 00000000 2f686f6d652f752f6469736b2e696d6700"),
            OpenView.Packet("/home/u/disk.img"u8, 0x82, OpenRequestFlags.None));
        Assert.Equal(Bytes("46494c45 0000000d 2f686f6d652f752f6469736b2e696d6700"), FileView.Packet("/home/u/disk.img"u8, Errno.AccessDenied));
        Assert.Equal(Bytes("4d4e5450 8000 0000 2f6d6e742f6600"), MountPointView.Packet("/mnt/f"u8, MountPointType.RegularFile));
        Assert.Equal(Bytes("5245504c 00000015"), ReplyView.Packet((Errno)21));
        Assert.Equal(Bytes("42594545 00000001"), NumberView.Packet(PacketKind.Goodbye, 1));
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));
}
