using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.FuzzTests.Reports;
using TestSupport;

namespace Ext4Safety.FuzzTests.Commands;

public sealed class ReportCommandTests : IDisposable
{
    private readonly CommandRunner _commands = new();

    public void Dispose() => _commands.Dispose();

    [Fact]
    public void Four_files_are_written()
    {
        CampaignState state = new();
        state.Of("canary").Runs = 1;
        new CampaignStore(Path.Combine(_commands.Directory, "state")).Save(state);
        CommandResult result = _commands.Run("report", "--state", "state", "-o", "pages");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(
            ["findings.sarif", "index.html", "junit.xml", "summary.md"],
            Directory.GetFiles(Path.Combine(_commands.Directory, "pages")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Without_a_campaign_there_is_nothing_to_report()
    {
        CommandResult result = _commands.Run("report", "--state", "nowhere");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("no campaign was run here", result.Error);
    }

    [Fact]
    public void Coverage_below_its_budget_exits_with_1()
    {
        _commands.Write("coverage.xml", System.Text.Encoding.UTF8.GetBytes(CoverageDataTests.Sample));
        Assert.Equal(0, Coverage("--accept").ExitCode);
        CommandResult kept = Coverage();
        Assert.Equal(0, kept.ExitCode);
        Assert.Contains("Extents", kept.Output);
        string budget = Path.Combine(_commands.Directory, "budget.txt");
        File.WriteAllText(budget, File.ReadAllText(budget).Replace("75 ", "80 ", StringComparison.Ordinal));
        CommandResult broken = Coverage();
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("Extents: 75.0 % of the lines, at least 80.0 % wanted (budget.txt)", broken.Error);
    }

    [Fact]
    public void The_committed_budget_makes_sense() =>
        Ext4Safety.Fuzz.Reports.CoverageBudget.Load(Path.Combine(TestTree.Root, "corpus", "coverage.txt"));

    private CommandResult Coverage(params string[] arguments) =>
        _commands.Run(["coverage", "--from", "coverage.xml", "--budget", "budget.txt", .. arguments]);
}
