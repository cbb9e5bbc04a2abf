using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed class VolumeInputTests
{
    private static readonly BaseVolume Minimal = BaseVolumes.Find("minimal")!;

    [Fact]
    public void What_was_written_is_read()
    {
        byte[] bytes = new VolumeInputWriter(Minimal, InputFlags.Sealed)
            .Edit(1L << 40, [1, 2, 3])
            .Add(RecordKind.Borrow, 3, 4, ulong.MaxValue, 300)
            .Add(RecordKind.Lookup, "name"u8, 2)
            .Add(RecordKind.Statistics)
            .ToArray();

        Assert.True(VolumeInput.TryParse(bytes, out VolumeInput input));
        RecordReader records = input.Records;
        Assert.Equal((Minimal, InputFlags.Sealed), (input.Base, input.Flags));
        Assert.True(records.MoveNext());
        Assert.Equal((RecordKind.Edit, 1ul << 40), (records.Kind, records[0]));
        Assert.Equal([1, 2, 3], records.Bytes.ToArray());
        Assert.True(records.MoveNext());
        Assert.Equal((3ul, 4ul, ulong.MaxValue, 300ul), (records[0], records[1], records[2], records[3]));
        Assert.True(records.MoveNext());
        Assert.Equal("name"u8.ToArray(), records.Bytes.ToArray());
        Assert.True(records.MoveNext());
        Assert.False(records.MoveNext());
        Assert.Equal(bytes.Length, records.End);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1, 0 })]
    [InlineData(new byte[] { 2, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 255 })]
    public void An_input_without_a_header_of_this_version_is_unfit(byte[] bytes) =>
        Assert.Equal(Verdict.Unfit, FuzzRun.Once(new VolumeTarget(), bytes));

    [Fact]
    public void Records_that_are_cut_off_or_unknown_leave_the_others_alone()
    {
        byte[] bytes = [1, 0, 1, 0xFF, 0x20, 0x80, 0x08, 0x3F, 0x01, 0x05, 0xFF, 0x01, 7];
        Assert.True(VolumeInput.TryParse(bytes, out VolumeInput input));
        RecordReader records = input.Records;
        Assert.True(records.MoveNext());
        Assert.Equal((RecordKind.Length, 1024ul), (records.Kind, records[0]));
        Assert.True(records.MoveNext());
        Assert.Equal((RecordKind.Edit, 5ul), (records.Kind, records[0]));
        Assert.Equal([7], records.Bytes.ToArray());
        Assert.False(records.MoveNext());
    }

    [Fact]
    public void Any_bytes_behind_a_header_are_a_plan()
    {
        Random random = new(1);
        VolumeTarget target = new();
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = new byte[random.Next(3, 200)];
            random.NextBytes(bytes);
            bytes[0] = VolumeInput.Version;
            bytes[2] = (byte)random.Next(2);
            Assert.NotEqual(Verdict.Unfit, FuzzRun.Once(target, bytes));
        }
    }

    [Fact]
    public void A_device_can_be_as_large_as_a_volume_gets_and_is_reset_by_what_was_touched()
    {
        VolumeBuilder builder = new();
        byte[] bytes = new VolumeInputWriter(BaseVolumes.Find("zeros")!, default)
            .Add(RecordKind.Length, (ulong)SparseDevice.MaximumLength)
            .Edit(SparseDevice.MaximumLength - 2, [1, 2, 3])
            .Add(RecordKind.Copy, (ulong)SparseDevice.MaximumLength - 2, 5000, 2)
            .Add(RecordKind.Fill, 1023, 2, 9)
            .ToArray();
        Assert.True(VolumeInput.TryParse(bytes, out VolumeInput input));
        builder.Build(input);
        byte[] seen = new byte[6];
        builder.Device.Peek(5000, seen.AsSpan(0, 2));
        builder.Device.Peek(1022, seen.AsSpan(2, 4));
        Assert.Equal((SparseDevice.MaximumLength, 4), (builder.Device.Length, builder.Device.Touched.Count));
        Assert.Equal([1, 2, 0, 9, 9, 0], seen);

        Assert.True(VolumeInput.TryParse(bytes.AsSpan(0, 3), out input));
        builder.Build(input);
        builder.Device.Peek(1022, seen);
        Assert.Equal(0, builder.Device.Touched.Count);
        Assert.Equal(new byte[6], seen);
    }

    [Fact]
    public void Building_a_volume_takes_no_memory()
    {
        VolumeBuilder builder = new();
        byte[] bytes = new VolumeInputWriter(Minimal, default).Edit(2000, new byte[3000]).Add(RecordKind.Copy, 0, 9000, 4000).ToArray();
        Build();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Build();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Build()
        {
            _ = VolumeInput.TryParse(bytes, out VolumeInput input);
            builder.Build(input);
        }
    }
}
