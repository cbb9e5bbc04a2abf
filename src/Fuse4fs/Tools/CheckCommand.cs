using System.CommandLine;
using System.Text.Json;
using Ext4Core;
using Ext4Core.Audit;
using Ext4Core.Integrity;
using Fuse4fs.Logging;
using Fuse4fs.Mounting;
using Fuse4fs.Options;

namespace Fuse4fs.Tools;

/// <summary><c>fuse4fs check IMAGE</c>: audits a volume without changing it; one line of verdict, then every damage report.</summary>
/// <remarks>Exit codes follow e2fsck's: 0 clean, 4 damaged, 8 for a volume that could not be looked at. A wrong command line is 1.</remarks>
internal sealed class CheckCommand(EventLog log)
{
    private readonly ToolTarget _target = new();

    /// <summary>The command.</summary>
    public static Command Create(EventLog log) => new CheckCommand(log).Build();

    private Command Build() =>
        _target.Command("check", "Looks for damage on a volume, without changing it.", Run);

    private int Run(ParseResult result)
    {
        MountPlan plan = _target.PlanOf(result);
        CheckReport report;
        int exitCode;
        try
        {
            (report, exitCode) = Audit(plan, result.InvocationConfiguration.Error);
        }
        catch (CorruptionException damage)
        {
            report = new(plan.Device, "refused") { Reason = damage.Message, ReportCount = 1, Reports = [DamageReport.Of(damage)] };
            exitCode = ExitCode.Damaged;
        }
        catch (Exception failure) when (failure is UnsupportedFeatureException or DeviceException or MountException or IOException)
        {
            report = new(plan.Device, "refused") { Reason = failure.Message };
            exitCode = ExitCode.NotExamined;
        }

        Print(report, _target.WantsJson(result), result.InvocationConfiguration.Output);
        return exitCode;
    }

    private (CheckReport Report, int ExitCode) Audit(MountPlan plan, TextWriter progress)
    {
        using Volume volume = ToolTarget.OpenVolume(plan, log, skipsFastCommits: true);
        AuditResult audit = volume.Audit(new() { Progress = TerminalProgress.For(progress) });
        CheckReport report = new(plan.Device, audit.IsClean ? "clean" : "damaged")
        {
            ReportCount = audit.ReportCount,
            Reports = [.. audit.Reports.Select(DamageReport.Of)],
            Skipped = audit.Skipped,
            Notices = volume.Notices,
            Inodes = audit.Tally.Inodes,
            Directories = audit.Tally.Directories,
            Entries = audit.Tally.Entries,
            Blocks = audit.Tally.Blocks,
        };
        return (report, audit.IsClean ? ExitCode.Success : ExitCode.Damaged);
    }

    private static void Print(CheckReport report, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(report, ToolJson.Default.CheckReport));
            return;
        }

        output.WriteLine(report.Verdict switch
        {
            "clean" => $"clean: {report.Inodes} inodes, {report.Directories} directories, {report.Entries} names, {report.Blocks} blocks",
            "damaged" => $"damaged: {report.ReportCount} reports",
            _ => $"refused: {report.Reason}",
        });
        if (report.Reason is null)
        {
            foreach (DamageReport damage in report.Reports)
            {
                output.WriteLine(damage.Text);
            }

            long unkept = report.ReportCount - report.Reports.Count;
            if (unkept > 0)
            {
                output.WriteLine($"and {unkept} more");
            }
        }

        foreach (string skipped in report.Skipped)
        {
            output.WriteLine($"not checked: {skipped}");
        }

        foreach (VolumeNotice notice in report.Notices)
        {
            output.WriteLine($"notice: {notice.Subject}: {notice.Text}");
        }
    }
}
