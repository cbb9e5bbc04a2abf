using System.CommandLine;
using Ext4Core;
using Ext4Core.Io;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Options;

namespace Fuse4fs.Tools;

/// <summary>The image that a volume tool looks at, and how: the arguments that the tools share.</summary>
internal sealed class ToolTarget
{
    private readonly Argument<string> _image = new("IMAGE") { Description = "The block device or image file" };
    private readonly Option<string[]> _options = new("-o")
    {
        Description = "Mount options that say how to read it: offset=, partition=, sb=, journal_path=, norecovery, cache_size=",
        HelpName = "opt[,opt...]",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print JSON" };

    /// <summary>A command with these arguments.</summary>
    public Command Command(string name, string description, Func<ParseResult, int> run)
    {
        Command command = new(name, description) { _image, _options, _json };
        command.SetAction(result => run(result));
        return command;
    }

    /// <summary>Whether JSON was asked for.</summary>
    public bool WantsJson(ParseResult result) => result.GetValue(_json);

    /// <summary>The image and the way to read it.</summary>
    /// <exception cref="UsageException">An option makes no sense.</exception>
    public MountPlan PlanOf(ParseResult result)
    {
        MountPlan plan = new(result.GetRequiredValue(_image), MountPoint: string.Empty);
        foreach (string list in result.GetValue(_options) ?? [])
        {
            plan = MountOptions.Apply(plan, list);
        }

        return plan;
    }

    /// <summary>Opens the image alone.</summary>
    public static IBlockDevice OpenDevice(MountPlan plan, EventLog log) =>
        DeviceOpener.Narrow(new DeviceOpener(log).Open(plan.Device, plan.Offset, plan.DirectIo), plan.Partition);

    /// <summary>Mounts the volume, for reading.</summary>
    /// <param name="plan">The image and the way to read it.</param>
    /// <param name="log">Where the device's opening is told.</param>
    /// <param name="skipsFastCommits">See it as its last full commit left it: the state that bitmaps and counts belong to.</param>
    public static Volume OpenVolume(MountPlan plan, EventLog log, bool skipsFastCommits = false)
    {
        VolumeOptions options = new() { SkipJournal = plan.SkipJournal, SkipFastCommits = skipsFastCommits };
        options = options with
        {
            CacheBytes = plan.CacheBytes ?? options.CacheBytes,
            SuperblockLocation = plan.Superblock ?? options.SuperblockLocation,
            JournalDevice = plan.JournalPath is null ? null : new DeviceOpener(log).Open(plan.JournalPath, offset: 0, isDirect: false),
        };
        return Volume.Mount(OpenDevice(plan, log), options);
    }
}
