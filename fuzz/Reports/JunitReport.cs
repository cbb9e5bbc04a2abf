using System.Globalization;
using System.Xml.Linq;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>A report that build servers show as tests: one for each target, which each open finding makes fail.</summary>
internal static class JunitReport
{
    /// <summary>Writes it.</summary>
    public static string Write(ReportData data)
    {
        XElement suite = new("testsuite",
            new XAttribute("name", "fuzz"),
            new XAttribute("tests", data.State.Targets.Count),
            new XAttribute("timestamp", data.MadeAt.UtcDateTime.ToString("s", CultureInfo.InvariantCulture)),
            data.State.Targets.Select(pair => TestCase(data, pair.Key, pair.Value)));
        suite.Add(new XAttribute("failures", suite.Elements("testcase").Count(test => test.Elements("failure").Any())));
        return new XDocument(new XDeclaration("1.0", "utf-8", null), new XElement("testsuites", suite)).Declaration + "\n" + new XElement("testsuites", suite) + "\n";
    }

    private static XElement TestCase(ReportData data, string name, TargetState target)
    {
        XElement test = new("testcase",
            new XAttribute("classname", "fuzz"),
            new XAttribute("name", name),
            new XAttribute("time", target.Seconds.ToString("f3", CultureInfo.InvariantCulture)));
        if (name.Equals("canary", StringComparison.Ordinal) && !data.HasCanary)
        {
            test.Add(new XElement("failure", new XAttribute("message", "the canary was not found: the fuzzing itself does not work")));
        }

        test.Add(data.Open.Where(finding => finding.Target.Equals(name, StringComparison.Ordinal)).Select(finding => new XElement(
            "failure", new XAttribute("message", Clean(finding.Title)), new XAttribute("type", finding.Kind), Clean(Body(data, finding)))));
        test.Add(new XElement("system-out", $"{target.Runs:n0} runs, {target.Edges} edges, {target.Features} features, {target.CorpusSize} inputs"));
        return test;
    }

    private static string Body(ReportData data, Finding finding) =>
        string.Join('\n', [finding.Headline, .. finding.Touched.Select(place => $"changes {place}"), .. finding.Report, .. data.CommandsOf(finding)]);

    /// <summary>What XML has no way to say becomes a question mark.</summary>
    private static string Clean(string text) =>
        string.Concat(text.Select(character => System.Xml.XmlConvert.IsXmlChar(character) ? character : '?'));
}
