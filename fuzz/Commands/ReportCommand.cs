using System.CommandLine;
using Ext4Safety.Fuzz.Campaigns;
using Ext4Safety.Fuzz.Reports;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>report</c>: what a campaign found and reached, for people and for machines.</summary>
internal sealed class ReportCommand(Workplace workplace)
{
    private readonly Option<string?> _state = CommonOptions.State();
    private readonly Option<string?> _output = new("-o", "--output")
    {
        Description = "Where the reports go; out/report of the source tree unless told", HelpName = "DIR",
    };

    private readonly Option<string?> _coverage = new("--coverage-file")
    {
        Description = "Coverage in Cobertura's format; what 'coverage' wrote last unless told", HelpName = "FILE",
    };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new ReportCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "report",
            "Makes a page of a campaign, and files for machines.",
            """
            index.html   one page without anything else to load: findings with stack, input and commands, plots, covered lines
            summary.md   the same in short, for a pull request
            junit.xml    one test for each target, failed by its findings
            findings.sarif   one result for each finding, at its line of the code
            """)
        {
            _state, _output, _coverage,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        CampaignStore store = new(workplace.State(result.GetValue(_state)));
        string? named = result.GetValue(_coverage);
        string coverageFile = named is null ? workplace.CoverageFile : workplace.Resolve(named);
        CoverageData? coverage = named is not null || File.Exists(coverageFile) ? CoverageData.Load(coverageFile) : null;
        ReportData data = ReportData.Load(store, workplace.Shorten(store.Directory), coverage, workplace.Root, DateTimeOffset.UtcNow);
        if (data.State.Targets.Count == 0)
        {
            throw new CommandException($"{store.Directory}: no campaign was run here: 'campaign' runs one");
        }

        string? wanted = result.GetValue(_output);
        string output = Directory.CreateDirectory(wanted is null ? Path.Combine(workplace.Root, "out", "report") : workplace.Resolve(wanted)).FullName;
        (string Name, Func<ReportData, string> Write)[] reports =
        [
            ("index.html", HtmlReport.Write),
            ("summary.md", MarkdownReport.Write),
            ("junit.xml", JunitReport.Write),
            ("findings.sarif", SarifReport.Write),
        ];
        foreach ((string name, Func<ReportData, string> write) in reports)
        {
            string path = Path.Combine(output, name);
            File.WriteAllText(path, write(data));
            workplace.Output.WriteLine(workplace.Shorten(path));
        }

        return ExitCode.Success;
    }
}
