using System.IO.Pipes;
using System.Text;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Fuse4fs.Service;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Service;

/// <summary>The server's end of the conversation, against helpers that say this or that.</summary>
public sealed class HelperConversationTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly ScriptedChannel _channel = new();
    private readonly HelperConversation _helper;

    public HelperConversationTests() => _helper = new(_channel);

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("53414654 0001 0001 00000000", HelperGrants.None)]
    [InlineData("53414654 0001 0001 00000003", HelperGrants.AllowOther | HelperGrants.BlockMount)]
    [InlineData("53414654 0000 0009 00000001", HelperGrants.AllowOther)]
    internal void A_helper_that_speaks_our_version_is_answered(string hello, HelperGrants grants)
    {
        Assert.Equal(grants, new HelperConversation(_channel.Say(hello)).Greet());
        Assert.Equal(Convert.FromHexString("4C41535400010000"), Assert.Single(_channel.Heard));
    }

    [Theory]
    [InlineData("53414654 0001 0001 00000004", "unknown flags: 0x4")]
    [InlineData("53414654 0002 0001 00000000", "versions 2 to 1")]
    [InlineData("53414654 0002 0003 00000000", "versions 2 to 3")]
    [InlineData("53414654 0000 0000 00000000", "versions 0 to 0")]
    [InlineData("53414654 0001 0001 00000000 00", "no hello")]
    [InlineData("53414654 0001 0001 000000", "no hello")]
    [InlineData("4C415354 0001 0001 00000000", "no hello")]
    public void Any_other_helper_is_told_nothing(string hello, string reason)
    {
        string message = Assert.Throws<ProtocolException>(() => { _ = new HelperConversation(_channel.Say(hello)).Greet(); }).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Empty(_channel.Heard);
    }

    [Fact]
    public void The_command_line_arrives_in_a_file()
    {
        byte[][] words = [[.. "ext4"u8], [.. "/dev/sdb1"u8], [.. "/mnt/\u00FCsb"u8]];
        _channel.Say(FileView.Packet(FileView.ArgumentsName, Errno.None), FileOf(ArgumentBlock.Of(words, 7)));
        Assert.Equal(["ext4", "/dev/sdb1", "/mnt/\u00FCsb"], ReadArguments());
    }

    [Theory]
    [InlineData("46494C45 00000000 6172677600", false, "descriptor and an error, or neither")]
    [InlineData("46494C45 0000000D 6172677600", true, "descriptor and an error, or neither")]
    [InlineData("46494C45 0000000D 6172677600", false, "the helper has no argv")]
    [InlineData("46494C45 00000000 6172677800", true, "another file")]
    [InlineData("46494C45 00000000 61726700", true, "another file")]
    [InlineData("46494C45 00000000 61726700 00", true, "another file")]
    [InlineData("46494C45 00000000 6172677676", true, "no file")]
    [InlineData("46494C46 00000000 6172677600", true, "no file")]
    [InlineData("5245504C 00000000", true, "no file")]
    [InlineData("46494C45 00000000 617267760000", true, "larger")]
    public void A_file_that_is_not_the_one_that_is_due_ends_the_conversation(string packet, bool hasDescriptor, string reason)
    {
        using SafeFileHandle? file = hasDescriptor ? FileOf([]) : null;
        _channel.Say(Convert.FromHexString(packet.Replace(" ", string.Empty, StringComparison.Ordinal)), file);
        Assert.Contains(reason, Assert.Throws<ProtocolException>(ReadArguments).Message, StringComparison.Ordinal);
        Assert.True(file is null || file.IsClosed || reason is "larger");
    }

    [Fact]
    public void Arguments_that_are_no_block_are_refused()
    {
        _channel.Say(FileView.Packet(FileView.ArgumentsName, Errno.None), FileOf([1, 2, 3]));
        Assert.Contains("no argument block", Assert.Throws<ProtocolException>(ReadArguments).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_that_is_no_text_is_named()
    {
        _channel.Say(FileView.Packet(FileView.ArgumentsName, Errno.None), FileOf(ArgumentBlock.Of([[.. "ext4"u8], [(byte)'a', 0xFF]], 2)));
        Assert.Contains("\"a\uFFFD\" is not UTF-8", Assert.Throws<UsageException>(ReadArguments).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5245504C 00000000 00000000")]
    [InlineData("5245504C 000000")]
    [InlineData("46494C45 00000000 6100")]
    public void An_answer_that_is_no_reply_ends_the_conversation(string reply)
    {
        _channel.Say(reply);
        Assert.Throws<ProtocolException>(() => _helper.Announce(MountKind.Plain));
    }

    [Fact]
    public void A_text_that_no_packet_holds_is_not_sent()
    {
        Assert.Equal(Errno.Invalid, _helper.Point(string.Empty));
        Assert.Equal(Errno.Invalid, _helper.Name("a\0b"));
        Assert.Equal(Errno.Invalid, _helper.Note(new('x', Limits.PacketBytes)));
        Assert.Empty(_channel.Heard);
    }

    [Fact]
    public void A_descriptor_where_none_is_due_ends_the_conversation_and_is_closed()
    {
        using SafeFileHandle file = FileOf([]);
        _channel.Say(ReplyView.Packet(Errno.None), file);
        Assert.Throws<ProtocolException>(() => _helper.Announce(MountKind.Plain));
        Assert.True(file.IsClosed);
    }

    [Theory]
    [InlineData(true, 0x882, 0x880)]
    [InlineData(false, 0x880)]
    public void A_file_is_asked_for_exclusively_and_for_writing_only_where_that_was_asked_for(bool write, params int[] flags)
    {
        foreach (int flag in flags)
        {
            bool isLast = flag == flags[^1];
            _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(_path), isLast ? Errno.None : Errno.AccessDenied), isLast ? FileOf(new byte[4096]) : null);
        }

        ServedFiles files = ServedFiles.Ask(
            _helper, new(_path, "/mnt") { WriteRequested = write }, HelperGrants.BlockMount, workerCount: 1, new(new StandardErrorLog()));
        Assert.Equal((4096, MountKind.Plain, 0), (files.Device.Length, files.Kind, files.Spares.Count));
        Assert.Equal(flags.Select(flag => OpenView.Packet(Encoding.UTF8.GetBytes(_path), (uint)flag, OpenRequestFlags.None)), _channel.Heard);
        files.Device.Dispose();
    }

    [Fact]
    public void A_volume_is_opened_without_waiting_and_read_with_it()
    {
        SafeFileHandle opened = Libc.Open(_path, Libc.OpenNonBlocking);
        _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(_path), Errno.None), opened);
        ServedFiles files = ServedFiles.Ask(_helper, new(_path, "/mnt"), HelperGrants.None, workerCount: 1, new(new StandardErrorLog()));
        Assert.Equal(0, Libc.ControlDescriptor(opened, Libc.GetStatusFlags, 0) & Libc.OpenNonBlocking);
        files.Device.Dispose();
    }

    [Fact]
    public void A_pipe_is_no_volume()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        SafeFileHandle end = new(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(_path), Errno.None), end);
        MountException refusal = Assert.Throws<MountException>(() =>
            ServedFiles.Ask(_helper, new(_path, "/mnt"), HelperGrants.None, workerCount: 1, new(new StandardErrorLog())));
        Assert.Contains(_path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_busy_device_is_waited_for_and_another_reason_is_not()
    {
        byte[] path = Encoding.UTF8.GetBytes(_path);
        _channel.Say(FileView.Packet(path, Errno.Busy)).Say(FileView.Packet(path, Errno.Busy)).Say(FileView.Packet(path, Errno.NotFound));
        MountException refusal = Assert.Throws<MountException>(() =>
            ServedFiles.Ask(_helper, new(_path, "/mnt"), HelperGrants.None, workerCount: 1, new(new StandardErrorLog())));
        Assert.Contains(_path, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(3, _channel.Heard.Count);
    }

    [Fact]
    public void Each_further_thread_asks_for_a_device_quietly_and_goes_without_where_it_is_refused()
    {
        using SafeFileHandle spare = FileOf([]);
        _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(_path), Errno.None), FileOf([]))
            .Say(FileView.Packet("/dev/fuse"u8, Errno.None), spare)
            .Say(FileView.Packet("/dev/fuse"u8, Errno.NotPermitted));
        ServedFiles files = ServedFiles.Ask(_helper, new(_path, "/mnt"), HelperGrants.None, workerCount: 4, new(new StandardErrorLog()));
        Assert.Same(spare, Assert.Single(files.Spares));
        Assert.Equal(OpenView.Packet("/dev/fuse"u8, 2, OpenRequestFlags.Quiet), _channel.Heard[^1]);
        Assert.True(_channel.IsAtEnd);
        files.Device.Dispose();
    }

    [Fact]
    public void A_refusal_says_why_and_then_goodbye()
    {
        _channel.Say(ReplyView.Packet(Errno.None));
        _helper.Refuse("E103 BlockSize: found 7, expected 1024");
        Assert.True(TextView.TryParse(_channel.Heard[0], out TextView note));
        Assert.True(Verdict.TryDecode(Encoding.UTF8.GetString(note.Text), out string reason));
        Assert.Equal("E103 BlockSize: found 7, expected 1024", reason);
        Assert.DoesNotContain((byte)',', note.Text.ToArray());
        Assert.Equal(NumberView.Packet(PacketKind.Goodbye, 1), _channel.Heard[1]);
    }

    [Theory]
    [InlineData(Errno.None, 2)]
    [InlineData(Errno.Invalid, 3)]
    internal void The_mount_table_is_written_once_and_a_refusal_after_that_is_a_goodbye_alone(Errno answer, int packets)
    {
        _channel.Say(ReplyView.Packet(answer)).Say(ReplyView.Packet(Errno.None));
        Assert.Equal(answer, _helper.Note("x-tag=1"));
        _helper.Refuse("the helper refused the mount");
        Assert.Equal(packets, _channel.Heard.Count);
        Assert.Equal(NumberView.Packet(PacketKind.Goodbye, 1), _channel.Heard[^1]);
    }

    [Fact]
    public void A_plain_mount_that_is_refused_is_not_asked_for_again()
    {
        _channel.Say(ReplyView.Packet(Errno.NotPermitted));
        Assert.Throws<MountException>(() => MountDescription.Send(_helper, new(_path, "/mnt"), MountKind.Plain, 4096));
        Assert.Equal(NumberView.Packet(PacketKind.Type, 0), Assert.Single(_channel.Heard));
    }

    [Fact]
    public void A_refusal_to_nobody_is_silent() => _helper.Refuse("nobody");

    private IReadOnlyList<string> ReadArguments()
    {
        using SafeFileHandle file = _helper.ReceiveArguments();
        return PassedArguments.Read(file);
    }

    private static SafeFileHandle FileOf(byte[] content)
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, content);
        SafeFileHandle file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        return file;
    }
}
