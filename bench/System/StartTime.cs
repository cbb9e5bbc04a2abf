namespace Ext4Safety.SystemBench;

/// <summary>How long servers take from their start to a served root, and what they then keep in memory.</summary>
/// <param name="Lane">Which server.</param>
/// <param name="Volume">Which volume.</param>
/// <param name="Milliseconds">The median.</param>
/// <param name="ResidentKibibytes">Right after the start; 0 for the kernel.</param>
internal sealed record StartTime(string Lane, string Volume, double Milliseconds, long ResidentKibibytes)
{
    /// <summary>Starts each server in turn, several times.</summary>
    /// <param name="volume">What the tables call the volume.</param>
    /// <param name="rounds">How often.</param>
    /// <param name="lanes">Makes the servers anew for every round.</param>
    public static IEnumerable<StartTime> Measure(string volume, int rounds, Func<IEnumerable<Lane>> lanes)
    {
        Dictionary<string, List<double>> times = [];
        Dictionary<string, long> memory = [];
        for (int round = 0; round < rounds; round++)
        {
            foreach (Lane lane in lanes())
            {
                using (lane)
                {
                    if (!times.TryGetValue(lane.Name, out List<double>? list))
                    {
                        times[lane.Name] = list = [];
                    }

                    list.Add(lane.Start().TotalMilliseconds);
                    memory[lane.Name] = lane.ResidentKibibytes;
                }
            }
        }

        return times.Select(pair => new StartTime(pair.Key, volume, Measurements.Median(pair.Value), memory[pair.Key]));
    }
}
