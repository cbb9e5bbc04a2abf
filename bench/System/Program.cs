namespace Ext4Safety.SystemBench;

/// <summary>Mounts all servers on copies of one volume and measures them in turn.</summary>
internal static class Program
{
    private const string Usage = """
        systembench OUT [--quick] [--placement together|apart|free] [--only METRIC] [--lanes a,b,...]
          OUT          the directory that holds fuse4fs, nullserver and floor; images and bench.json go there too
          --quick      few rounds
          --placement  client and servers on one processor (the default), on two, or wherever the scheduler puts them
          --only       the metrics whose name contains this
          --lanes      of ours, contained, null, floor, fuse2fs, kernel: those that exist, if nothing is said
        """;

    private static int Main(string[] arguments)
    {
        if (arguments.Length == 0 || arguments[0].StartsWith('-'))
        {
            Console.Error.WriteLine(Usage);
            return 1;
        }

        string output = Path.GetFullPath(arguments[0]);
        bool isQuick = arguments.Contains("--quick");
        Placement placement = Enum.Parse<Placement>(Option(arguments, "--placement") ?? nameof(Placement.Together), ignoreCase: true);
        Processors.BindServers(placement);
        Images images = new(Path.Combine(output, "bench"));
        Console.WriteLine("bench: preparing volumes");
        images.Prepare();
        string work = Directory.CreateTempSubdirectory("ext4safety-bench").FullName;
        try
        {
            Servers servers = new(output, work, images, Option(arguments, "--lanes")?.Split(','));
            Measure(servers, Option(arguments, "--only"), isQuick ? 5 : 15, placement, Path.Combine(output, "bench.json"));
            return 0;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
            File.Delete(Images.Huge);
        }
    }

    private static void Measure(Servers servers, string? only, int rounds, Placement placement, string json)
    {
        Metric[] metrics = [.. Metric.All.Where(metric => only is null || metric.Name.Contains(only, StringComparison.Ordinal))];
        StartTime[] starts = only is null ? [.. servers.MeasureStarts(rounds)] : [];
        List<Lane> lanes = [.. servers.ForTheTree()];
        Measurements measurements = new();
        List<LaneEnd> ends = [];
        try
        {
            foreach (Lane lane in lanes)
            {
                _ = lane.Start();
            }

            Processors.BindClient(placement);
            measurements.Run(metrics, lanes, rounds, metric => Console.WriteLine($"bench: {metric.Name}"));
        }
        finally
        {
            ends.AddRange(lanes.Select(LaneEnd.Of));
        }

        Report report = new(Describe(placement), measurements, starts, ends);
        report.Print();
        report.Write(json);
    }

    private static string Describe(Placement placement) => placement switch
    {
        Placement.Together => "client and servers on one processor",
        Placement.Apart => "client on one processor, servers on another",
        _ => "client and servers wherever the scheduler puts them",
    };

    private static string? Option(string[] arguments, string name)
    {
        int index = Array.IndexOf(arguments, name);
        return index >= 0 && index + 1 < arguments.Length ? arguments[index + 1] : null;
    }
}
