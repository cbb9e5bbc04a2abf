using System.CommandLine;
using System.Text;

namespace Fuse4fs.Options;

/// <summary>The command line of the server itself: <c>fuse4fs DEVICE MOUNTPOINT [-o options]</c>.</summary>
internal sealed class CommandLine
{
    private readonly Argument<string> _device = new("DEVICE") { Description = "The block device or image file" };
    private readonly Argument<string> _mountPoint = new("MOUNTPOINT") { Description = "The directory to mount on" };
    private readonly Option<string[]> _options = new("-o") { Description = DescribeOptions(), HelpName = "opt[,opt...]" };
    private readonly Option<bool> _foreground = new("-f") { Description = "Stay in the foreground" };
    private readonly Option<bool> _debug = new("-d", "--debug") { Description = "Stay in the foreground and log each request" };
    private readonly Option<bool> _singleThread = new("-s") { Description = "Serve with one thread" };
    private readonly Option<bool> _readOnly = new("-r") { Description = "mount(8)'s: the same as -o ro" };
    private readonly Option<bool> _readWrite = new("-w") { Description = "mount(8)'s: the same as -o rw" };
    private readonly Option<bool> _noTable = new("-n") { Description = "mount(8)'s: no effect" };
    private readonly Option<bool> _verbose = new("-v") { Description = "mount(8)'s: no effect" };
    private readonly Option<bool> _insecure = new("--insecure")
    {
        Description = "As a service: parse the volume even where this process cannot be locked down",
    };

    /// <summary>No word of a command line is the name of a file with more words.</summary>
    public static ParserConfiguration Configuration { get; } = new() { ResponseFileTokenReplacer = null };

    /// <summary>Builds the root command; tools add themselves to it.</summary>
    /// <param name="mount">What to do with a plan; gives the exit code.</param>
    public RootCommand Build(Func<MountPlan, int> mount)
    {
        RootCommand root = new("Serves an ext2, ext3 or ext4 volume, read-only, through FUSE.")
        {
            _device, _mountPoint, _options, _foreground, _debug, _singleThread, _readOnly, _readWrite, _noTable, _verbose, _insecure,
        };
        root.Options.OfType<VersionOption>().Single().Aliases.Add("-V");
        root.SetAction(result => mount(PlanOf(result)));
        return root;
    }

    /// <summary>Reads the words of a mount that somebody else asks for: nothing but a plan can come of them.</summary>
    /// <exception cref="UsageException">They make no sense.</exception>
    public MountPlan Read(IReadOnlyList<string> words)
    {
        Command command = new("fuse4fs") { _device, _mountPoint, _options, _foreground, _debug, _singleThread, _readOnly, _readWrite, _noTable, _verbose, _insecure };
        ParseResult result = command.Parse(words, Configuration);
        return result.Errors.Count == 0 ? PlanOf(result) : throw new UsageException(result.Errors[0].Message);
    }

    private MountPlan PlanOf(ParseResult result)
    {
        MountPlan plan = new(result.GetRequiredValue(_device), result.GetRequiredValue(_mountPoint));
        foreach (string list in result.GetValue(_options) ?? [])
        {
            plan = MountOptions.Apply(plan, list);
        }

        bool debug = result.GetValue(_debug);
        if (plan is { Partition: not null, Offset: not 0 })
        {
            throw new UsageException("mount options \"partition\" and \"offset\" exclude each other");
        }

        return plan with
        {
            WriteRequested = (plan.WriteRequested || result.GetValue(_readWrite)) && !result.GetValue(_readOnly),
            Insecure = result.GetValue(_insecure),
            Debug = plan.Debug || debug,
            Foreground = debug || result.GetValue(_foreground),
            Workers = result.GetValue(_singleThread) ? 1 : plan.Workers,
        };
    }

    /// <summary>One line for each option that does something, and one for each reason to do nothing.</summary>
    private static string DescribeOptions()
    {
        StringBuilder text = new("Mount options:");
        foreach (IGrouping<string, MountOption> same in MountOptions.All.GroupBy(option => option.Meaning, StringComparer.Ordinal))
        {
            text.Append('\n').AppendJoin(", ", same.Select(option => option.Form)).Append(": ").Append(same.Key);
        }

        return text.ToString();
    }
}
