using System.Text.RegularExpressions;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Corpus;
using Ext4Safety.Fuzz.Images;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;
using TestSupport;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed partial class PackingTests
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
        byte[] input = VolumePacking.Pack(new MemoryBlockDevice(image)).Input;
        using MemoryStream unpacked = new();

        Assert.True(VolumePacking.Unpack(input, unpacked));
        Assert.Equal(image, unpacked.ToArray());
        Assert.InRange(input.Length, 5000, 5100);
    }

    [TheoryWithTool("e2fsck")]
    [MemberData(nameof(Names))]
    public void Without_the_contents_of_its_files_a_volume_is_as_sound_and_its_tree_the_same(string name)
    {
        byte[] image = Renamed(BaseVolumes.Find(name)!);
        PackedVolume packed = VolumePacking.Pack(new MemoryBlockDevice(image));
        byte[] again = Unpack(packed.Input);

        Assert.InRange(packed.LeftOut, 1, image.Length);
        Assert.Equal(PictureOf(image), PictureOf(again));
        Assert.Equal(Verdict(image), Verdict(again));
    }

    [TheoryWithTool("mke2fs")]
    [InlineData(6 << 20)]
    public void Megabytes_of_contents_are_left_out_and_read_as_zeros(int length)
    {
        string directory = Directory.CreateTempSubdirectory("ext4safety-packing-").FullName;
        try
        {
            string tree = Directory.CreateDirectory(Path.Combine(directory, "tree", "below")).FullName;
            byte[] contents = new byte[length];
            new Random(1).NextBytes(contents);
            File.WriteAllBytes(Path.Combine(tree, "large"), contents);
            File.CreateSymbolicLink(Path.Combine(tree, "link"), new string('l', 200));
            string path = Path.Combine(directory, "volume.img");
            ExternalTool.Run("mke2fs", "-q", "-t", "ext4", "-d", Path.Combine(directory, "tree"), path, "16m");
            byte[] image = File.ReadAllBytes(path);
            PackedVolume packed = VolumePacking.Pack(new MemoryBlockDevice(image));
            byte[] again = Unpack(packed.Input);

            Assert.Equal(length, packed.LeftOut);
            Assert.InRange(packed.Input.Length, 1, 40 << 10);
            Assert.Equal(PictureOf(image), PictureOf(again));
            Assert.Equal(Verdict(image), Verdict(again));
            Assert.Equal(0, Verdict(again).ExitCode);
            Assert.InRange(image.AsSpan().IndexOf(contents.AsSpan(0, 512)), 0, image.Length);
            Assert.Equal(-1, again.AsSpan().IndexOf(contents.AsSpan(0, 512)));
            Assert.Equal(image, Unpack(VolumePacking.Pack(new MemoryBlockDevice(image), hasContents: true).Input));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void A_block_that_is_contents_and_metadata_at_once_stays()
    {
        BaseVolume volume = BaseVolumes.Find("ext4-checked")!;
        StructureFinder finder = new(volume);
        int directory = (int)finder.Find("block / 0", "0x0");
        byte[] image = Renamed(volume, ("map /plain entry 0", "ee_start_lo", directory >> 10));
        byte[] again = Unpack(VolumePacking.Pack(new MemoryBlockDevice(image)).Input);

        Assert.Equal(image.AsSpan(directory, 1024), again.AsSpan(directory, 1024));
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
        return VolumePacking.Pack(new MemoryBlockDevice(image.ToArray()), hasContents: true).Input;
    }

    private static byte[] Unpack(byte[] input)
    {
        using MemoryStream image = new();
        Assert.True(VolumePacking.Unpack(input, image));
        return image.ToArray();
    }

    /// <summary>A base volume that no input can name: it is called something else.</summary>
    private static byte[] Renamed(BaseVolume volume, params (string Structure, string Field, int Value)[] edits)
    {
        VolumeInputWriter writer = new(volume, InputFlags.Sealed);
        writer.Edit(SuperblockView.VolumeOffset + SuperblockView.SVolumeName, "renamed"u8);
        foreach ((string structure, string field, int value) in edits)
        {
            writer.Edit(new StructureFinder(volume).Find(structure, field), BitConverter.GetBytes(value));
        }

        return Unpack(writer.ToArray());
    }

    /// <summary>Everything that can be seen of a volume but the contents of its files.</summary>
    private static string PictureOf(byte[] image) => HashOfContents().Replace(
        VolumePicture.Draw(new MemoryBlockDevice(image, isReadOnly: true), new()), "${size}");

    private static (int ExitCode, string Output) Verdict(byte[] image)
    {
        string path = Path.Combine(Path.GetTempPath(), $"ext4safety-packing-{Guid.NewGuid():N}.img");
        try
        {
            File.WriteAllBytes(path, image);
            ToolResult result = ExternalTool.Try("e2fsck", "-fn", path);
            return (result.ExitCode, result.Output.Replace(path, "volume", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [GeneratedRegex("(?<size>: Regular .* bytes) [0-9a-f]{16}$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex HashOfContents();
}
