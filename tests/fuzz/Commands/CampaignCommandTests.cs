using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.FuzzTests.Campaigns;

namespace Ext4Safety.FuzzTests.Commands;

public sealed class CampaignCommandTests : IDisposable
{
    private static readonly string[] Short = ["--minutes", "0.02", "--jobs", "2", "--binaries", "bin", "--corpus", "corpus", "--state", "state"];
    private readonly CommandRunner _commands = new();

    public CampaignCommandTests()
    {
        FakeFuzzer.Install(Binaries, "canary", "Ext4");
        FakeFuzzer.Install(Binaries, "extent-node", "");
    }

    private string Binaries => Path.Combine(_commands.Directory, "bin");

    private CampaignState State => new CampaignStore(Path.Combine(_commands.Directory, "state")).Load();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public void A_campaign_that_finds_only_the_canary_exits_with_0()
    {
        CommandResult result = Campaign("extent-node");
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Contains("extent-node: ", result.Output);
        TargetState target = State.Targets["extent-node"];
        Assert.Equal((14, 20), (target.Edges, target.Features));
        Assert.True(target.Runs >= 4000);
        Assert.True(target.History.Count >= 2);
    }

    [Fact]
    public void A_campaign_without_the_canary_exits_with_3()
    {
        FakeFuzzer.Install(Binaries, "canary", "");
        CommandResult result = Campaign("extent-node");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("the canary was not found", result.Error);
    }

    [Fact]
    public void A_new_finding_exits_with_1_and_keeps_its_input()
    {
        FakeFuzzer.Install(Binaries, "extent-node", "broken");
        CommandResult result = Campaign("extent-node");
        Assert.True(result.ExitCode == 1, result.Output + result.Error);
        Finding finding = Assert.Single(State.Findings.Values, finding => !finding.IsExpected);
        Assert.Contains($"new finding {finding.Identity}: Contradiction: broken was seen in ExtentTree.Walk", result.Output);
        Assert.Contains($"run extent-node state/findings/{finding.Identity}/input", result.Output);
        Assert.Contains("broken", File.ReadAllText(Path.Combine(_commands.Directory, "state", finding.Input)));
        Assert.Contains("ExtentTree.Walk", File.ReadAllText(Path.Combine(_commands.Directory, "state/findings", finding.Identity, "report.txt")));
    }

    [Fact]
    public void A_known_finding_is_listed_hides_nothing_and_exits_with_0()
    {
        FakeFuzzer.Install(Binaries, "extent-node", "broken");
        Campaign("extent-node");
        File.Delete(Path.Combine(Binaries, "extent-node_fuzzer.calls"));
        CommandResult again = Campaign("extent-node");
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("known finding ", again.Output);
        Assert.Contains("-ignore_crashes=1", File.ReadAllText(Path.Combine(Binaries, "extent-node_fuzzer.calls")));
    }

    [Fact]
    public void A_finding_that_was_fixed_and_comes_back_is_new()
    {
        FakeFuzzer.Install(Binaries, "extent-node", "broken");
        Campaign("extent-node");
        FakeFuzzer.Install(Binaries, "extent-node", "");
        CommandResult repaired = Campaign("extent-node");
        Assert.Equal(0, repaired.ExitCode);
        Assert.DoesNotContain("known finding", repaired.Output);
        FakeFuzzer.Install(Binaries, "extent-node", "broken");
        string fixedInput = Path.Combine(_commands.Directory, "state", State.Findings.Values.Single(finding => !finding.IsExpected).Input);
        File.WriteAllText(fixedInput, "harmless");
        Assert.Equal(1, Campaign("extent-node").ExitCode);
    }

    [Fact]
    public void A_campaign_goes_on_where_the_last_one_stopped()
    {
        Campaign("extent-node");
        TargetState first = State.Targets["extent-node"];
        Campaign("extent-node");
        TargetState second = State.Targets["extent-node"];
        Assert.True(second.Runs > first.Runs && second.Seconds > first.Seconds);
        Assert.True(second.CorpusSize > first.CorpusSize);
        Assert.Equal(first.History[^1], second.History[first.History.Count - 1]);
    }

    [Fact]
    public void Inputs_that_were_found_are_taken_into_the_corpus_on_request()
    {
        CommandResult result = _commands.Run(["campaign", .. Short, "--targets", "extent-node", "--merge"]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Matches("extent-node: [0-9]+ inputs taken into corpus/fuzz/extent-node", result.Output);
        _ = Assert.Single(
            Directory.GetFiles(Path.Combine(_commands.Directory, "corpus/fuzz/extent-node")).Select(Path.GetFileName),
            input => input!.StartsWith("unfit-", StringComparison.Ordinal));
        Assert.Equal(0, _commands.Run("replay", "--corpus", "corpus").ExitCode);
    }

    [Fact]
    public void A_state_that_cannot_be_read_is_named()
    {
        _commands.Write("state/state.json", "nonsense"u8);
        CommandResult result = Campaign("extent-node");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("state/state.json", result.Error);
    }

    [Theory]
    [InlineData("--minutes", "0")]
    [InlineData("--jobs", "0")]
    public void Time_and_jobs_have_to_make_sense(string option, string value) =>
        Assert.Equal(2, _commands.Run("campaign", "--binaries", "bin", option, value).ExitCode);

    private CommandResult Campaign(string targets) => _commands.Run(["campaign", .. Short, "--targets", targets]);
}
