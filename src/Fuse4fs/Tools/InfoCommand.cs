using System.CommandLine;
using System.Text.Json;
using Ext4Core;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Options;

namespace Fuse4fs.Tools;

/// <summary><c>fuse4fs info IMAGE</c>: what the superblock says, and whether the volume could be mounted.</summary>
/// <remarks>Exit codes: 0, 4 for an image without a readable superblock, 8 when it cannot be read at all, 1 for a wrong
/// command line.</remarks>
internal sealed class InfoCommand(EventLog log)
{
    private const int NameWidth = 26;
    private readonly ToolTarget _target = new();
    private TextWriter _output = TextWriter.Null;

    /// <summary>The command.</summary>
    public static Command Create(EventLog log) => new InfoCommand(log).Build();

    private Command Build() => _target.Command("info", "Shows what a volume says of itself.", Run);

    private int Run(ParseResult result)
    {
        MountPlan plan = _target.PlanOf(result);
        _output = result.InvocationConfiguration.Output;
        try
        {
            InfoReport report = Describe(plan);
            if (_target.WantsJson(result))
            {
                _output.WriteLine(JsonSerializer.Serialize(report, ToolJson.Default.InfoReport));
            }
            else
            {
                Print(report);
            }

            return ExitCode.Success;
        }
        catch (CorruptionException damage)
        {
            return Refuse(result, plan, damage.Message, ExitCode.Damaged);
        }
        catch (Exception failure) when (failure is DeviceException or MountException or IOException)
        {
            return Refuse(result, plan, failure.Message, ExitCode.NotExamined);
        }
    }

    private int Refuse(ParseResult result, MountPlan plan, string reason, int exitCode)
    {
        InfoReport report = new(plan.Device) { Verdict = "refused", Reason = reason };
        _output.WriteLine(_target.WantsJson(result)
            ? JsonSerializer.Serialize(report, ToolJson.Default.InfoReport)
            : $"refused: {reason}");
        return exitCode;
    }

    private InfoReport Describe(MountPlan plan)
    {
        VolumeInformation volume;
        using (IBlockDevice device = ToolTarget.OpenDevice(plan, log))
        {
            volume = VolumeInformation.Read(device, plan.Superblock ?? 1);
        }

        InfoReport report = ReportOf(plan.Device, volume);
        try
        {
            using Volume mounted = ToolTarget.OpenVolume(plan, log);
            return report with { Verdict = "can be mounted", Notices = mounted.Notices };
        }
        catch (Exception refusal) when (refusal is CorruptionException or UnsupportedFeatureException or DeviceException or MountException)
        {
            return report with { Verdict = "refused", Reason = refusal.Message };
        }
    }

    private static InfoReport ReportOf(string image, VolumeInformation volume) => new(image)
    {
        Label = Printable.Text(volume.Label.Span),
        Uuid = Printable.Uuid(volume.Uuid.Span),
        LastMountedOn = Printable.Text(volume.LastMountedOn.Span),
        Revision = volume.Revision,
        Features = FeatureNames.Of(volume.Compatible, volume.Incompatible, volume.ReadOnlyCompatible),
        State = StateOf(volume.State),
        IsChecksumRight = volume.IsChecksumRight,
        BlockSize = PowerOfTwo(volume.BlockSizeBits),
        ClusterSize = PowerOfTwo(volume.ClusterSizeBits),
        BlocksCount = volume.BlocksCount,
        ReservedBlocks = volume.ReservedBlocksCount,
        FreeBlocks = volume.FreeBlocksCount,
        InodesCount = volume.InodesCount,
        FreeInodes = volume.FreeInodesCount,
        InodeSize = volume.InodeSize,
        FirstInode = volume.FirstInode,
        Groups = volume.GroupCount,
        BlocksPerGroup = volume.BlocksPerGroup,
        InodesPerGroup = volume.InodesPerGroup,
        GroupsPerFlex = volume.Incompatible.HasFlag(IncompatibleFeatures.FlexibleBlockGroups)
            ? PowerOfTwo((ulong)volume.LogGroupsPerFlex)
            : 1,
        DescriptorSize = volume.DescriptorSize,
        Journal = JournalOf(volume),
        MultipleMountProtection = volume.Incompatible.HasFlag(IncompatibleFeatures.MultipleMountProtection)
            ? $"block {volume.MultipleMountBlock}, every {volume.MultipleMountIntervalSeconds} seconds"
            : "none",
        Orphans = OrphansOf(volume),
        CreationTime = volume.CreationTime,
        MountTime = volume.MountTime,
        WriteTime = volume.WriteTime,
        LastCheckTime = volume.LastCheckTime,
        MountCount = volume.MountCount,
        MaximumMountCount = volume.MaximumMountCount,
        KilobytesWritten = volume.KilobytesWritten,
        ErrorCount = volume.ErrorCount,
        FirstErrorTime = volume.FirstErrorTime,
        FirstErrorFunction = Printable.Text(volume.FirstErrorFunction.Span),
        FirstErrorInode = volume.FirstErrorInode,
        FirstErrorBlock = volume.FirstErrorBlock,
        LastErrorTime = volume.LastErrorTime,
    };

