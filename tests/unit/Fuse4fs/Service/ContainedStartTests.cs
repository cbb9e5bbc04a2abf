using System.Text;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.Protocol;
using Fuse4fs.Service;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Service;

/// <summary>How a service begins, over a real pair of sockets.</summary>
public sealed class ContainedStartTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly PacketSocket _server, _helper;
    private readonly byte[] _buffer = new byte[Limits.PacketBytes];

    public ContainedStartTests()
    {
        Span<int> ends = stackalloc int[2];
        Assert.Equal(0, Libc.SocketPair(Libc.LocalDomain, Libc.PacketSocket | Libc.CloseOnExecSocket, 0, ends));
        (_server, _helper) = (PacketSocket.Over(new(ends[0], ownsHandle: true), Patience), PacketSocket.Over(new(ends[1], ownsHandle: true), Patience));
    }

    public void Dispose()
    {
        _server.Dispose();
        _helper.Dispose();
    }

    [Fact]
    public void A_word_that_is_not_UTF8_is_refused_in_words_and_not_by_silence()
    {
        using (SafeFileHandle arguments = Libc.MakeSealedFile("argv", ArgumentBlock.Of([[.. "ext4"u8], [.. "/tmp/a"u8, 0xFF], [.. "/mnt"u8]], 3)))
        using (SafeFileHandle device = File.OpenHandle("/dev/null"))
        {
            _helper.Send(HelloView.Packet(HelperGrants.None));
            _helper.Send(FileView.Packet(FileView.ArgumentsName, Errno.None), arguments);
            _helper.Send(FileView.Packet(FileView.DeviceName, Errno.None), device);
            _helper.Send(ReplyView.Packet(Errno.None));
        }

        HelperConversation conversation = new(_server);
        UsageException refusal = Assert.Throws<UsageException>(() => ContainedStart.Collect(_server, conversation, [], new(new StandardErrorLog())));
        Assert.Contains("\"/tmp/a\uFFFD\" is not UTF-8", refusal.Message, StringComparison.Ordinal);
        conversation.Refuse(refusal.Message);
        _server.Dispose();

        Assert.Equal(HelloReplyView.Packet(), _helper.Receive(_buffer, out _));
        Assert.True(TextView.TryParse(_helper.Receive(_buffer, out _), out TextView note));
        Assert.True(Verdict.TryDecode(Encoding.UTF8.GetString(note.Text), out string verdict));
        Assert.Contains("is not UTF-8", verdict, StringComparison.Ordinal);
        Assert.Equal(NumberView.Packet(PacketKind.Goodbye, 1), _helper.Receive(_buffer, out _));
    }
}
