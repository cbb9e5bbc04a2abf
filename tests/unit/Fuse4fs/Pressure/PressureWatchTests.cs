using System.Net;
using System.Net.Sockets;
using System.Text;
using Fuse4fs.Native;
using Fuse4fs.Pressure;
using Fuse4fs.Protocol;
using Fuse4fs.UnitTests.Service;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Pressure;

/// <summary>Which files are asked for, what is written to them, and when memory is given back.</summary>
public sealed class PressureWatchTests
{
    private const string SystemFile = "/proc/pressure/memory";
    private const int ReadWriteNonBlocking = 0x802;

    private static readonly TimeSpan Never = TimeSpan.FromMinutes(5), Soon = TimeSpan.FromMilliseconds(20), Patience = TimeSpan.FromSeconds(20);

    private readonly ScriptedChannel _channel = new();

    [Fact]
    public void The_systems_file_is_asked_for_quietly_and_gets_its_trigger()
    {
        string path = Path.GetTempFileName();
        using SafeFileHandle file = File.OpenHandle(path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite | FileShare.Delete);
        _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(SystemFile), Errno.None), file);
        _ = PressureWatch.Ask(new(_channel));
        Assert.Equal(OpenView.Packet(Encoding.UTF8.GetBytes(SystemFile), ReadWriteNonBlocking, OpenRequestFlags.Quiet), Assert.Single(_channel.Heard));
        Assert.Equal("some 202002 2000000\n", File.ReadAllText(path));
        Assert.False(file.IsClosed);
        File.Delete(path);
    }

    [Theory]
    [InlineData(Errno.NotFound)]
    [InlineData(Errno.AccessDenied)]
    internal void A_refused_file_is_done_without(Errno error)
    {
        _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(SystemFile), error));
        _ = PressureWatch.Ask(new(_channel));
        Assert.True(_channel.IsAtEnd);
    }

    [Fact]
    public void A_file_that_takes_no_trigger_is_let_go()
    {
        using SafeFileHandle unwritable = File.OpenHandle("/dev/null");
        _channel.Say(FileView.Packet(Encoding.UTF8.GetBytes(SystemFile), Errno.None), unwritable);
        _ = PressureWatch.Ask(new(_channel));
        Assert.True(unwritable.IsClosed);
    }

    [Theory]
    [InlineData("5245504C 00000000")]
    [InlineData("46494C45 00000000 2F70726F632F70726573737572652F696F00")]
    [InlineData("46494C45 00000000 2F70726F632F70726573737572652F6D656D6F727900")]
    public void An_answer_that_is_malformed_ends_the_conversation(string answer)
    {
        _channel.Say(answer);
        Assert.Throws<ProtocolException>(() => PressureWatch.Ask(new(_channel)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/dev/null")]
    [InlineData("/etc/passwd")]
    [InlineData("/sys/fs/cgroup/system.slice/fuse4fs@1.service/memory.pressure", "/sys/fs/cgroup/system.slice/fuse4fs@1.service/memory.pressure")]
    public void The_groups_file_is_the_one_that_the_service_manager_names(string? named, params string[] asked) =>
        Assert.Equal([SystemFile, .. asked], PressureWatch.Paths(named));

    [Fact]
    public void Pressure_gives_memory_back_at_once()
    {
        using Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using Socket sender = new(SocketType.Stream, ProtocolType.Tcp);
        sender.Connect(listener.LocalEndPoint!);
        using Socket receiver = listener.Accept();
        using ManualResetEventSlim given = new();

        // Out of band data is what a file under pressure looks like to poll(2); taken, it is over.
        new PressureWatch([new((nint)receiver.Handle, ownsHandle: false)], Never).Start(() =>
        {
            _ = receiver.Receive(new byte[1], SocketFlags.OutOfBand);
            given.Set();
        });
        Assert.False(given.Wait(Soon));
        sender.Send([1], SocketFlags.OutOfBand);
        Assert.True(given.Wait(Patience));
    }

    [Fact]
    public void Without_files_and_without_pressure_memory_is_given_back_now_and_then()
    {
        using CountdownEvent given = new(3);
        bool isEnough = false;
        new PressureWatch([], Soon).Start(() => isEnough = isEnough || given.Signal());
        Assert.True(given.Wait(Patience));
    }
}
