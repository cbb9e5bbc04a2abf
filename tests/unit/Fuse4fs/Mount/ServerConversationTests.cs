using System.Text;
using Fuse4fs.Mount;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Fuse4fs.UnitTests.Service;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Mount;

/// <summary>The helper's end of the conversation, against servers that ask for this or that.</summary>
public class ServerConversationTests
{
    private const uint Exclusive = 0x80, ReadWrite = 2, Create = 0x40, Truncate = 0x200, Append = 0x400, PathOnly = 0x200000, Directory = 0x10000,
        Synchronous = 0x101000, DataSynchronous = 0x1000, NoFollow = 0x20000;

    private static readonly Invocation Usual = CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-t", "fuse.ext4", "-o", "x-tag=1"]);

    private static readonly byte[] Type = NumberView.Packet(PacketKind.Type, 0), Name = TextView.Packet(PacketKind.Source, "/dev/sdb1"u8),
        Point = MountPointView.Packet("/mnt/usb"u8, MountPointType.Directory), Goodbye = NumberView.Packet(PacketKind.Goodbye, 0);

    private readonly ScriptedChannel _channel = new();
    private FakeMounting _mounting = new();

    [Fact]
    public void A_mount_from_hello_to_goodbye()
    {
        Outcome outcome = Talk(
            Usual,
            OpenView.Packet("/dev/sdb1"u8, Exclusive, OpenRequestFlags.None, wantsBlockDevice: true, blockSize: 4096),
            OpenView.Packet("/dev/fuse"u8, ReadWrite, OpenRequestFlags.Quiet),
            Type, Name, Point,
            TextView.Packet(PacketKind.Options, "default_permissions,allow_other,max_read=65536"u8),
            TextView.Packet(PacketKind.TableOptions, "x-tag=1,user=alice"u8),
            NumberView.Packet(PacketKind.Mount, 1),
            Goodbye);
        Assert.Equal(new(IsMounted: true, string.Empty), outcome);
        Assert.Equal(
            [
                "open /dev/sdb1 0x80 BlockDevice 4096", "open /dev/fuse 0x2 Fuse 0", "begin Plain", "configure source=/dev/sdb1",
                "pin /mnt/usb Directory", "configure default_permissions=", "configure allow_other=", "configure max_read=65536",
                "mount ReadOnly, NoSetUserId, NoDevices",
            ],
            _mounting.Done);
        Assert.Equal(HelloView.Packet(HelperGrants.AllowOther | HelperGrants.BlockMount), _channel.Heard[0]);
        Assert.Equal(FileView.Packet("argv"u8, Errno.None), _channel.Heard[1]);
        Assert.Equal(FileView.Packet("fusedev"u8, Errno.None), _channel.Heard[2]);
        Assert.Equal(FileView.Packet("/dev/sdb1"u8, Errno.None), _channel.Heard[3]);
        Assert.All(_channel.Heard.Skip(5), packet => Assert.Equal(ReplyView.Packet(Errno.None), packet));
        Assert.Equal([false, true, true, true, true, false, false, false, false, false, false], _channel.HadDescriptor);
    }

    [Theory]
    [InlineData("4C41535400020000")]
    [InlineData("4C41535400010001")]
    [InlineData("4C41535500010000")]
    [InlineData("4C415354000100")]
    [InlineData("4C4153540001000000")]
    public void Another_answer_to_hello_ends_it_before_anything_is_passed_on(string reply)
    {
        _channel.Say(reply);
        Assert.Throws<ProtocolException>(() => new ServerConversation(_channel, Usual, _mounting).Run());
        Assert.Single(_channel.Heard);
    }

