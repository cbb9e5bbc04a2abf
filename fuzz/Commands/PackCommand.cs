using System.CommandLine;
using Ext4Core.Io;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>pack IMAGE -o INPUT</c>: an input of the whole-volume targets that stands for an image.</summary>
internal sealed class PackCommand(Workplace workplace)
{
    private readonly Argument<string> _image = new("IMAGE") { Description = "An image of a volume" };
    private readonly Option<string> _output = new("-o", "--output") { Description = "The input to make", HelpName = "INPUT", Required = true };
    private readonly Option<bool> _contents = new("--contents") { Description = "Keep the contents of files too" };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new PackCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "pack",
            "Makes an input of the whole-volume targets from an image.",
            """
            The input names the base volume that shares most with the image, and holds what differs. Contents of files are left
            out and read as zeros, unless the image does not mount, or the file is protected by fs-verity. Everything else is kept,
            blocks that no file uses too: zero them first if they are not.
            """)
        {
            _image, _output, _contents,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string path = workplace.Resolve(result.GetRequiredValue(_image));
        using IBlockDevice image = RawImage.Open(path);
        PackedVolume packed;
        try
        {
            packed = VolumePacking.Pack(image, result.GetValue(_contents));
        }
        catch (ArgumentOutOfRangeException tooLong)
        {
            throw new CommandException($"{path}: {tooLong.Message}");
        }

        string output = workplace.Resolve(result.GetRequiredValue(_output));
        File.WriteAllBytes(output, packed.Input);
        workplace.Output.WriteLine($"{workplace.Shorten(output)}: {packed.Input.Length} bytes, without {packed.LeftOut} bytes of contents of files");
        return ExitCode.Success;
    }
}
