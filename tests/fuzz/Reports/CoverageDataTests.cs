using Ext4Safety.Fuzz.Reports;

namespace Ext4Safety.FuzzTests.Reports;

public sealed class CoverageDataTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ext4safety-coverage-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Lines_and_branches_are_counted_folder_after_folder()
    {
        CoverageData coverage = Load();
        Assert.Equal(
            [(".", new CoverageCount(1, 0, 0, 0)), ("Extents", new CoverageCount(4, 3, 6, 3))], coverage.Folders);
        Assert.Equal(new CoverageCount(5, 3, 6, 3), coverage.Total);
        Assert.Equal((60.0, 50.0), (coverage.Total.LinePercent, coverage.Total.BranchPercent));
    }

    [Fact]
    public void A_line_of_two_classes_counts_once_and_at_its_fullest() =>
        Assert.Equal(new LineCoverage(5, 4, 2), Load().Files[0].Lines[11]);

    [Fact]
    public void Percents_are_rounded_down_so_that_a_budget_is_never_above_what_was_reached() =>
        Assert.Equal(66.6, new CoverageCount(3, 2, 0, 0).LinePercent);

    [Fact]
    public void A_gap_is_a_run_of_lines_that_never_ran()
    {
        CoveredFile file = new("A.cs", new()
        {
            [3] = new(0, 0, 0), [4] = new(0, 0, 0), [7] = new(0, 0, 0), [9] = new(1, 0, 0), [12] = new(0, 0, 0),
        });
        Assert.Equal([(3, 7), (12, 12)], HtmlReport.Gaps(file));
    }

    [Fact]
    public void A_budget_that_coverage_makes_is_kept_by_it()
    {
        string path = Path.Combine(_directory, "budget.txt");
        CoverageBudget.Of(Load()).Save(path);
        Assert.Empty(CoverageBudget.Load(path).Check(Load()));
        Assert.Contains("Extents        75   50\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("Extents 75.1 50.0", "Extents: 75.0 % of the lines, at least 75.1 % wanted")]
    [InlineData("Extents 75.0 50.1", "Extents: 50.0 % of the branches, at least 50.1 % wanted")]
    [InlineData("Gone 1 1", "Gone: the folder is gone")]
    public void What_falls_below_the_budget_is_told(string line, string failure)
    {
        string path = Path.Combine(_directory, "budget.txt");
        File.WriteAllText(path, $"# a budget\n\n{line}\n");
        Assert.Equal([failure], CoverageBudget.Load(path).Check(Load()));
    }

    [Fact]
    public void A_budget_line_that_makes_no_sense_is_named()
    {
        string path = Path.Combine(_directory, "budget.txt");
        File.WriteAllText(path, "Extents 75\n");
        Assert.Contains(":1: expected FOLDER LINES BRANCHES", Assert.Throws<FormatException>(() => CoverageBudget.Load(path)).Message);
    }

    [Theory]
    [InlineData("not xml")]
    [InlineData("<coverage><class><lines><line/></lines></class></coverage>")]
    public void A_file_of_another_format_is_named(string text)
    {
        string path = Path.Combine(_directory, "other.xml");
        File.WriteAllText(path, text);
        Assert.Contains(path, Assert.Throws<FormatException>(() => CoverageData.Load(path)).Message);
    }

    /// <summary>As coverlet writes it, with a class that the compiler made of a lambda on line 11.</summary>
    internal const string Sample =
        """
        <coverage>
          <sources><source>/_/src/Ext4Core/</source></sources>
          <packages><package name="Ext4Core"><classes>
            <class name="Ext4Core.Extents.ExtentTree" filename="Extents/ExtentTree.cs"><lines>
              <line number="10" hits="5" branch="True" condition-coverage="50% (1/2)" />
              <line number="11" hits="5" branch="False" />
              <line number="12" hits="1" branch="False" />
              <line number="20" hits="0" branch="False" />
            </lines></class>
            <class name="Ext4Core.Extents.ExtentTree/Lambda" filename="Extents/ExtentTree.cs"><lines>
              <line number="11" hits="0" branch="True" condition-coverage="50% (2/4)" />
            </lines></class>
            <class name="Ext4Core.Volume" filename="Volume.cs"><lines>
              <line number="7" hits="0" branch="False" />
            </lines></class>
          </classes></package></packages>
        </coverage>
        """;

    private CoverageData Load()
    {
        string path = Path.Combine(_directory, "coverage.xml");
        File.WriteAllText(path, Sample);
        return CoverageData.Load(path);
    }
}
