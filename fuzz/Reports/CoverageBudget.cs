using System.Globalization;
using System.Text;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>What the corpus has to reach: one line for each folder of Ext4Core, <c>FOLDER LINES BRANCHES</c> in percent.</summary>
internal sealed class CoverageBudget
{
    /// <summary>The name under which the whole of Ext4Core stands.</summary>
    public const string TotalName = "all";

    private const string Header = "# Percent of lines and of branches of Ext4Core that the corpus reaches, at least. Written by 'coverage --accept'.";

    private readonly SortedDictionary<string, (double Lines, double Branches)> _least = new(StringComparer.Ordinal);

    /// <summary>The budget that a coverage keeps: whole percents, so that a line more or less is nobody's worry.</summary>
    public static CoverageBudget Of(CoverageData coverage)
    {
        CoverageBudget budget = new();
        foreach ((string folder, CoverageCount count) in WithTotal(coverage))
        {
            budget._least[folder] = (Math.Floor(count.LinePercent), Math.Floor(count.BranchPercent));
        }

        return budget;
    }

    /// <summary>Reads a file; one that does not exist asks for nothing.</summary>
    /// <exception cref="FormatException">A line makes no sense; the message names it.</exception>
    public static CoverageBudget Load(string path)
    {
        CoverageBudget budget = new();
        int number = 0;
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            number++;
            if (line.StartsWith('#') || line.Length == 0)
            {
                continue;
            }

            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            budget._least[parts[0]] = parts.Length == 3
                && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double lines)
                && double.TryParse(parts[2], NumberStyles.Float, CultureInfo.InvariantCulture, out double branches)
                ? (lines, branches)
                : throw new FormatException($"{path}:{number}: expected FOLDER LINES BRANCHES, found \"{line}\"");
        }

        return budget;
    }

    /// <summary>Writes the file.</summary>
    public void Save(string path)
    {
        StringBuilder text = new(Header + "\n");
        foreach ((string folder, (double lines, double branches)) in _least)
        {
            text.Append(CultureInfo.InvariantCulture, $"{folder,-12} {lines,4:f0} {branches,4:f0}\n");
        }

        File.WriteAllText(path, text.ToString());
    }

    /// <summary>What falls below the budget, one line each; nothing if it is kept.</summary>
    public IReadOnlyList<string> Check(CoverageData coverage)
    {
        Dictionary<string, CoverageCount> counts = WithTotal(coverage).ToDictionary(pair => pair.Folder, pair => pair.Count, StringComparer.Ordinal);
        List<string> failures = [];
        foreach ((string folder, (double lines, double branches)) in _least)
        {
            if (!counts.TryGetValue(folder, out CoverageCount count))
            {
                failures.Add($"{folder}: the folder is gone");
                continue;
            }

            if (count.LinePercent < lines)
            {
                failures.Add($"{folder}: {count.LinePercent:f1} % of the lines, at least {lines:f1} % wanted");
            }

            if (count.BranchPercent < branches)
            {
                failures.Add($"{folder}: {count.BranchPercent:f1} % of the branches, at least {branches:f1} % wanted");
            }
        }

        return failures;
    }

    private static IEnumerable<(string Folder, CoverageCount Count)> WithTotal(CoverageData coverage) =>
        [.. coverage.Folders, (TotalName, coverage.Total)];
}
