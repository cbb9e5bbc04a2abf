using System.Text;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>A report for a pull request or a chat.</summary>
internal static class MarkdownReport
{
    private const int MostStackLines = 12;

    /// <summary>Writes it.</summary>
    public static string Write(ReportData data)
    {
        StringBuilder text = new("# Fuzzing\n\n");
        string canary = data.HasCanary ? "the canary was found" : "**the canary was not found: the fuzzing itself does not work**";
        text.Append($"{data.Open.Count} open findings in {data.Runs:n0} runs of {data.State.Targets.Count} targets; {canary}.\n\n");
        text.Append("| target | time | runs | runs/s | edges | features | corpus | findings |\n| --- | --: | --: | --: | --: | --: | --: | --: |\n");
        foreach ((string name, TargetState target) in data.State.Targets)
        {
            int findings = data.Open.Count(finding => finding.Target.Equals(name, StringComparison.Ordinal));
            text.Append($"| {name} | {target.Seconds:n0} s | {target.Runs:n0} | {target.Runs / Math.Max(target.Seconds, 0.001):n0} ");
            text.Append($"| {target.Edges} | {target.Features} | {target.CorpusSize} | {findings} |\n");
        }

        foreach (Finding finding in data.Open)
        {
            text.Append($"\n## {finding.Identity} {finding.Title}\n\n{finding.Target}, {finding.Kind}");
            text.Append(finding.Structure.Length > 0 ? $", {finding.Structure}" : "").Append("\n\n");
            text.Append(finding.Touched.Count > 0 ? $"- changes {string.Join("\n- changes ", finding.Touched)}\n\n" : "");
            text.Append($"```text\n{finding.Headline}\n");
            text.AppendJoin('\n', finding.Report.Where(line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal)).Take(MostStackLines));
            text.Append("\n```\n\n```sh\n").AppendJoin('\n', data.CommandsOf(finding)).Append("\n```\n");
        }

        if (data.Coverage is { } coverage)
        {
            text.Append("\n## What the corpus reaches of Ext4Core\n\n| folder | lines | branches |\n| --- | --: | --: |\n");
            foreach ((string folder, CoverageCount count) in (IEnumerable<(string, CoverageCount)>)[.. coverage.Folders, ("all", coverage.Total)])
            {
                text.Append($"| {folder} | {count.LinePercent:f1} % | {count.BranchPercent:f1} % |\n");
            }
        }

        return text.ToString();
    }
}