    [Theory]
    [InlineData("/etc/shadow", Exclusive, Errno.NotPermitted)]
    [InlineData("/dev/sdb", Exclusive, Errno.NotPermitted)]
    [InlineData("/dev/sdb1/", Exclusive, Errno.NotPermitted)]
    [InlineData("/dev/../dev/sdb1", Exclusive, Errno.NotPermitted)]
    [InlineData("/proc/self/mem", ReadWrite, Errno.NotPermitted)]
    [InlineData("/sys/fs/cgroup/../../../etc/memory.pressure", ReadWrite, Errno.NotPermitted)]
    [InlineData("/sys/fs/cgroup/a/memory.events", ReadWrite, Errno.NotPermitted)]
    [InlineData("/dev/sdb1", Create, Errno.Invalid)]
    [InlineData("/dev/sdb1", Truncate | ReadWrite, Errno.Invalid)]
    [InlineData("/dev/sdb1", Append | ReadWrite, Errno.Invalid)]
    [InlineData("/dev/sdb1", PathOnly, Errno.Invalid)]
    [InlineData("/dev/sdb1", Directory, Errno.Invalid)]
    [InlineData("/dev/sdb1", 1u, Errno.Invalid)]
    [InlineData("/dev/sdb1", 3u, Errno.Invalid)]
    [InlineData("/dev/sdb1", ReadWrite | Exclusive, Errno.None)]
    [InlineData("/dev/sdb1", 0u, Errno.None)]
    [InlineData("/dev/sdb1", ReadWrite | Synchronous | NoFollow, Errno.None)]
    [InlineData("/dev/sdb1", ReadWrite | DataSynchronous, Errno.None)]
    [InlineData("/dev/sdb1", Create | Synchronous, Errno.Invalid)]
    [InlineData("/dev/fuse", ReadWrite, Errno.None)]
    [InlineData("/proc/pressure/memory", ReadWrite | 0x800u, Errno.None)]
    [InlineData("/sys/fs/cgroup/system.slice/x.service/memory.pressure", ReadWrite | 0x800u, Errno.None)]
    internal void Only_what_the_caller_named_is_opened(string path, uint flags, Errno expected)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        Talk(Usual, OpenView.Packet(name, flags, OpenRequestFlags.Quiet), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(FileView.Packet(name, expected), _channel.Heard[3]);
        Assert.Equal((expected == Errno.None, expected == Errno.None ? 1 : 0), (_channel.HadDescriptor[3], _mounting.Done.Count));
    }