    /// <summary>0 for a logarithm that no size has.</summary>
    private static ulong PowerOfTwo(ulong bits) => bits < 64 ? 1ul << (int)bits : 0;

    private static string StateOf(VolumeStates state)
    {
        string text = state.HasFlag(VolumeStates.Valid) ? "clean" : "not clean";
        return state.HasFlag(VolumeStates.Errors) ? $"{text} with errors" : text;
    }

    private static string JournalOf(VolumeInformation volume)
    {
        if (!volume.Compatible.HasFlag(CompatibleFeatures.HasJournal))
        {
            return "none";
        }

        string place = volume.JournalInode != 0 ? $"inode {volume.JournalInode}" : $"external, {Printable.Uuid(volume.JournalUuid.Span)}";
        return volume.Incompatible.HasFlag(IncompatibleFeatures.NeedsRecovery) ? $"{place}, needs recovery" : $"{place}, clean";
    }

    private static string OrphansOf(VolumeInformation volume)
    {
        bool hasFile = volume.Compatible.HasFlag(CompatibleFeatures.OrphanFile);
        bool isPresent = volume.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.OrphanPresent);
        string file = hasFile ? $"file inode {volume.OrphanFileInode}{(isPresent ? ", in use" : "")}" : "";
        string list = volume.LastOrphan != 0 ? $"list from inode {volume.LastOrphan}" : "";
        return (file.Length, list.Length) switch
        {
            (0, 0) => "none",
            (0, _) => list,
            (_, 0) => file,
            _ => $"{file}; {list}",
        };
    }

    private void Print(InfoReport report)
    {
        Line("Image", report.Image);
        Line("Verdict", report.Reason is null ? report.Verdict : $"{report.Verdict}: {report.Reason}");
        Line("Label", report.Label.Length == 0 ? "none" : report.Label);
        Line("UUID", report.Uuid);
        Line("Last mounted on", report.LastMountedOn.Length == 0 ? "unknown" : report.LastMountedOn);
        Line("Revision", $"{report.Revision}");
        Line("Features", report.Features.Count == 0 ? "none" : string.Join(' ', report.Features));
        Line("State", report.State);
        Line("Superblock checksum", report.IsChecksumRight ? "right, or not in use" : "wrong");
        Line("Block size", $"{report.BlockSize}");
        Line("Cluster size", $"{report.ClusterSize}");
        Line("Blocks", $"{report.BlocksCount}, free {report.FreeBlocks}, reserved {report.ReservedBlocks}");
        Line("Inodes", $"{report.InodesCount}, free {report.FreeInodes}, first {report.FirstInode}, size {report.InodeSize}");
        Line("Groups", $"{report.Groups}, of {report.BlocksPerGroup} blocks and {report.InodesPerGroup} inodes, descriptors of {report.DescriptorSize} bytes");
        Line("Groups per flexible group", $"{report.GroupsPerFlex}");
        Line("Journal", report.Journal);
        Line("Multiple-mount protection", report.MultipleMountProtection);
        Line("Orphans", report.Orphans);
        Line("Made", Printable.Time(report.CreationTime));
        Line("Last mount", $"{Printable.Time(report.MountTime)}, {report.MountCount} since the last check");
        Line("Last write", $"{Printable.Time(report.WriteTime)}, {report.KilobytesWritten} KiB in all");
        Line("Last check", Printable.Time(report.LastCheckTime));
        Line("Errors recorded", ErrorsOf(report));
        foreach (VolumeNotice notice in report.Notices)
        {
            Line($"Notice, {notice.Subject}", notice.Text);
        }
    }

    private static string ErrorsOf(InfoReport report) => report.ErrorCount == 0
        ? "none"
        : $"{report.ErrorCount}, the first {Printable.Time(report.FirstErrorTime)} in {report.FirstErrorFunction}, "
            + $"inode {report.FirstErrorInode}, block {report.FirstErrorBlock}; the last {Printable.Time(report.LastErrorTime)}";

    private void Line(string name, string value) => _output.WriteLine($"{(name + ":").PadRight(NameWidth)} {value}");
}
