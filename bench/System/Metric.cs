using System.Diagnostics;

namespace Ext4Safety.SystemBench;

/// <summary>One thing that is measured, the same way on every mount.</summary>
/// <param name="Name">What the tables call it.</param>
/// <param name="Unit">What is counted per second.</param>
/// <param name="Rate">Brings a mount into the state that the metric starts from, runs one burst, and gives its rate.</param>
internal sealed record Metric(string Name, string Unit, Func<Client, Lane, double> Rate)
{
    private const int BurstDirectories = 20;
    private const long BurstBytes = 32L << 20;
    private const int RandomReads = 1500;
    private const int LargeLookups = 200;
    private static readonly TimeSpan StormTime = TimeSpan.FromSeconds(1.2);
    private const double Mebibyte = 1 << 20;

    /// <summary>Everything is in the kernel's caches: no server is asked, or should be.</summary>
    public static readonly Metric StatWarm = new("stat, warm", "stat/s", (client, lane) =>
        InDirectories(lane, directory => client.Stat(directory, 0), directory => client.Stat(directory, 0)));

    /// <summary>A stat storm: a working set by whole paths, again and again, for longer than the second for which libfuse lets
    /// the kernel believe what it was told. Who lets it believe for ever is asked once.</summary>
    public static readonly Metric StatStorm = new("stat, storm of paths", "stat/s", (client, lane) =>
    {
        byte[][] paths = [.. from directory in Enumerable.Range(0, BurstDirectories)
                             from file in Enumerable.Range(0, Tree.FilesPerDirectory)
                             select Tree.Native($"{lane.MountPoint}/tree/{Tree.DirectoryName(directory)}/{Tree.FileName(file)}")];
        _ = client.StatAll(Libc.CurrentDirectory, paths);
        return PerSecond(() => client.StatUntil(StormTime, paths));
    });

    /// <summary>A stat that insists on the server's word: one GETATTR each.</summary>
    public static readonly Metric StatAsked = new("stat, asked", "stat/s", (client, lane) =>
        InDirectories(lane, directory => client.Stat(directory, 0), directory => client.Stat(directory, Libc.ForceSync)));

    /// <summary>Names that the kernel has just forgotten: one LOOKUP each.</summary>
    public static readonly Metric Lookup = new("lookup", "names/s", (client, lane) =>
    {
        lane.Forget();
        return InDirectories(lane, _ => 0, directory => client.Stat(directory, 0));
    });

    /// <summary>Names here and there in a directory of very many, just forgotten: one LOOKUP each, and a search.</summary>
    public static readonly Metric LookupLarge = new($"lookup among {Tree.NameCount}", "names/s", (client, lane) =>
    {
        Random random = new(1);
        byte[][] names = [.. Enumerable.Range(0, LargeLookups).Select(_ => Tree.Native(Tree.EntryName(random.Next(Tree.NameCount))))];
        lane.Forget();
        int directory = Client.OpenDirectory($"{lane.MountPoint}/names");
        double rate = PerSecond(() => client.StatAll(directory, names));
        _ = Libc.Close(directory);
        return rate;
    });

    /// <summary>Known names, opened and closed: no request at all where the kernel was told not to ask.</summary>
    public static readonly Metric Open = new("open", "opens/s", (client, lane) =>
        InDirectories(lane, directory => client.Stat(directory, 0), Client.Open));

    public static readonly Metric Sequential128K = new("read 128 KiB, in order", "MiB/s", (client, lane) =>
        InBig(lane, isDirect: false, file => client.ReadInOrder(file, 128 << 10, 0, BurstBytes) / Mebibyte));

    public static readonly Metric Sequential1M = new("read 1 MiB, in order", "MiB/s", (client, lane) =>
        InBig(lane, isDirect: false, file => client.ReadInOrder(file, 1 << 20, 0, BurstBytes) / Mebibyte));

    /// <summary>Past the mount's page cache: one READ of a MiB each.</summary>
    public static readonly Metric Direct1M = new("read 1 MiB, direct", "MiB/s", (client, lane) =>
        InBig(lane, isDirect: true, file => client.ReadInOrder(file, 1 << 20, 0, BurstBytes) / Mebibyte));

    public static readonly Metric Random4K = new("read 4 KiB, at random", "reads/s", (client, lane) =>
        InBig(lane, isDirect: false, file =>
        {
            _ = Libc.Advise(file, 0, 0, Libc.AdviseRandom);
            return client.ReadAtRandom(file, 4096, RandomReads, new(1));
        }));

    public static readonly Metric Direct4K = new("read 4 KiB, direct", "reads/s", (client, lane) =>
        InBig(lane, isDirect: true, file => client.ReadAtRandom(file, 4096, RandomReads, new(1))));

    public static readonly Metric ListCold = new($"list {Tree.NameCount}, cold", "entries/s", (client, lane) => List(client, lane, isWarm: false));

    public static readonly Metric ListWarm = new($"list {Tree.NameCount}, warm", "entries/s", (client, lane) => List(client, lane, isWarm: true));

    public static readonly Metric WalkCold = new("find -ls, cold", "entries/s", (client, lane) =>
    {
        lane.Forget();
        return PerSecond(() => client.Walk($"{lane.MountPoint}/tree"));
    });

    public static readonly Metric WalkWarm = new("find -ls, warm", "entries/s", (client, lane) =>
    {
        _ = client.Walk($"{lane.MountPoint}/tree");
        return PerSecond(() => client.Walk($"{lane.MountPoint}/tree"));
    });

    public static IReadOnlyList<Metric> All =>
        [StatWarm, StatStorm, StatAsked, Lookup, LookupLarge, Open, Sequential128K, Sequential1M, Direct1M, Random4K, Direct4K, ListCold, ListWarm, WalkCold, WalkWarm];

    private static double PerSecond(Func<double> burst)
    {
        long start = Stopwatch.GetTimestamp();
        double count = burst();
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Runs over some directories twice: the first time to warm up, the second time against the clock.</summary>
    private static double InDirectories(Lane lane, Func<int, int> warmUp, Func<int, int> burst)
    {
        int[] directories = [.. Enumerable.Range(0, BurstDirectories)
            .Select(index => Client.OpenDirectory($"{lane.MountPoint}/tree/{Tree.DirectoryName(index)}"))];
        foreach (int directory in directories)
        {
            _ = warmUp(directory);
        }

        double rate = PerSecond(() => directories.Sum(burst));
        foreach (int directory in directories)
        {
            _ = Libc.Close(directory);
        }

        return rate;
    }

    /// <summary>The big file, cold in the mount and warm in the host.</summary>
    private static double InBig(Lane lane, bool isDirect, Func<int, double> burst)
    {
        int file = Client.OpenBig(lane.MountPoint, isDirect);
        _ = Libc.Advise(file, 0, 0, Libc.AdviseDontNeed);
        double rate = PerSecond(() => burst(file));
        _ = Libc.Advise(file, 0, 0, Libc.AdviseDontNeed);
        _ = Libc.Close(file);
        return rate;
    }

    private static double List(Client client, Lane lane, bool isWarm)
    {
        if (!isWarm)
        {
            lane.Forget();
        }

        int directory = Client.OpenDirectory($"{lane.MountPoint}/names");
        if (isWarm)
        {
            _ = client.List(directory);
        }

        double rate = PerSecond(() => client.List(directory));
        _ = Libc.Close(directory);
        return rate;
    }
}
