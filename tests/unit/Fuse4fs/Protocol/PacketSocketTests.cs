using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Protocol;

/// <summary>Packets over a real pair of sockets.</summary>
public sealed class PacketSocketTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SafeFileHandle _ourSocket, _theirSocket;
    private readonly PacketSocket _ours, _theirs;
    private readonly byte[] _buffer = new byte[Limits.PacketBytes];

    public PacketSocketTests()
    {
        Span<int> ends = stackalloc int[2];
        Assert.Equal(0, Libc.SocketPair(Libc.LocalDomain, Libc.PacketSocket | Libc.CloseOnExecSocket, 0, ends));
        (_ourSocket, _theirSocket) = (new(ends[0], ownsHandle: true), new(ends[1], ownsHandle: true));
        (_ours, _theirs) = (PacketSocket.Over(_ourSocket, Patience), PacketSocket.Over(_theirSocket, TimeSpan.FromMilliseconds(50)));
    }

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public void A_packet_stays_whole_and_brings_its_descriptor()
    {
        using SafeFileHandle file = File.OpenHandle("/dev/zero");
        _ours.Send("first"u8);
        _ours.Send("second"u8, file);
        Assert.Equal("first"u8, _theirs.Receive(_buffer, out SafeFileHandle? none));
        Assert.Null(none);
        Assert.Equal("second"u8, _theirs.Receive(_buffer, out SafeFileHandle? arrived));
        using (arrived)
        {
            Assert.NotNull(arrived);
            Assert.Equal(1, Libc.Read(arrived, _buffer, 1));
        }
    }

    [Fact]
    public void The_largest_packet_fits_and_a_larger_one_is_refused()
    {
        _ours.Send(new byte[Limits.PacketBytes]);
        Assert.Equal(Limits.PacketBytes, _theirs.Receive(_buffer, out _).Length);
        _ours.Send(new byte[Limits.PacketBytes + 1]);
        Assert.Contains("65537", Assert.Throws<ProtocolException>(Receive).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Silence_and_the_end_are_told_apart()
    {
        Assert.Contains("silent", Assert.Throws<ProtocolException>(Receive).Message, StringComparison.Ordinal);
        _ours.Dispose();
        Assert.Contains("gone", Assert.Throws<ProtocolException>(Receive).Message, StringComparison.Ordinal);
        Assert.Throws<ProtocolException>(() => _theirs.Send("anybody"u8));
    }

    [Fact]
    public void A_receiver_that_refuses_descriptors_gets_none()
    {
        _theirs.RefuseDescriptors();
        _ours.Send("packet"u8);
        Assert.Equal("packet"u8, _theirs.Receive(_buffer, out _));
        if (Environment.OSVersion.Version >= new Version(6, 16))
        {
            Assert.Throws<ProtocolException>(() => _ours.Send("file"u8, _theirSocket));
        }
    }

    [Fact]
    public void A_socket_of_another_family_or_with_a_small_buffer_is_refused()
    {
        using SafeFileHandle file = File.OpenHandle("/dev/zero");
        Assert.Throws<ProtocolException>(() => PacketSocket.Over(file, Patience));
        Assert.Equal(0, Libc.SetSocketOption(_ourSocket, Libc.OptionSendBuffer, 1));
        Assert.Equal(0, Libc.GetSocketOption(_ourSocket, Libc.OptionSendBuffer, out int size));
        if (size < Limits.LeastSendBuffer)
        {
            Assert.Throws<ProtocolException>(() => PacketSocket.Over(_ourSocket, Patience));
        }
    }

    private void Receive() => _ = _theirs.Receive(_buffer, out _);
}
