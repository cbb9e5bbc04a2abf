using System.CommandLine;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>pack IMAGE -o INPUT</c>: an input of the whole-volume targets that stands for an image.</summary>
internal sealed class PackCommand(Workplace workplace)
{
    private readonly Argument<string> _image = new("IMAGE") { Description = "An image of a volume" };
    private readonly Option<string> _output = new("-o", "--output") { Description = "The input to make", HelpName = "INPUT", Required = true };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new PackCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "pack",
            "Makes an input of the whole-volume targets from an image.",
            "The input names the base volume that shares most with the image, and holds what differs: keep the image small.")
        {
            _image, _output,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string path = workplace.Resolve(result.GetRequiredValue(_image));
        using FileStream image = File.OpenRead(path);
        byte[] input;
        try
        {
            input = VolumePacking.Pack(image);
        }
        catch (ArgumentOutOfRangeException tooLong)
        {
            throw new CommandException($"{path}: {tooLong.Message}");
        }

        string output = workplace.Resolve(result.GetRequiredValue(_output));
        File.WriteAllBytes(output, input);
        workplace.Output.WriteLine($"{workplace.Shorten(output)}: {input.Length} bytes");
        return ExitCode.Success;
    }
}
