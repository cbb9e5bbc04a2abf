using System.Globalization;
using System.Net;
using System.Text;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>A report as one page that needs nothing else: no network, no other file.</summary>
internal sealed class HtmlReport
{
    private const int MostHexBytes = 1024, MostCarriedBytes = 8192;
    private readonly ReportData _data;
    private readonly StringBuilder _page = new();

    private HtmlReport(ReportData data) => _data = data;

    /// <summary>Writes it.</summary>
    public static string Write(ReportData data) => new HtmlReport(data).Write();

    private string Write()
    {
        _page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        _page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Fuzzing Ext4Core</title>\n");
        _page.Append($"<style>\n{Resource("style.css")}</style>\n<script>\n{Resource("script.js")}</script>\n</head>\n<body>\n<main>\n");
        WriteSummary();
        WriteFindings();
        WriteTargets();
        WritePlots();
        WriteCoverage();
        _page.Append($"<footer>Made {_data.MadeAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC by ext4safety-fuzz report.</footer>\n</main>\n</body>\n</html>\n");
        return _page.ToString();
    }

    private void WriteSummary()
    {
        _page.Append("<h1>Fuzzing Ext4Core</h1>\n<p class=\"soft\">Every way in which bytes on a disk could make it misbehave, as far as was looked.</p>\n");
        _page.Append("<div class=\"facts\">\n");
        Fact($"{_data.Open.Count}", "open findings", _data.Open.Count == 0 ? "good" : "bad");
        Fact(_data.HasCanary ? "found" : "missing", "canary", _data.HasCanary ? "good" : "bad");
        Fact($"{_data.Runs:n0}", "runs", "");
        Fact(Duration(_data.Seconds), "of one processor", "");
        Fact($"{_data.State.Targets.Count}", "targets", "");
        if (_data.Coverage is { } coverage)
        {
            Fact($"{coverage.Total.LinePercent:f1} %", "of the lines, by the corpus", "");
            Fact($"{coverage.Total.BranchPercent:f1} %", "of the branches, by the corpus", "");
        }

        _page.Append("</div>\n");
    }

    private void Fact(string value, string name, string kind) =>
        _page.Append($"<div class=\"fact {kind}\"><b>{Text(value)}</b><span>{Text(name)}</span></div>\n");

    private void WriteFindings()
    {
        _page.Append("<h2 id=\"findings\">Findings</h2>\n");
        if (_data.Open.Count == 0)
        {
            _page.Append("<p class=\"soft\">None is open.</p>\n");
        }

        foreach (Finding finding in _data.Open)
        {
            WriteFinding(finding);
        }

        foreach (Finding finding in _data.State.Findings.Values.Where(finding => finding.IsExpected))
        {
            _page.Append($"<div class=\"finding expected\"><h3>The canary</h3><p class=\"soft\">{Text(finding.Title)}: it has to be found, ");
            _page.Append($"and was.</p></div>\n");
        }
    }

    private void WriteFinding(Finding finding)
    {
        _page.Append($"<div class=\"finding\" id=\"f-{finding.Identity}\">\n<h3>{Text(finding.Title)}</h3>\n<dl>\n");
        Entry("target", Text(finding.Target));
        Entry("bucket", $"<code>{finding.Identity}</code>, {finding.Times} times, first {finding.FoundAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC after {finding.FoundAfterRuns:n0} runs");
        Entry("what", Text(finding.Headline));
        if (finding.Structure.Length > 0)
        {
            Entry("structure", Text(finding.Structure));
        }

        if (finding.Touched.Count > 0)
        {
            Entry("changes", string.Join("<br>", finding.Touched.Select(Text)));
        }

        if (ReportData.PlaceOf(finding) is (string file, int line))
        {
            Entry("where", $"<a href=\"#{LineId(file, line)}\">{Text(file)}:{line}</a>");
        }

        _page.Append("</dl>\n");
        WriteSnippet(string.Join('\n', _data.CommandsOf(finding)));
        _page.Append($"<details><summary>stack</summary><pre>{Text(string.Join('\n', finding.Report))}</pre></details>\n");
        if (_data.Inputs.TryGetValue(finding.Identity, out byte[]? input))
        {
            WriteInput(finding, input);
        }

        _page.Append("</div>\n");
    }

    /// <summary>The input as a picture, and as a command that makes it anew where the campaign's directory is not at hand.</summary>
    private void WriteInput(Finding finding, byte[] input)
    {
        _page.Append($"<details open><summary>input, {input.Length} bytes</summary><pre>{Text(HexView.Draw(input, MostHexBytes))}</pre></details>\n");
        if (TargetRegistry.Find(finding.Target)?.Describe(input) is { Length: > 0 } description)
        {
            _page.Append($"<details open><summary>what it says</summary><pre>{Text(description)}</pre></details>\n");
        }

        if (input.Length <= MostCarriedBytes)
        {
            _page.Append("<details><summary>make the input anew</summary>");
            WriteSnippet($"base64 -d > {finding.Identity} <<< '{Convert.ToBase64String(input)}'");
            _page.Append("</details>\n");
        }
    }

    private void WriteSnippet(string commands) => _page.Append(
        $"<div class=\"snippet\"><button class=\"copy\" type=\"button\">copy</button><pre>{Text(commands)}</pre></div>\n");

