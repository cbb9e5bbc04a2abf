namespace Ext4Safety.SystemBench;

/// <summary>Rates per metric and lane, one for each round: what was measured in the same round is compared.</summary>
internal sealed class Measurements
{
    private readonly Dictionary<(string Metric, string Lane), List<double>> _rates = [];

    /// <summary>Runs every metric on every lane, round by round, each time starting with another lane.</summary>
    public void Run(IReadOnlyList<Metric> metrics, IReadOnlyList<Lane> lanes, int rounds, Action<Metric> tell)
    {
        using Client client = new();
        foreach (Metric metric in metrics)
        {
            tell(metric);

            // One round that does not count: everybody has then run everything once.
            for (int round = -1; round < rounds; round++)
            {
                for (int turn = 0; turn < lanes.Count; turn++)
                {
                    Lane lane = lanes[(turn + round + lanes.Count) % lanes.Count];
                    double rate = metric.Rate(client, lane);
                    if (round >= 0)
                    {
                        Add(metric, lane, rate);
                    }
                }
            }
        }
    }

    /// <summary>The median rate, or null where it was not measured.</summary>
    public double? Rate(Metric metric, string lane) => _rates.TryGetValue((metric.Name, lane), out List<double>? rates) ? Median(rates) : null;

    /// <summary>The median of the ratios between two lanes in the same round.</summary>
    public double? Ratio(Metric metric, string lane, string against) =>
        _rates.TryGetValue((metric.Name, lane), out List<double>? ours) && _rates.TryGetValue((metric.Name, against), out List<double>? theirs)
            ? Median([.. ours.Zip(theirs, (rate, other) => rate / other)])
            : null;

    public static double Median(List<double> values)
    {
        List<double> sorted = [.. values.Order()];
        int middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void Add(Metric metric, Lane lane, double rate)
    {
        if (!_rates.TryGetValue((metric.Name, lane.Name), out List<double>? rates))
        {
            _rates[(metric.Name, lane.Name)] = rates = [];
        }

        rates.Add(rate);
    }
}
