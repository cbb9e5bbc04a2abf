using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Commands;

public sealed class ShowCommandTests : IDisposable
{
    private readonly CommandRunner _commands = new();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public void An_input_of_a_whole_volume_is_shown_record_by_record()
    {
        Write("input");
        string text = _commands.Run("show", "input").Output;
        Assert.Contains("over minimal: ", text);
        Assert.Contains("Edit 0x438: 2 bytes 34 12\n  Superblock, block 1+0x038: s_magic 0xef53 -> 0x1234\n", text);
        Assert.Contains("Stat 2\n", text);
    }

    [Fact]
    public void Any_other_input_is_shown_as_bytes()
    {
        _commands.Write("canary/other", "Ext3"u8);
        Assert.StartsWith("000000  45 78 74 33 ", _commands.Run("show", "canary/other").Output);
    }

    [Fact]
    public void An_unpacked_input_is_an_image_with_the_edits_in_it()
    {
        Write("input");
        CommandResult result = _commands.Run("unpack", "input", "-o", "volume.img");
        Assert.Equal("volume.img: 65536 bytes\n", result.Output);
        byte[] image = File.ReadAllBytes(Path.Combine(_commands.Directory, "volume.img"));
        Assert.Equal([0x34, 0x12], image[0x438..0x43A]);
        Assert.Equal([.. "pppp"u8], image.AsSpan(image.AsSpan().IndexOf("pppp"u8), 4));
    }

    [Fact]
    public void A_packed_image_unpacks_to_itself()
    {
        Write("input");
        _commands.Run("unpack", "input", "-o", "volume.img");
        Assert.Equal(0, _commands.Run("pack", "volume.img", "-o", "packed").ExitCode);
        _commands.Run("unpack", "packed", "-o", "again.img");
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(_commands.Directory, "volume.img")), File.ReadAllBytes(Path.Combine(_commands.Directory, "again.img")));
        Assert.InRange(new FileInfo(Path.Combine(_commands.Directory, "packed")).Length, 1, 1024);
    }

    [Fact]
    public void What_is_no_such_input_cannot_be_unpacked()
    {
        _commands.Write("other", "Ext3"u8);
        CommandResult result = _commands.Run("unpack", "other", "-o", "volume.img");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("not an input of a whole-volume target", result.Error);
    }

    private void Write(string name) => _commands.Write(
        name, new VolumeInputWriter(BaseVolumes.Find("minimal")!, InputFlags.Sealed).Edit(0x438, [0x34, 0x12]).Add(RecordKind.Stat, 2).ToArray());
}