    [Fact]
    public void A_path_that_is_no_text_names_nothing_that_may_be_opened()
    {
        byte[] path = [.. "/sys/fs/cgroup/"u8, 0xFF, .. "/memory.pressure"u8];
        Talk(Usual, OpenView.Packet(path, ReadWrite, OpenRequestFlags.Quiet), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(FileView.Packet(path, Errno.NotPermitted), _channel.Heard[3]);
        Assert.Empty(_mounting.Done);
    }

    [Fact]
    public void Options_that_name_files_and_ro_are_heeded()
    {
        Invocation invocation = CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-o", "ro,journal_path=/dev/sdc"]);
        Talk(
            invocation,
            OpenView.Packet("/dev/sdc"u8, Exclusive, OpenRequestFlags.Quiet),
            OpenView.Packet("/dev/sdb1"u8, ReadWrite, OpenRequestFlags.Quiet),
            NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(FileView.Packet("/dev/sdc"u8, Errno.None), _channel.Heard[3]);
        Assert.Equal(FileView.Packet("/dev/sdb1"u8, Errno.ReadOnly), _channel.Heard[4]);
    }

    [Fact]
    public void Nothing_is_opened_once_the_mount_is_being_described()
    {
        Talk(Usual, Type, OpenView.Packet("/dev/sdb1"u8, 0, OpenRequestFlags.Quiet), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(FileView.Packet("/dev/sdb1"u8, Errno.NotPermitted), _channel.Heard[4]);
    }

    [Theory]
    [InlineData("4F50454E 00000000 00000000 00000000 00000000 00", "46494C45 00000016 3F00")]
    [InlineData("4F50454E 00000000 00000000 00000000 00000000 2F", "46494C45 00000016 3F00")]
    [InlineData("4F50454E 00000000 00000000 00000002 00000000 2F00", "46494C45 00000016 2F00")]
    [InlineData("4E414D45 00", "5245504C 00000016")]
    [InlineData("4E414D45 2F00", "5245504C 00000016")]
    [InlineData("54595045 00000002", "5245504C 00000016")]
    [InlineData("54595045 000000", "5245504C 00000016")]
    [InlineData("4D4E5450 4000 0000 2F6D6E7400", "5245504C 00000016")]
    [InlineData("4D4E5450 4000 0001 2F6D6E742F75736200", "5245504C 00000016")]
    [InlineData("4D4E5450 6000 0000 2F6D6E742F75736200", "5245504C 00000016")]
    [InlineData("4D4E5450 8000 0000 2F6D6E742F75736200", "5245504C 00000015")]
    [InlineData("4D544142 7375696400", "5245504C 00000016")]
    [InlineData("4D544142 757365723D626F6200", "5245504C 00000016")]
    [InlineData("444F4954 00000001", "5245504C 00000016")]
    [InlineData("4F505453 616C6C6F775F6F7468657200", "5245504C 00000016")]
    public void What_is_malformed_or_too_early_is_refused_and_the_conversation_goes_on(string packet, string reply)
    {
        Outcome outcome = Talk(Usual, Bytes(packet), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.False(outcome.IsMounted);
        Assert.Equal(Bytes(reply), _channel.Heard[3]);
    }

    [Theory]
    [InlineData("58585858 00000000")]
    [InlineData("585858")]
    [InlineData("5245504C 00000000")]
    [InlineData("42594545")]
    [InlineData("42594545 00000000 00")]
    public void What_is_no_command_ends_the_conversation(string packet) =>
        Assert.Throws<ProtocolException>(() => Talk(Usual, Bytes(packet)));

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(258u)]
    [InlineData(uint.MaxValue)]
    public void A_goodbye_with_a_code_is_a_failure_even_after_a_mount(uint code) => Assert.False(
        Talk(Usual, Type, Name, Point, NumberView.Packet(PacketKind.Mount, 7), NumberView.Packet(PacketKind.Goodbye, code)).IsMounted);

    [Fact]
    public void A_goodbye_without_a_mount_is_a_failure() => Assert.False(Talk(Usual, Goodbye).IsMounted);

    [Fact]
    public void A_step_that_was_taken_is_not_taken_again()
    {
        byte[] mount = NumberView.Packet(PacketKind.Mount, 7);
        byte[] options = TextView.Packet(PacketKind.Options, "default_permissions"u8);
        Talk(Usual, Type, Type, Name, Name, Point, Point, options, options, mount, mount, Goodbye);
        Assert.Equal(
            Enumerable.Repeat<Errno[]>([Errno.None, Errno.Invalid], 5).SelectMany(pair => pair).Select(ReplyView.Packet), _channel.Heard.Skip(3));
        Assert.Single(_mounting.Done, done => done.StartsWith("mount ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", 0u)]
    [InlineData("-f", 1u)]
    public void With_f_everything_is_done_but_the_mount_and_the_server_is_told_that_it_is_off(string letter, uint code)
    {
        bool isFake = letter.Length > 0;
        Outcome outcome = Talk(
            CommandLine.Parse(["/dev/sdb1", "/mnt/usb", .. isFake ? [letter] : Array.Empty<string>()]),
            Type, Name, Point, NumberView.Packet(PacketKind.Mount, 7), NumberView.Packet(PacketKind.Goodbye, code));
        Assert.Equal(new(IsMounted: true, string.Empty), outcome);
        Assert.Equal(ReplyView.Packet(isFake ? Errno.Canceled : Errno.None), _channel.Heard[6]);
    }

    [Fact]
    public void With_f_a_mount_that_would_fail_is_a_failure()
    {
        _mounting = new() { MountError = Errno.NotPermitted };
        Outcome outcome = Talk(
            CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-f"]), Type, Name, Point, NumberView.Packet(PacketKind.Mount, 7), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.False(outcome.IsMounted);
        Assert.Equal(ReplyView.Packet(Errno.NotPermitted), _channel.Heard[6]);
    }

    [Fact]
    public void With_f_a_volume_that_is_refused_is_a_failure() => Assert.False(
        Talk(CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-f"]), NumberView.Packet(PacketKind.Goodbye, 1)).IsMounted);

    [Theory]
    [InlineData("default_permissions,allow_other", "the option allow_other: only root may, and others where /etc/fuse.conf has the line user_allow_other")]
    [InlineData("context=x", "the option context=x: only root may")]
    [InlineData("fd=3", "the option fd=3: no server sets it, or not like this")]
    [InlineData("default_permissions", "the option default_permissions (the kernel's reason): ")]
    public void The_caller_hears_which_option_was_refused_and_why(string options, string reason)
    {
        _mounting = new() { IsRoot = false, MayAllowOthers = false, OptionError = Errno.Invalid };
        Outcome outcome = Talk(
            Usual, Type, TextView.Packet(PacketKind.Options, Encoding.UTF8.GetBytes(options)),
            TextView.Packet(PacketKind.TableOptions, Encoding.UTF8.GetBytes(Verdict.Encode("the helper refused the options"))), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.StartsWith(reason, outcome.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_was_refused_and_then_left_out_is_no_reason()
    {
        Outcome outcome = Talk(
            Usual, Type, TextView.Packet(PacketKind.Options, "fd=3"u8), TextView.Packet(PacketKind.Options, "default_permissions"u8), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal("the service ended with 1: its log says why", outcome.Reason);
    }

    [Fact]
    public void A_mount_that_failed_is_not_tried_again()
    {
        _mounting = new() { MountError = Errno.Busy };
        byte[] mount = NumberView.Packet(PacketKind.Mount, 7);
        Outcome outcome = Talk(Usual, Type, Name, Point, mount, mount, Goodbye);
        Assert.False(outcome.IsMounted);
        Assert.Contains("making the mount", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal([Errno.Busy, Errno.Invalid], _channel.Heard.Skip(6).Select(packet => (Errno)packet[7]));
    }

    [Theory]
    [InlineData("", 0u, KernelMountFlags.NoSetUserId | KernelMountFlags.NoDevices)]
    [InlineData("suid,dev", 0u, KernelMountFlags.None)]
    [InlineData("suid,nosuid,dev", 0u, KernelMountFlags.NoSetUserId)]
    [InlineData("ro,noexec,nosymfollow,suid,dev", 0u, KernelMountFlags.ReadOnly | KernelMountFlags.NoExecution | KernelMountFlags.NoSymbolicLinks)]
    [InlineData("ro,rw,suid,dev", 0x400u, KernelMountFlags.NoAccessTime)]
    internal void A_server_lifts_nothing_that_the_caller_did_not_lift(string options, uint sent, KernelMountFlags expected)
    {
        Mount(options, sent);
        Assert.Equal($"mount {expected}", _mounting.Done[^1]);
    }

    [Fact]
    public void For_a_user_nosuid_and_nodev_are_forced_whatever_he_says()
    {
        _mounting = new() { IsRoot = false, MayAllowOthers = false };
        Mount("suid,dev", 0);
        Assert.Equal($"mount {KernelMountFlags.NoSetUserId | KernelMountFlags.NoDevices}", _mounting.Done[^1]);
        Assert.Equal(HelloView.Packet(HelperGrants.None), _channel.Heard[0]);
    }

    [Theory]
    [InlineData(0x20u)]
    [InlineData(0x1000u)]
    [InlineData(0x2000u)]
    [InlineData(0x100000u)]
    [InlineData(0x80000000u)]
    public void A_flag_that_no_mount_of_ours_has_is_refused(uint flag)
    {
        Talk(Usual, Type, Name, Point, NumberView.Packet(PacketKind.Mount, flag), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(ReplyView.Packet(Errno.Invalid), _channel.Heard[6]);
        Assert.DoesNotContain(_mounting.Done, done => done.StartsWith("mount", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fd=3", true, Errno.Invalid)]
    [InlineData("rootmode=40000", true, Errno.Invalid)]
    [InlineData("user_id=0", true, Errno.Invalid)]
    [InlineData("subtype=x", true, Errno.Invalid)]
    [InlineData("source=x", true, Errno.Invalid)]
    [InlineData("blksize=4096", true, Errno.Invalid)]
    [InlineData("max_read=x", true, Errno.Invalid)]
    [InlineData("max_read", true, Errno.Invalid)]
    [InlineData("default_permissions=1", true, Errno.Invalid)]
    [InlineData("allow_other", false, Errno.NotPermitted)]
    [InlineData("default_permissions,allow_other", false, Errno.NotPermitted)]
    [InlineData("allow_root", true, Errno.Invalid)]
    [InlineData("context=x", false, Errno.NotPermitted)]
    [InlineData("context=x", true, Errno.None)]
    [InlineData(",,default_permissions,", false, Errno.None)]
    internal void Only_harmless_options_reach_the_kernel(string options, bool isRoot, Errno expected)
    {
        _mounting = new() { IsRoot = isRoot, MayAllowOthers = isRoot };
        Talk(Usual, Type, TextView.Packet(PacketKind.Options, Encoding.UTF8.GetBytes(options)), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(ReplyView.Packet(expected), _channel.Heard[4]);
        Assert.Equal(expected == Errno.None, _mounting.Done.Any(done => done.StartsWith("configure", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""max_read="65536",default_permissions""", "configure max_read=65536", "configure default_permissions=")]
    [InlineData(@"context=""u:r:t:s0""", "configure context=u:r:t:s0")]
    [InlineData("""fscontext="u:r:t:s0,c1",rootcontext="u:r:t",""", "configure fscontext=u:r:t:s0,c1", "configure rootcontext=u:r:t")]
    public void A_value_loses_its_quotes_and_keeps_the_commas_in_them(string options, params string[] done)
    {
        Talk(Usual, Type, TextView.Packet(PacketKind.Options, Encoding.UTF8.GetBytes(options)), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(ReplyView.Packet(Errno.None), _channel.Heard[4]);
        Assert.Equal(done, _mounting.Done.Skip(1));
    }

    [Theory]
    [InlineData("/dev/sdb1", 0, Errno.None)]
    [InlineData("ext4", 0, Errno.None)]
    [InlineData("my,disk", 0, Errno.None)]
    [InlineData("mine", 0, Errno.None)]
    [InlineData("/dev/fuse", 0, Errno.None)]
    [InlineData("/dev/sdb1", 1, Errno.None)]
    [InlineData("mine", 1, Errno.Invalid)]
    [InlineData("/dev/fuse", 1, Errno.Invalid)]
    [InlineData("/dev/sda1", 0, Errno.Invalid)]
    [InlineData("x-tag=1", 0, Errno.Invalid)]
    internal void The_first_column_shows_a_name_that_the_caller_wrote_or_none(string name, uint kind, Errno expected)
    {
        Talk(
            CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-t", "fuse.ext4", "-o", """x-tag=1,fsname="my,disk",subtype=mine"""]),
            NumberView.Packet(PacketKind.Type, kind), TextView.Packet(PacketKind.Source, Encoding.UTF8.GetBytes(name)), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(ReplyView.Packet(expected), _channel.Heard[4]);
        Assert.Equal(expected == Errno.None, _mounting.Done.Contains($"configure source={name}"));
    }

    [Fact]
    public void Words_for_the_mount_table_may_hold_commas()
    {
        Talk(Usual, TextView.Packet(PacketKind.TableOptions, Encoding.UTF8.GetBytes("""x-a\,suid,x-b="c,d",user=alice""")), NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal(ReplyView.Packet(Errno.None), _channel.Heard[3]);
    }

    [Fact]
    public void A_block_mount_is_for_root_alone_and_may_be_asked_for_plainly_afterwards()
    {
        _mounting = new() { IsRoot = false };
        Talk(Usual, NumberView.Packet(PacketKind.Type, 1), Type, NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal([ReplyView.Packet(Errno.NotPermitted), ReplyView.Packet(Errno.None)], _channel.Heard.Skip(3));
    }

    [Fact]
    public void The_servers_verdict_reaches_the_caller()
    {
        Outcome outcome = Talk(
            Usual,
            TextView.Packet(PacketKind.TableOptions, Encoding.UTF8.GetBytes(Verdict.Encode("E103 BlockSizeOutOfRange: found 7, expected 1024"))),
            NumberView.Packet(PacketKind.Goodbye, 1));
        Assert.Equal("the service refused the volume: E103 BlockSizeOutOfRange: found 7, expected 1024", outcome.Reason);
    }

    [Fact]
    public void A_server_that_asks_for_ever_is_left() => Assert.Throws<ProtocolException>(() =>
        Talk(Usual, [.. Enumerable.Repeat(OpenView.Packet("/etc/shadow"u8, 0, OpenRequestFlags.Quiet), 2000)]));

    [Fact]
    public void A_descriptor_from_the_server_ends_the_conversation()
    {
        using SafeFileHandle file = File.OpenHandle("/dev/null");
        _channel.Say(HelloReplyView.Packet()).Say(Type, file);
        Assert.Throws<ProtocolException>(() => new ServerConversation(_channel, Usual, _mounting).Run());
        Assert.True(file.IsClosed);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal));

    private void Mount(string options, uint flags) => Talk(
        CommandLine.Parse(["/dev/sdb1", "/mnt/usb", "-o", options]), Type, Name, Point, NumberView.Packet(PacketKind.Mount, flags), Goodbye);

    private Outcome Talk(Invocation invocation, params byte[][] packets)
    {
        _channel.Say(HelloReplyView.Packet());
        foreach (byte[] packet in packets)
        {
            _channel.Say(packet);
        }

        return new ServerConversation(_channel, invocation, _mounting).Run();
    }
}
