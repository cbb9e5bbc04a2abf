using System.CommandLine;
using System.Diagnostics;
using Ext4Safety.Fuzz.Reports;
using Spectre.Console;

namespace Ext4Safety.Fuzz.Commands;

/// <summary><c>coverage</c>: what the committed corpus reaches of Ext4Core.</summary>
internal sealed class CoverageCommand(Workplace workplace)
{
    private const string Collector = "DataCollectionRunSettings.DataCollectors.DataCollector.Configuration";

    private readonly Option<string?> _from = new("--from")
    {
        Description = "Read this file in Cobertura's format instead of measuring", HelpName = "FILE",
    };

    private readonly Option<bool> _skipBuild = new("--no-build") { Description = "Take the tests as they were built last" };
    private readonly Option<bool> _accept = new("--accept") { Description = "Make what is reached now the budget" };
    private readonly Option<string?> _budget = new("--budget")
    {
        Description = "The file that says what has to be reached; corpus/coverage.txt of the source tree unless told", HelpName = "FILE",
    };

    /// <summary>The command.</summary>
    public static Command Create(Workplace workplace) => new CoverageCommand(workplace).Build();

    private ExplainedCommand Build()
    {
        ExplainedCommand command = new(
            "coverage",
            "Shows how much of Ext4Core the corpus reaches, and fails below the budget.",
            """
            Replays the corpus in its tests with coverlet, folder after folder. What is reached must not fall below the committed
            budget: exit code 1. 'report' shows the lines.
            """)
        {
            _from, _skipBuild, _accept, _budget,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult result)
    {
        string? from = result.GetValue(_from);
        CoverageData coverage = CoverageData.Load(from is null ? Measure(result.GetValue(_skipBuild)) : workplace.Resolve(from));
        string? named = result.GetValue(_budget);
        string budgetFile = named is null ? Path.Combine(workplace.Root, "corpus", "coverage.txt") : workplace.Resolve(named);
        Print(coverage);
        if (result.GetValue(_accept))
        {
            CoverageBudget.Of(coverage).Save(budgetFile);
            return ExitCode.Success;
        }

        IReadOnlyList<string> failures = CoverageBudget.Load(budgetFile).Check(coverage);
        foreach (string failure in failures)
        {
            workplace.Error.WriteLine($"fuzz: {failure} ({workplace.Shorten(budgetFile)})");
        }

        return failures.Count == 0 ? ExitCode.Success : ExitCode.Found;
    }

    private void Print(CoverageData coverage)
    {
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumn("folder");
        foreach (string column in (string[])["lines", "reached", "", "branches", "reached", ""])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach ((string folder, CoverageCount count) in (IEnumerable<(string, CoverageCount)>)[.. coverage.Folders, (CoverageBudget.TotalName, coverage.Total)])
        {
            table.AddRow(
                folder, $"{count.Lines}", $"{count.CoveredLines}", $"{count.LinePercent:f1} %",
                $"{count.Branches}", $"{count.CoveredBranches}", $"{count.BranchPercent:f1} %");
        }

        workplace.Console.Write(table);
    }

    /// <summary>Runs the tests that replay the corpus under coverlet, the .NET coverage tool.</summary>
    private string Measure(bool skipsBuild)
    {
        string results = Directory.CreateTempSubdirectory("ext4safety-coverage-").FullName;
        try
        {
            ProcessStartInfo start = new("dotnet",
            [
                "test", Path.Combine(workplace.Root, "tests", "fuzz"), .. skipsBuild ? ["--no-build"] : Array.Empty<string>(), "--filter", "FullyQualifiedName~Corpus&FullyQualifiedName~Every_",
                "--collect", "XPlat Code Coverage", "--results-directory", results,
                "--", $"{Collector}.Include=[Ext4Core]*", $"{Collector}.ExcludeAssembliesWithoutSources=None",
            ])
            {
                UseShellExecute = false, RedirectStandardOutput = true,
            };
            using Process process = Process.Start(start) ?? throw new CommandException("dotnet could not be started");
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            string? found = Directory.EnumerateFiles(results, "coverage.cobertura.xml", SearchOption.AllDirectories).FirstOrDefault();
            if (process.ExitCode != 0 || found is null)
            {
                throw new CommandException($"the corpus could not be replayed under coverlet, 'dotnet test' says:\n{output}");
            }

            Directory.CreateDirectory(Path.GetDirectoryName(workplace.CoverageFile)!);
            File.Copy(found, workplace.CoverageFile, overwrite: true);
            return workplace.CoverageFile;
        }
        finally
        {
            Directory.Delete(results, recursive: true);
        }
    }
}
