using System.CommandLine;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>unpack INPUT -o IMAGE</c>: a real image of a whole-volume input.</summary>
internal sealed class UnpackCommand(Workplace workplace)
{
    private readonly Argument<string> _file = new("INPUT") { Description = "An input of a whole-volume target" };
    private readonly Option<string> _output = new("-o", "--output") { Description = "The image to make", HelpName = "IMAGE", Required = true };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new UnpackCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "unpack",
            "Makes a real image of a whole-volume input.",
            "The image is sparse, and as large as the volume says. The kernel, e2fsck and debugfs take it.")
        {
            _file, _output,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string path = workplace.Resolve(result.GetRequiredValue(_file));
        byte[] input = File.ReadAllBytes(path);
        if (!VolumeInput.TryParse(input, out _))
        {
            throw new CommandException($"{path}: not an input of a whole-volume target");
        }

        string image = workplace.Resolve(result.GetRequiredValue(_output));
        using FileStream file = File.Create(image);
        _ = VolumePacking.Unpack(input, file);
        workplace.Output.WriteLine($"{workplace.Shorten(image)}: {file.Length} bytes");
        return ExitCode.Success;
    }
}
