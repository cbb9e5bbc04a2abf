using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Primitives;
using Microsoft.Win32.SafeHandles;
using TestSupport;

namespace Ext4Core.UnitTests.Io;

/// <summary>What every device promises: it transfers everything inside its bounds, or says what failed.</summary>
public sealed class BlockDeviceTests : IDisposable
{
    private const int Length = 5000;
    private readonly string _path = Path.GetTempFileName();

    public static TheoryData<string> Kinds => ["file", "memory", "window", "simulated"];

    public void Dispose() => File.Delete(_path);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_last_byte_is_read_and_one_more_is_a_failure_that_names_its_place(string kind)
    {
        using IBlockDevice device = Make(kind, isReadOnly: true);
        byte[] bytes = new byte[100];
        device.Read(new(Length - 100), bytes);
        Assert.Equal(Contents()[^100..], bytes);

        DeviceException failure = Assert.Throws<DeviceException>(() => device.Read(new(Length - 99), bytes));

        Assert.StartsWith("device read of ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(Length, failure.Offset + failure.Length - 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_written_is_read_and_nothing_beside_it_changes(string kind)
    {
        using IBlockDevice device = Make(kind, isReadOnly: false);
        byte[] expected = Contents();
        "new"u8.CopyTo(expected.AsSpan(Length - 3));
        device.Write(new(Length - 3), "new"u8);
        device.Flush();

        byte[] bytes = new byte[Length];
        device.Read(default, bytes);

        Assert.Equal(expected, bytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_write_beyond_the_end_is_a_failure_and_writes_nothing(string kind)
    {
        using IBlockDevice device = Make(kind, isReadOnly: false);

        Assert.Throws<DeviceException>(() => device.Write(new(Length - 2), "new"u8));

        byte[] bytes = new byte[Length];
        device.Read(default, bytes);
        Assert.Equal(Contents(), bytes);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_device_that_is_read_only_refuses_to_change(string kind)
    {
        using IBlockDevice device = Make(kind, isReadOnly: true);

        Assert.True(device.IsReadOnly);
        Assert.Throws<DeviceException>(() => device.Write(default, "new"u8));
        Assert.Throws<DeviceException>(() => device.Discard(default, 1));
    }

    [Fact]
    public void A_file_shorter_than_it_was_is_a_failure_at_the_byte_that_is_missing()
    {
        using IBlockDevice device = Make("file", isReadOnly: true);
        File.WriteAllBytes(_path, Contents()[..1000]);

        DeviceException failure = Assert.Throws<DeviceException>(() => device.Read(new(900), new byte[200]));

        Assert.Equal((1000, 100), (failure.Offset, failure.Length));
    }

    [Fact]
    public void A_descriptor_that_cannot_be_written_is_a_failure_of_the_device()
    {
        using FileBlockDevice device = new(File.OpenHandle(_path), Length, isReadOnly: false);

        DeviceException failure = Assert.Throws<DeviceException>(() => device.Write(default, "new"u8));

        Assert.NotNull(failure.InnerException);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(Length + 1, 0)]
    [InlineData(Length, 1)]
    [InlineData(1, Length)]
    [InlineData(0, -1)]
    public void A_window_lies_on_its_device(long start, long length)
    {
        using MemoryBlockDevice whole = new(Contents());

        Assert.Throws<ArgumentOutOfRangeException>(() => new WindowBlockDevice(whole, start, length));
    }

    [Fact]
    public void An_empty_window_at_the_end_holds_nothing()
    {
        using WindowBlockDevice window = new(new MemoryBlockDevice(Contents()), Length);

        Assert.Equal(0, window.Length);
        Assert.Throws<DeviceException>(() => window.Read(default, new byte[1]));
    }

    [Fact]
    public void Fields_are_read_and_written_in_the_order_that_their_reader_says()
    {
        byte[] bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        Assert.Equal((0x0201, 0x04030201u, 0x0807060504030201ul), (Le.U16(bytes, 1), Le.U32(bytes, 1), Le.U64(bytes, 1)));
        Assert.Equal((0x0102, 0x01020304u, 0x0102030405060708ul), (Be.U16(bytes, 1), Be.U32(bytes, 1), Be.U64(bytes, 1)));
        byte[] little = new byte[9], big = new byte[9];
        Le.PutU64(little, 1, 0x0807060504030201);
        Be.PutU64(big, 1, 0x0102030405060708);
        Assert.Equal(bytes, little);
        Assert.Equal(bytes, big);
        Assert.Equal((0x0001_0000_0002ul, 0x1_0000_0002ul, 0x0001_0002u), (Le.Join((ushort)1, 2u), Le.Join(1u, 2u), Le.Join((ushort)1, (ushort)2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Le.U32(bytes, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => Be.PutU16(bytes, 8, 1));
    }

    private static byte[] Contents()
    {
        byte[] contents = new byte[Length];
        new Random(1).NextBytes(contents);
        return contents;
    }

    private IBlockDevice Make(string kind, bool isReadOnly)
    {
        switch (kind)
        {
            case "file":
                File.WriteAllBytes(_path, Contents());
                SafeFileHandle handle = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                return new FileBlockDevice(handle, Length, isReadOnly);
            case "memory":
                return new MemoryBlockDevice(Contents(), isReadOnly);
            case "window":
                byte[] whole = [.. new byte[100], .. Contents(), .. new byte[100]];
                return new WindowBlockDevice(new MemoryBlockDevice(whole, isReadOnly), 100, Length);
            default:
                SimulatedDisk disk = new(Length, isReadOnly);
                disk.Put(0, Contents());
                return disk;
        }
    }
}