    private void Entry(string name, string markup) => _page.Append($"<dt>{name}</dt><dd>{markup}</dd>\n");

    private void WriteTargets()
    {
        _page.Append("<h2 id=\"targets\">Targets</h2>\n<table>\n<tr><th>target</th><th>time</th><th>runs</th><th>runs/s</th>");
        _page.Append("<th>edges</th><th>features</th><th>corpus</th><th>findings</th></tr>\n");
        foreach ((string name, TargetState target) in _data.State.Targets)
        {
            int findings = _data.Open.Count(finding => finding.Target.Equals(name, StringComparison.Ordinal));
            _page.Append($"<tr><td>{Text(name)}</td><td>{Duration(target.Seconds)}</td><td>{target.Runs:n0}</td>");
            _page.Append($"<td>{target.Runs / Math.Max(target.Seconds, 0.001):n0}</td><td>{target.Edges}</td><td>{target.Features}</td>");
            _page.Append($"<td>{target.CorpusSize}</td><td>{findings}</td></tr>\n");
        }

        _page.Append("</table>\n");
    }

    private void WritePlots()
    {
        _page.Append("<h2 id=\"plots\">Over time</h2>\n<p class=\"legend\"><i></i>edges seen<i class=\"dashed\"></i>runs</p>\n<div class=\"plots\">\n");
        foreach ((string name, TargetState target) in _data.State.Targets.Where(pair => pair.Value.History.Count > 1))
        {
            _page.Append($"<figure class=\"plot\" style=\"margin:0\"><header><h3>{Text(name)}</h3>");
            _page.Append($"<span class=\"soft\">{target.Edges} edges</span></header>\n{Plot.Draw(target.History)}</figure>\n");
        }

        _page.Append("</div>\n");
    }

    private void WriteCoverage()
    {
        if (_data.Coverage is not { } coverage)
        {
            return;
        }

        _page.Append("<h2 id=\"coverage\">What the corpus reaches of Ext4Core</h2>\n<div class=\"files\">\n");
        foreach ((string folder, CoverageCount count) in coverage.Folders)
        {
            _page.Append($"<details><summary><b>{Text(folder.Equals(".", StringComparison.Ordinal) ? "Ext4Core itself" : folder)}</b>{Bars(count)}</summary>\n");
            foreach (CoveredFile file in coverage.Files.Where(file => file.Folder.Equals(folder, StringComparison.Ordinal)))
            {
                WriteFile(file);
            }

            _page.Append("</details>\n");
        }

        _page.Append("</div>\n<p class=\"soft\">Bar and first figure: lines. Second figure: branches.</p>\n");
    }

    private static string Bars(in CoverageCount count)
    {
        string width = count.LinePercent.ToString("f1", CultureInfo.InvariantCulture);
        return $"<span class=\"bar\"><i style=\"width:{width}%\"></i></span><span>{count.LinePercent:f1} %</span><span>{count.BranchPercent:f1} %</span>";
    }

    private void WriteFile(CoveredFile file)
    {
        string name = file.Path[(file.Path.LastIndexOf('/') + 1)..];
        _page.Append($"<details class=\"file\"><summary><span>{Text(name)}</span>{Bars(file.Count)}</summary>\n<div class=\"gaps\">");
        string path = $"src/Ext4Core/{file.Path}";
        foreach ((int first, int last) in Gaps(file))
        {
            _page.Append($"<a href=\"#{LineId(path, first)}\">{(first == last ? $"{first}" : $"{first}–{last}")}</a>");
        }

        _page.Append("</div>\n<pre class=\"source\">");
        string full = Path.Combine(_data.SourceRoot, path);
        int number = 0;
        foreach (string line in File.Exists(full) ? File.ReadLines(full) : [])
        {
            number++;
            string kind = file.Lines.TryGetValue(number, out LineCoverage coverage) ? KindOf(coverage) : "";
            _page.Append($"<span id=\"{LineId(path, number)}\" data-n=\"{number}\"{kind}>{Text(line)}</span>");
        }

        _page.Append("</pre>\n</details>\n");
    }

    private static string KindOf(in LineCoverage line) => line switch
    {
        { Hits: 0 } => " class=\"no\"",
        _ when line.CoveredBranches < line.Branches => $" class=\"part\" title=\"{line.CoveredBranches} of {line.Branches} branches\"",
        _ => " class=\"yes\"",
    };

    /// <summary>Runs of lines that never ran; lines without code between them do not part them.</summary>
    internal static IEnumerable<(int First, int Last)> Gaps(CoveredFile file)
    {
        (int First, int Last)? gap = null;
        foreach ((int number, LineCoverage line) in file.Lines)
        {
            if (line.Hits == 0)
            {
                gap = (gap?.First ?? number, number);
            }
            else if (gap is { } ended)
            {
                yield return ended;
                gap = null;
            }
        }

        if (gap is { } last)
        {
            yield return last;
        }
    }

    private static string LineId(string path, int line) => $"{path.Replace('/', '.')}-{line}";

    private static string Duration(double seconds) => seconds switch
    {
        < 120 => $"{seconds:f0} s",
        < 7200 => $"{seconds / 60:f0} min",
        _ => $"{seconds / 3600:f1} h",
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using StreamReader reader = new(typeof(HtmlReport).Assembly.GetManifestResourceStream($"Page/{name}")!);
        return reader.ReadToEnd();
    }
}
