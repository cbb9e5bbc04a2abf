using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>What a campaign knows: kept between its runs, so that the next goes on where the last stopped.</summary>
internal sealed record CampaignState
{
    /// <summary>Each target's state by its name.</summary>
    public SortedDictionary<string, TargetState> Targets { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Every finding by its bucket.</summary>
    public SortedDictionary<string, Finding> Findings { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The state of a target; a new one if it never ran.</summary>
    public TargetState Of(string target)
    {
        if (!Targets.TryGetValue(target, out TargetState? state))
        {
            state = new();
            Targets.Add(target, state);
        }

        return state;
    }
}

/// <summary>What a campaign knows of one target.</summary>
internal sealed record TargetState
{
    /// <summary>Seconds of all slices.</summary>
    public double Seconds { get; set; }

    /// <summary>Inputs run in all slices.</summary>
    public long Runs { get; set; }

    /// <summary>Edges seen by the newest slice.</summary>
    public int Edges { get; set; }

    /// <summary>Features seen by the newest slice.</summary>
    public int Features { get; set; }

    /// <summary>Inputs in the working corpus.</summary>
    public int CorpusSize { get; set; }

    /// <summary>Runs in a second of the newest slice.</summary>
    public double RunsPerSecond { get; set; }

    /// <summary>New features in a second, lately; nothing before the first slice.</summary>
    public double? FeaturesPerSecond { get; set; }

    /// <summary>How it went, oldest first.</summary>
    public IList<HistoryPoint> History { get; init; } = [];
}

/// <summary>Where a target stood at one time.</summary>
/// <param name="Seconds">Of all its slices so far.</param>
/// <param name="Runs">Of all its slices so far.</param>
/// <param name="Edges">Seen so far.</param>
/// <param name="Features">Seen so far.</param>
internal sealed record HistoryPoint(double Seconds, long Runs, int Edges, int Features);

/// <summary>One finding: what was seen, and the input that shows it.</summary>
internal sealed record Finding
{
    /// <summary>Its bucket's name.</summary>
    public required string Identity { get; init; }

    /// <summary>The target that found it.</summary>
    public required string Target { get; init; }

    /// <summary>One line for people.</summary>
    public required string Title { get; init; }

    /// <summary>What is printed of it first.</summary>
    public required string Headline { get; init; }

    /// <summary>How the program ended.</summary>
    public required FailureKind Kind { get; init; }

    /// <summary>The on-disk structure that is named; empty for none.</summary>
    public string Structure { get; init; } = "";

    /// <summary>The structures and fields that its input changes; empty where inputs of its target are no volumes.</summary>
    public IReadOnlyList<string> Touched { get; init; } = [];

    /// <summary>Our innermost methods.</summary>
    public IReadOnlyList<string> Frames { get; init; } = [];

    /// <summary>Everything that was printed.</summary>
    public IReadOnlyList<string> Report { get; init; } = [];

    /// <summary>The smallest input known, below the campaign's directory.</summary>
    public required string Input { get; init; }

    /// <summary>When it was found first.</summary>
    public DateTimeOffset FoundAt { get; init; }

    /// <summary>Inputs that the target had run by then.</summary>
    public long FoundAfterRuns { get; init; }

    /// <summary>How often it was found.</summary>
    public int Times { get; set; } = 1;

    /// <summary>Whether the input shows it no more.</summary>
    public bool IsFixed { get; set; }

    /// <summary>Whether it is the canary's, which has to be found.</summary>
    [JsonIgnore]
    public bool IsExpected => Target.Equals("canary", StringComparison.Ordinal);
}

/// <summary>Keeps a campaign's state in its directory.</summary>
/// <param name="directory">The campaign's directory.</param>
internal sealed class CampaignStore(string directory)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The campaign's directory.</summary>
    public string Directory { get; } = directory;

    private string StateFile => Path.Combine(Directory, "state.json");

    /// <summary>Inputs that libFuzzer found worth keeping.</summary>
    public string CorpusOf(string target) => Made("corpus", target);

    /// <summary>The inputs that a target starts from where nothing is committed yet.</summary>
    public string SeedsOf(string target) => Made("seeds", target);

    /// <summary>Where libFuzzer writes inputs that failed in one slice.</summary>
    public string ArtifactsOf(string slice) => Made("artifacts", slice);

    /// <summary>The file that holds a finding's smallest input.</summary>
    public string InputOf(Finding finding) => Path.Combine(Directory, finding.Input);

    /// <summary>Where a bucket's files go, below the campaign's directory.</summary>
    public string FindingDirectory(string identity)
    {
        Made("findings", identity);
        return Path.Combine("findings", identity);
    }

    /// <summary>Reads the state; an empty one if there is none.</summary>
    /// <exception cref="FormatException">The file is not a state; the message names it.</exception>
    public CampaignState Load()
    {
        if (!File.Exists(StateFile))
        {
            return new();
        }

        try
        {
            return JsonSerializer.Deserialize<CampaignState>(File.ReadAllText(StateFile), Format)!;
        }
        catch (JsonException mistake)
        {
            throw new FormatException($"{StateFile}: {mistake.Message}", mistake);
        }
    }

    /// <summary>Writes the state; a crash leaves the old one or the new one.</summary>
    public void Save(CampaignState state)
    {
        System.IO.Directory.CreateDirectory(Directory);
        string fresh = StateFile + ".new";
        File.WriteAllText(fresh, JsonSerializer.Serialize(state, Format));
        File.Move(fresh, StateFile, overwrite: true);
    }

    private string Made(string kind, string name) =>
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, kind, name)).FullName;
}
