namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Shares time among targets: half of it equally, the other half by how much each still finds.</summary>
/// <remarks>Each target has a clock that its slices advance, the slower the larger its share; the target whose clock is
/// furthest behind is next. The same slices with the same results give the same order.</remarks>
internal sealed class TimeShare
{
    private const double EqualPart = 0.5, NewestWeight = 0.5;

    private readonly List<Entry> _entries = [];

    /// <summary>Adds a target.</summary>
    /// <param name="target">The target's name.</param>
    /// <param name="featuresPerSecond">What it found lately; nothing for one that never ran.</param>
    public void Add(string target, double? featuresPerSecond) => _entries.Add(new(target) { Rate = featuresPerSecond ?? 0 });

    /// <summary>The target that is next.</summary>
    /// <param name="busy">Targets that run already: they are only taken if all do.</param>
    public string Next(IReadOnlyCollection<string> busy) => _entries
        .OrderBy(entry => busy.Contains(entry.Target, StringComparer.Ordinal))
        .ThenBy(entry => entry.Clock)
        .First().Target;

    /// <summary>Takes note of a slice.</summary>
    /// <returns>What the target finds in a second, the newest slices counting most.</returns>
    public double Ran(string target, double seconds, int newFeatures)
    {
        Entry entry = _entries.Find(candidate => candidate.Target.Equals(target, StringComparison.Ordinal))!;
        double rate = newFeatures / Math.Max(seconds, 1);
        entry.Rate = entry.HasRun ? (NewestWeight * rate) + ((1 - NewestWeight) * entry.Rate) : Math.Max(rate, entry.Rate);
        entry.HasRun = true;
        entry.Clock += seconds / ShareOf(entry);
        return entry.Rate;
    }

    /// <summary>A target that needs no more time.</summary>
    public void Remove(string target) => _entries.RemoveAll(entry => entry.Target.Equals(target, StringComparison.Ordinal));

    /// <summary>Whether no target needs time.</summary>
    public bool IsEmpty => _entries.Count == 0;

    private double ShareOf(Entry entry)
    {
        double all = _entries.Sum(other => other.Rate);
        double equal = 1.0 / _entries.Count;
        return (EqualPart * equal) + ((1 - EqualPart) * (all > 0 ? entry.Rate / all : equal));
    }

    private sealed class Entry(string target)
    {
        public string Target { get; } = target;

        public double Rate { get; set; }

        public double Clock { get; set; }

        public bool HasRun { get; set; }
    }
}
