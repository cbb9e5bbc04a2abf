using System.Text.Json;
using System.Text.Json.Nodes;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>A report for tools that show findings beside the code: SARIF 2.1.0, one result for each open finding.</summary>
internal static class SarifReport
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Writes it.</summary>
    public static string Write(ReportData data)
    {
        string[] rules = [.. data.Open.Select(RuleOf).Distinct(StringComparer.Ordinal)];
        JsonObject log = new()
        {
            ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
            ["version"] = "2.1.0",
            ["runs"] = new JsonArray(new JsonObject
            {
                ["tool"] = new JsonObject
                {
                    ["driver"] = new JsonObject
                    {
                        ["name"] = "ext4safety-fuzz",
                        ["version"] = typeof(SarifReport).Assembly.GetName().Version!.ToString(3),
                        ["rules"] = new JsonArray([.. rules.Select(rule => new JsonObject
                        {
                            ["id"] = rule,
                            ["shortDescription"] = new JsonObject { ["text"] = rule },
                        })]),
                    },
                },
                ["originalUriBaseIds"] = new JsonObject { ["SRCROOT"] = new JsonObject { ["description"] = new JsonObject { ["text"] = "The source tree." } } },
                ["results"] = new JsonArray([.. data.Open.Select(finding => Result(data, finding, Array.IndexOf(rules, RuleOf(finding))))]),
            }),
        };
        return log.ToJsonString(Format) + "\n";
    }

    private static JsonObject Result(ReportData data, Finding finding, int ruleIndex)
    {
        JsonObject result = new()
        {
            ["ruleId"] = RuleOf(finding),
            ["ruleIndex"] = ruleIndex,
            ["level"] = "error",
            ["message"] = new JsonObject { ["text"] = $"{finding.Title}\n{finding.Headline}\n{string.Join('\n', data.CommandsOf(finding))}" },
            ["partialFingerprints"] = new JsonObject { ["bucket/v1"] = finding.Identity },
            ["properties"] = new JsonObject
            {
                ["target"] = finding.Target,
                ["structure"] = finding.Structure,
                ["changes"] = new JsonArray([.. finding.Touched.Select(place => JsonValue.Create(place))]),
            },
        };
        if (ReportData.PlaceOf(finding) is (string file, int line))
        {
            result["locations"] = new JsonArray(new JsonObject
            {
                ["physicalLocation"] = new JsonObject
                {
                    ["artifactLocation"] = new JsonObject { ["uri"] = file, ["uriBaseId"] = "SRCROOT" },
                    ["region"] = new JsonObject { ["startLine"] = line },
                },
            });
        }

        return result;
    }

    private static string RuleOf(Finding finding)
    {
        int end = finding.Title.IndexOf(" in ", StringComparison.Ordinal);
        return end < 0 ? finding.Title : finding.Title[..end];
    }
}
