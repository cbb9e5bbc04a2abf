using Ext4Core.Integrity;
using Ext4Core.Io;
using Fuse4fs.Dispatch;
using Fuse4fs.Logging;
using Fuse4fs.Native;
using Fuse4fs.Options;
using Fuse4fs.UnitTests.Logging;

namespace Fuse4fs.UnitTests.Dispatch;

public class ContainmentTests
{
    private readonly RecordingLog _log = new();

    [Fact]
    public void The_same_damage_is_reported_once()
    {
        Containment containment = new(new EventLog(_log), ErrorPolicy.Continue, () => { });
        Assert.Equal(Errno.NeedsCleaning, containment.Contain(Damage()));
        Assert.Equal(Errno.NeedsCleaning, containment.Contain(Damage()));
        string line = Assert.Single(_log.Lines);
        Assert.StartsWith("level=warning event=damage code=E101 scope=Volume structure=Superblock", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_failure_is_an_input_output_error_and_reported_once_for_each_place()
    {
        Containment containment = new(new EventLog(_log), ErrorPolicy.Continue, () => { });
        Assert.Equal(Errno.InputOutput, containment.Contain(new DeviceException("read", 4096, 512)));
        Assert.Equal(Errno.InputOutput, containment.Contain(new DeviceException("read", 4096, 512)));
        Assert.Equal(Errno.InputOutput, containment.Contain(new DeviceException("read", 8192, 512)));
        Assert.Equal(2, _log.Lines.Count);
    }

    [Fact]
    public void Reports_end_with_a_line_that_says_so()
    {
        Containment containment = new(new EventLog(_log), ErrorPolicy.Continue, () => { });
        for (int place = 0; place < 5000; place++)
        {
            _ = containment.Contain(new DeviceException("read", place, 512));
        }

        Assert.Equal(4097, _log.Lines.Count);
        Assert.Contains("event=silenced", _log.Lines[^2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(ErrorPolicy.Continue), 0)]
    [InlineData(nameof(ErrorPolicy.Panic), 1)]
    public void Only_panic_ends_the_mount(string policy, int expected)
    {
        int stops = 0;
        Containment containment = new(new EventLog(_log), Enum.Parse<ErrorPolicy>(policy), () => stops++);
        _ = containment.Contain(Damage());
        Assert.Equal(expected, stops);
    }

    private static CorruptionException Damage() => Assert.Throws<CorruptionException>(
        () => Ext4Core.Volume.Mount(new MemoryBlockDevice(new byte[1 << 16], isReadOnly: true), new()));
}
