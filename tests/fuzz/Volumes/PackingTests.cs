using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed class PackingTests
{
    public static TheoryData<string> Names =>
        [.. BaseVolumes.All.Where(volume => volume.Id != BaseVolumes.ZerosId).Select(volume => volume.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_base_volume_packs_to_its_header_and_an_edit_to_a_few_bytes_more(string name)
    {
        BaseVolume volume = BaseVolumes.Find(name)!;
        byte[] edited = new VolumeInputWriter(volume, default).Edit(volume.Image.Length - 3, [1, 2]).ToArray();

        Assert.Equal(new VolumeInputWriter(volume, default).ToArray(), Repack(new VolumeInputWriter(volume, default).ToArray()));
        Assert.Equal(edited, Repack(edited));
    }

    [Fact]
    public void A_volume_unlike_any_other_brings_all_of_itself()
    {
        byte[] image = new byte[200_001];
        new Random(1).NextBytes(image.AsSpan(3000, 5000));
        byte[] input = VolumePacking.Pack(new MemoryStream(image));
        using MemoryStream unpacked = new();

        Assert.True(VolumePacking.Unpack(input, unpacked));
        Assert.Equal(image, unpacked.ToArray());
        Assert.InRange(input.Length, 5000, 5100);
    }

    [Fact]
    public void A_program_answers_the_same_every_time_and_its_operations_matter()
    {
        VolumeOperationsTarget target = new();
        BaseVolume volume = BaseVolumes.Find("minimal")!;
        Verdict nothing = FuzzRun.Once(target, new VolumeInputWriter(volume, default).ToArray());
        byte[] program = new VolumeInputWriter(volume, default)
            .Add(RecordKind.Lookup, "plain"u8, 0).Add(RecordKind.Read, 0, 10, 100).Add(RecordKind.Remount).Add(RecordKind.Stat, 2).ToArray();

        Assert.Equal(FuzzRun.Once(target, program), FuzzRun.Once(target, program));
        Assert.Equal(Outcome.Accepted, nothing.Outcome);
        Assert.NotEqual(nothing, FuzzRun.Once(target, program));
    }

    private static byte[] Repack(byte[] input)
    {
        using MemoryStream image = new();
        Assert.True(VolumePacking.Unpack(input, image));
        image.Position = 0;
        return VolumePacking.Pack(image);
    }
}
