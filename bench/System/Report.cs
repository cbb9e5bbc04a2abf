using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Ext4Safety.SystemBench;

/// <summary>What a run found, as tables and as JSON.</summary>
/// <param name="placement">Where client and servers ran.</param>
/// <param name="measurements">The rates.</param>
/// <param name="starts">The starts.</param>
/// <param name="lanes">The servers that ran, after their end.</param>
internal sealed class Report(
    string placement, Measurements measurements, IReadOnlyList<StartTime> starts, IReadOnlyList<LaneEnd> lanes)
{
    /// <summary>Resident memory without cache. Unit: KiB.</summary>
    private const long MostResident = 25 << 10;
    private const double MostMilliseconds = 50;

    public void Print()
    {
        // Nobody wraps a file or a pipe.
        const int wideEnough = 160;
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, wideEnough);
        AnsiConsole.Write(RateTable());
        AnsiConsole.Write(TargetTable());
        AnsiConsole.Write(StartTable());
        AnsiConsole.Write(LaneTable());
    }

    public void Write(string path)
    {
        JsonObject root = new()
        {
            ["placement"] = placement,
            ["rates"] = new JsonArray([.. Metric.All.Select(RatesOf)]),
            ["targets"] = new JsonArray([.. Target.All.Select(TargetOf)]),
            ["starts"] = JsonSerializer.SerializeToNode(starts),
            ["servers"] = JsonSerializer.SerializeToNode(lanes),
        };
        File.WriteAllText(path, root.ToJsonString(new() { WriteIndented = true }));
    }

    private JsonNode RatesOf(Metric metric)
    {
        JsonObject rates = new() { ["metric"] = metric.Name, ["unit"] = metric.Unit };
        foreach (LaneEnd lane in lanes)
        {
            rates[lane.Name] = measurements.Rate(metric, lane.Name);
        }

        return rates;
    }

    private JsonNode TargetOf(Target target) => new JsonObject
    {
        ["metric"] = target.Metric.Name,
        ["lane"] = target.Lane,
        ["against"] = target.Against,
        ["ratio"] = measurements.Ratio(target.Metric, target.Lane, target.Against),
        ["target"] = target.AtLeast,
    };

    private Table RateTable()
    {
        Table table = new Table().Title($"Rates, medians; {placement}").AddColumns("metric", "unit");
        foreach (LaneEnd lane in lanes)
        {
            _ = table.AddColumn(new TableColumn(lane.Name).RightAligned());
        }

        foreach (Metric metric in Metric.All)
        {
            _ = table.AddRow([metric.Name, metric.Unit, .. lanes.Select(lane => $"{measurements.Rate(metric, lane.Name):n0}")]);
        }

        return table;
    }

    private Table TargetTable()
    {
        Table table = new Table().Title("Medians of paired ratios").AddColumns("metric", "ratio", "measured", "target", "reached");
        foreach (Target target in Target.All)
        {
            double? ratio = measurements.Ratio(target.Metric, target.Lane, target.Against);
            string reached = ratio is null ? "not measured" : ratio >= target.AtLeast ? "yes" : "NO";
            _ = table.AddRow(target.Metric.Name, $"{target.Lane} / {target.Against}", $"{ratio:f2}", $"{target.AtLeast:f2}", reached);
        }

        return table;
    }

    private Table StartTable()
    {
        Table table = new Table().Title("From start to served root").AddColumns("server", "volume", "ms", "resident MiB", "within target");
        foreach (StartTime start in starts)
        {
            bool isWithin = start.Milliseconds <= MostMilliseconds && start.ResidentKibibytes <= MostResident;
            string verdict = start.Lane is Lanes.Ours ? isWithin ? "yes" : "NO" : string.Empty;
            _ = table.AddRow(start.Lane, start.Volume, $"{start.Milliseconds:f1}", $"{start.ResidentKibibytes / 1024.0:f1}", verdict);
        }

        return table;
    }

    private Table LaneTable()
    {
        Table table = new Table().Title("After the run").AddColumns("server", "resident MiB", "requests", "bytes allocated", "collections");
        foreach (LaneEnd lane in lanes)
        {
            _ = table.AddRow(
                lane.Name, $"{lane.ResidentKibibytes / 1024.0:f1}", $"{lane.Requests}", $"{lane.AllocatedBytes}", $"{lane.Collections}");
        }

        return table;
    }
}

/// <summary>What a server said of itself when it ended.</summary>
/// <param name="Name">Which one.</param>
/// <param name="ResidentKibibytes">Before its end, caches included; 0 for the kernel.</param>
/// <param name="Requests">Requests that it served, where it counts them.</param>
/// <param name="AllocatedBytes">Managed memory that serving allocated.</param>
/// <param name="Collections">Garbage collections in its life.</param>
internal sealed partial record LaneEnd(string Name, long ResidentKibibytes, long? Requests, long? AllocatedBytes, long? Collections)
{
    /// <summary>Ends a server and reads its last line.</summary>
    public static LaneEnd Of(Lane lane)
    {
        long resident = lane.ResidentKibibytes;
        lane.Dispose();
        return new(lane.Name, resident, Number(lane.Log, "requests"), Number(lane.Log, "allocated"), Number(lane.Log, "collections"));
    }

    private static long? Number(string log, string field)
    {
        Match match = Field().Matches(log).LastOrDefault(candidate => candidate.Groups["name"].ValueSpan.SequenceEqual(field)) ?? Match.Empty;
        return match.Success ? long.Parse(match.Groups["value"].ValueSpan) : null;
    }

    [GeneratedRegex(@"\b(?<name>requests|allocated|collections)=""?(?<value>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();
}
