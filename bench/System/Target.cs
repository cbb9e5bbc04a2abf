namespace Ext4Safety.SystemBench;

/// <summary>How fast one lane is meant to be, against another.</summary>
/// <param name="Metric">What is compared.</param>
/// <param name="Lane">Whose rate.</param>
/// <param name="Against">Divided by whose.</param>
/// <param name="AtLeast">The ratio that is meant to be reached.</param>
internal sealed record Target(Metric Metric, string Lane, string Against, double AtLeast)
{
    public static IReadOnlyList<Target> All =>
    [
        new(Metric.StatAsked, Lanes.Null, Lanes.Floor, 0.95),
        new(Metric.Lookup, Lanes.Null, Lanes.Floor, 0.95),
        new(Metric.Direct4K, Lanes.Null, Lanes.Floor, 0.95),
        new(Metric.Direct1M, Lanes.Null, Lanes.Floor, 0.95),
        new(Metric.Lookup, Lanes.Contained, Lanes.Ours, 0.97),
        new(Metric.Random4K, Lanes.Contained, Lanes.Ours, 0.97),
        new(Metric.Direct1M, Lanes.Contained, Lanes.Ours, 0.97),
        new(Metric.Lookup, Lanes.Ours, Lanes.Null, 0.65),
        new(Metric.Random4K, Lanes.Ours, Lanes.Null, 0.8),
        new(Metric.Direct1M, Lanes.Ours, Lanes.Null, 0.9),
        new(Metric.StatStorm, Lanes.Ours, Lanes.Fuse2fs, 5),
        new(Metric.StatAsked, Lanes.Ours, Lanes.Fuse2fs, 5),
        new(Metric.Lookup, Lanes.Ours, Lanes.Fuse2fs, 5),
        new(Metric.LookupLarge, Lanes.Ours, Lanes.Fuse2fs, 5),
        new(Metric.Open, Lanes.Ours, Lanes.Fuse2fs, 5),
        new(Metric.Sequential128K, Lanes.Ours, Lanes.Fuse2fs, 4),
        new(Metric.Sequential1M, Lanes.Ours, Lanes.Fuse2fs, 4),
        new(Metric.Random4K, Lanes.Ours, Lanes.Fuse2fs, 1.3),
        new(Metric.StatWarm, Lanes.Ours, Lanes.Kernel, 0.9),
        new(Metric.ListWarm, Lanes.Ours, Lanes.Kernel, 1.0),
        new(Metric.Sequential1M, Lanes.Ours, Lanes.Kernel, 1.0),
        new(Metric.Direct1M, Lanes.Ours, Lanes.Kernel, 1.0),
    ];
}

/// <summary>What the tables call the servers.</summary>
internal static class Lanes
{
    /// <summary>The server of this project on a real volume.</summary>
    public const string Ours = "ours";

    /// <summary>The same server, locked down in a sandbox.</summary>
    public const string Contained = "contained";

    /// <summary>The same transport over a tree that costs nothing.</summary>
    public const string Null = "null";

    /// <summary>The same tree behind the smallest loop in C.</summary>
    public const string Floor = "floor";

    public const string Fuse2fs = "fuse2fs";

    public const string Kernel = "kernel";
}
