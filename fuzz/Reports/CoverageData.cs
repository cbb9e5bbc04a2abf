using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>How often one line ran, and how many of its branches.</summary>
/// <param name="Hits">How often it ran.</param>
/// <param name="Branches">Ways on from it; 0 where there is only one.</param>
/// <param name="CoveredBranches">Ways that were taken.</param>
internal readonly record struct LineCoverage(long Hits, int Branches, int CoveredBranches);

/// <summary>Lines and branches, and how many of them ran.</summary>
internal readonly record struct CoverageCount(int Lines, int CoveredLines, int Branches, int CoveredBranches)
{
    /// <summary>Percent of the lines, rounded down to a tenth; all of none.</summary>
    public double LinePercent => Percent(CoveredLines, Lines);

    /// <summary>Percent of the branches, rounded down to a tenth; all of none.</summary>
    public double BranchPercent => Percent(CoveredBranches, Branches);

    /// <summary>The sum of two counts.</summary>
    public static CoverageCount operator +(CoverageCount one, CoverageCount other) => new(
        one.Lines + other.Lines, one.CoveredLines + other.CoveredLines,
        one.Branches + other.Branches, one.CoveredBranches + other.CoveredBranches);

    private static double Percent(int part, int whole) => whole == 0 ? 100 : Math.Floor(1000.0 * part / whole) / 10;
}

/// <summary>One source file, and which of its lines ran.</summary>
/// <param name="Path">Below Ext4Core, with slashes.</param>
/// <param name="Lines">By number, from 1; lines without code are missing.</param>
internal sealed record CoveredFile(string Path, SortedDictionary<int, LineCoverage> Lines)
{
    /// <summary>The folder below Ext4Core; a dot for Ext4Core itself.</summary>
    public string Folder => Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.IndexOf('/', StringComparison.Ordinal)] : ".";

    /// <summary>Its lines and branches.</summary>
    public CoverageCount Count => Lines.Values.Aggregate(default(CoverageCount), (sum, line) => sum
        + new CoverageCount(1, line.Hits > 0 ? 1 : 0, line.Branches, line.CoveredBranches));
}

/// <summary>Which lines and branches of Ext4Core ran: what coverlet writes in Cobertura's format.</summary>
internal sealed partial class CoverageData
{
    private const string SourceFolder = "src/Ext4Core/";

    private CoverageData(IReadOnlyList<CoveredFile> files) => Files = files;

    /// <summary>Every file with code, in the order of the paths.</summary>
    public IReadOnlyList<CoveredFile> Files { get; }

    /// <summary>Folder after folder, in the order of the names.</summary>
    public IReadOnlyList<(string Folder, CoverageCount Count)> Folders =>
    [
        .. Files.GroupBy(file => file.Folder, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Key, group.Aggregate(default(CoverageCount), (sum, file) => sum + file.Count))),
    ];

    /// <summary>All of Ext4Core.</summary>
    public CoverageCount Total => Files.Aggregate(default(CoverageCount), (sum, file) => sum + file.Count);

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It is not in Cobertura's format; the message names it.</exception>
    public static CoverageData Load(string path)
    {
        try
        {
            XDocument document = XDocument.Load(path);
            string source = document.Descendants("source").FirstOrDefault()?.Value ?? "";
            SortedDictionary<string, CoveredFile> files = new(StringComparer.Ordinal);
            foreach (XElement type in document.Descendants("class"))
            {
                string name = Shorten(source + (string)type.Attribute("filename")!);
                if (!files.TryGetValue(name, out CoveredFile? file))
                {
                    file = new(name, []);
                    files.Add(name, file);
                }

                foreach (XElement line in type.Element("lines")?.Elements("line") ?? [])
                {
                    Add(file.Lines, line);
                }
            }

            return new([.. files.Values]);
        }
        catch (Exception mistake) when (mistake is XmlException or FormatException or ArgumentNullException)
        {
            throw new FormatException($"{path}: not a coverage file in Cobertura's format: {mistake.Message}", mistake);
        }
    }

    /// <summary>A line may belong to several classes of the compiler's: the fullest account of it counts.</summary>
    private static void Add(SortedDictionary<int, LineCoverage> lines, XElement line)
    {
        int number = int.Parse((string)line.Attribute("number")!, CultureInfo.InvariantCulture);
        Match branches = BranchCount().Match((string?)line.Attribute("condition-coverage") ?? "");
        LineCoverage coverage = new(
            long.Parse((string)line.Attribute("hits")!, CultureInfo.InvariantCulture),
            branches.Success ? int.Parse(branches.Groups["all"].ValueSpan, CultureInfo.InvariantCulture) : 0,
            branches.Success ? int.Parse(branches.Groups["covered"].ValueSpan, CultureInfo.InvariantCulture) : 0);
        LineCoverage known = lines.GetValueOrDefault(number);
        lines[number] = new(
            Math.Max(known.Hits, coverage.Hits),
            Math.Max(known.Branches, coverage.Branches),
            Math.Max(known.CoveredBranches, coverage.CoveredBranches));
    }

    private static string Shorten(string path)
    {
        int start = path.IndexOf(SourceFolder, StringComparison.Ordinal);
        return start < 0 ? path : path[(start + SourceFolder.Length)..];
    }

    [GeneratedRegex(@"\((?<covered>\d+)/(?<all>\d+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BranchCount();
}
