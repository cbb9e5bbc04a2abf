using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Reports;
using TestSupport;

namespace Ext4Safety.FuzzTests.Reports;

public sealed partial class ReportTests
{
    private static readonly Finding Broken = new()
    {
        Identity = "0badcafe",
        Target = "extent-node",
        Title = "IndexOutOfRangeException in ExtentTree.Walk",
        Headline = "System.IndexOutOfRangeException: <outside> & \u0001",
        Kind = FailureKind.Crash,
        Structure = "ExtentNode",
        Touched = ["ExtentNode of inode 12, block 3+0x002: eh_entries"],
        Report =
        [
            "System.IndexOutOfRangeException: <outside>",
            "   at System.ThrowHelper.Throw() in /_/src/libraries/ThrowHelper.cs:line 1",
            "   at Ext4Core.Extents.ExtentTree.Walk() in /_/src/Ext4Core/Extents/ExtentTree.cs:line 12",
        ],
        Input = "findings/0badcafe/input",
        FoundAfterRuns = 77,
    };

    private static readonly Finding Canary = Broken with { Identity = "0000cafe", Target = "canary", Title = "the canary sings" };

    [Fact]
    public void Each_target_is_a_test_that_its_findings_make_fail()
    {
        XElement suite = XDocument.Parse(JunitReport.Write(Data(Broken, Canary))).Root!.Element("testsuite")!;
        Assert.Equal(("2", "1"), ((string?)suite.Attribute("tests"), (string?)suite.Attribute("failures")));
        XElement failure = Assert.Single(suite.Elements("testcase"), test => test.Element("failure") is not null).Element("failure")!;
        Assert.Equal(Broken.Title, (string?)failure.Attribute("message"));
        Assert.Contains("ExtentTree.cs:line 12", failure.Value);
    }

