namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Hears how a campaign goes. Calls may come from several threads, one at a time.</summary>
internal interface ICampaignWatcher
{
    /// <summary>A slice of a target makes progress.</summary>
    /// <param name="target">The target's name.</param>
    /// <param name="progress">Of this slice.</param>
    /// <param name="seconds">Since the slice began.</param>
    void Progressed(string target, in FuzzerProgress progress, double seconds);

    /// <summary>A slice of a target ended.</summary>
    /// <param name="target">The target's name.</param>
    /// <param name="state">What is known of the target now.</param>
    /// <param name="seconds">Length of the slice.</param>
    /// <param name="newFeatures">What it found.</param>
    void Ended(string target, TargetState state, double seconds, int newFeatures);

    /// <summary>Something was found that was not known, or that was thought to be fixed.</summary>
    void Found(Finding finding);
}
