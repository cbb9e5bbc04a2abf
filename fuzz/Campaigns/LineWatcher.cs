namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Tells of a campaign in plain lines: one for each slice and each finding.</summary>
internal sealed class LineWatcher(TextWriter output) : ICampaignWatcher
{
    /// <inheritdoc/>
    public void Progressed(string target, in FuzzerProgress progress, double seconds)
    {
        // A line for each slice is enough where nobody looks on.
    }

    /// <inheritdoc/>
    public void Ended(string target, TargetState state, double seconds, int newFeatures) => output.WriteLine(
        $"{target}: {seconds:f0} s, {state.RunsPerSecond:n0} runs/s, {state.Runs:n0} runs, edges {state.Edges}, "
        + $"features {state.Features} (+{newFeatures}), corpus {state.CorpusSize}");

    /// <inheritdoc/>
    public void Found(Finding finding) => output.WriteLine($"{finding.Target}: FOUND {finding.Identity} {finding.Title}");
}