    [Fact]
    public void Every_report_names_the_structure_and_the_field_that_a_finding_s_input_changes()
    {
        ReportData data = Data(Broken, Canary);
        Assert.All([HtmlReport.Write(data), MarkdownReport.Write(data), JunitReport.Write(data), SarifReport.Write(data)], report =>
            Assert.Contains("ExtentNode of inode 12, block 3+0x002: eh_entries", report.Replace("\\u002B", "+", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_missing_canary_is_a_failure_and_a_found_one_is_none()
    {
        Assert.Contains("the canary was not found", JunitReport.Write(Data()));
        Assert.DoesNotContain("<failure", JunitReport.Write(Data(Canary)));
    }

    [Fact]
    public void A_finding_that_is_fixed_is_in_no_report()
    {
        ReportData data = Data(Canary, Broken with { IsFixed = true });
        Assert.All([HtmlReport.Write(data), MarkdownReport.Write(data), JunitReport.Write(data), SarifReport.Write(data)], report =>
            Assert.DoesNotContain(Broken.Identity, report));
    }

    [Fact]
    public void Sarif_has_what_its_schema_requires_and_names_the_line()
    {
        using JsonDocument log = JsonDocument.Parse(SarifReport.Write(Data(Broken)));
        Assert.Equal("2.1.0", log.RootElement.GetProperty("version").GetString());
        JsonElement run = Assert.Single(log.RootElement.GetProperty("runs").EnumerateArray());
        JsonElement driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("ext4safety-fuzz", driver.GetProperty("name").GetString());
        JsonElement result = Assert.Single(run.GetProperty("results").EnumerateArray());
        Assert.Equal(driver.GetProperty("rules")[0].GetProperty("id").GetString(), result.GetProperty("ruleId").GetString());
        Assert.Contains(Broken.Title, result.GetProperty("message").GetProperty("text").GetString());
        Assert.Equal(Broken.Identity, result.GetProperty("partialFingerprints").GetProperty("bucket/v1").GetString());
        JsonElement place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
        Assert.Equal("src/Ext4Core/Extents/ExtentTree.cs", place.GetProperty("artifactLocation").GetProperty("uri").GetString());
        Assert.Equal(12, place.GetProperty("region").GetProperty("startLine").GetInt32());
    }

    [Fact]
    public void Sarif_without_a_finding_has_no_result()
    {
        using JsonDocument log = JsonDocument.Parse(SarifReport.Write(Data(Canary)));
        Assert.Equal(0, log.RootElement.GetProperty("runs")[0].GetProperty("results").GetArrayLength());
    }

    [Fact]
    public void The_page_needs_nothing_else()
    {
        string page = HtmlReport.Write(Data(Broken, Canary));
        Assert.DoesNotMatch(OutsideReference(), page);
        Assert.Contains("<style>", page);
    }

    [Fact]
    public void The_page_shows_a_finding_with_its_bytes_and_commands()
    {
        string page = HtmlReport.Write(Data(Broken, Canary));
        Assert.Contains("000000  45 78 74 34", page);
        Assert.Contains("Ext4\n", page);
        Assert.Contains("dotnet run --project fuzz -- run extent-node state/findings/0badcafe/input", page);
        Assert.Contains("base64 -d &gt; 0badcafe &lt;&lt;&lt; &#39;RXh0NA==&#39;", page);
        Assert.Contains("href=\"#src.Ext4Core.Extents.ExtentTree.cs-12\"", page);
    }

    [Fact]
    public void What_an_image_says_is_shown_and_not_obeyed()
    {
        string page = HtmlReport.Write(Data(Broken));
        Assert.Contains("&lt;outside&gt; &amp;", page);
        Assert.DoesNotContain("<outside>", page);
    }

    [Fact]
    public void The_page_draws_each_target_over_time()
    {
        string page = HtmlReport.Write(Data(Broken));
        Assert.Contains("<polyline class=\"edges\" points=\"36.0,110.0 296.0,8.0\"/>", page);
    }

    [Fact]
    public void Lines_that_never_ran_are_links_to_the_source()
    {
        string directory = Directory.CreateTempSubdirectory("ext4safety-report-").FullName;
        try
        {
            string file = Path.Combine(directory, "coverage.xml");
            File.WriteAllText(file, CoverageDataTests.Sample);
            string page = HtmlReport.Write(Data(Broken) with { Coverage = CoverageData.Load(file) });
            Assert.Contains("<a href=\"#src.Ext4Core.Extents.ExtentTree.cs-20\">20</a>", page);
            Assert.Contains("<span id=\"src.Ext4Core.Extents.ExtentTree.cs-20\" data-n=\"20\" class=\"no\">", page);
            Assert.Contains("data-n=\"10\" class=\"part\" title=\"1 of 2 branches\"", page);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Markdown_is_a_table_and_a_section_for_each_finding()
    {
        string text = MarkdownReport.Write(Data(Broken, Canary));
        Assert.Contains("1 open findings in 1,500 runs of 2 targets; the canary was found.", text);
        Assert.Contains("| extent-node | 10 s | 1,000 | 100 | 7 | 9 | 3 | 1 |", text);
        Assert.Contains("## 0badcafe IndexOutOfRangeException in ExtentTree.Walk", text);
    }

    [Fact]
    public void Bytes_are_drawn_sixteen_a_line_and_the_rest_is_counted()
    {
        string view = HexView.Draw([.. Enumerable.Range(0x3A, 20).Select(value => (byte)value)], most: 18);
        Assert.Equal(
            "000000  3a 3b 3c 3d 3e 3f 40 41  42 43 44 45 46 47 48 49  :;<=>?@ABCDEFGHI\n"
            + $"000010  4a 4b{new string(' ', 45)}JK\nand 2 more bytes\n",
            view);
    }

    private static ReportData Data(params Finding[] findings)
    {
        CampaignState state = new();
        state.Targets["canary"] = new() { Seconds = 1, Runs = 500 };
        state.Targets["extent-node"] = new()
        {
            Seconds = 10, Runs = 1000, Edges = 7, Features = 9, CorpusSize = 3, History = { new(0, 0, 0, 0), new(10, 1000, 7, 9) },
        };
        foreach (Finding finding in findings)
        {
            state.Findings[finding.Identity] = finding;
        }

        Dictionary<string, byte[]> inputs = findings.ToDictionary(finding => finding.Identity, _ => "Ext4"u8.ToArray());
        return new(state, Coverage: null, inputs, TestTree.Root, "state", DateTimeOffset.UnixEpoch);
    }

    [GeneratedRegex("(src|href)=\"(?!#)|url\\(|@import|<link", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OutsideReference();
}
