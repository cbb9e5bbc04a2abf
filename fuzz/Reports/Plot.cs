using System.Globalization;
using System.Text;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.Fuzz.Reports;

/// <summary>A target's history as a drawing: edges, and runs beside them, over the seconds that it ran.</summary>
internal static class Plot
{
    private const int Width = 340, Height = 130, Left = 36, Right = 44, Top = 8, Bottom = 20;

    /// <summary>Draws it as SVG.</summary>
    public static string Draw(IEnumerable<HistoryPoint> history)
    {
        HistoryPoint[] points = [.. history];
        double seconds = Math.Max(points[^1].Seconds, 0.001);
        double edges = Math.Max(1, points.Max(point => point.Edges));
        double runs = Math.Max(1, points.Max(point => point.Runs));
        StringBuilder svg = new();
        svg.Append($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"edges and runs over time\">\n");
        svg.Append($"<path class=\"axis\" d=\"M{Left} {Top}V{Height - Bottom}H{Width - Right}\" fill=\"none\"/>\n");
        svg.Append($"<polyline class=\"runs\" points=\"{Line(points, point => point.Seconds / seconds, point => point.Runs / runs)}\"/>\n");
        svg.Append($"<polyline class=\"edges\" points=\"{Line(points, point => point.Seconds / seconds, point => point.Edges / edges)}\"/>\n");
        svg.Append($"<text x=\"{Left - 4}\" y=\"{Top + 8}\" text-anchor=\"end\">{edges:f0}</text>");
        svg.Append($"<text x=\"{Left - 4}\" y=\"{Height - Bottom}\" text-anchor=\"end\">0</text>");
        svg.Append($"<text x=\"{Width - Right + 4}\" y=\"{Top + 8}\">{Short(runs)}</text>");
        svg.Append($"<text x=\"{Left}\" y=\"{Height - 5}\">0 s</text>");
        svg.Append($"<text x=\"{Width - Right}\" y=\"{Height - 5}\" text-anchor=\"end\">{seconds:f0} s</text>\n</svg>\n");
        return svg.ToString();
    }

    private static string Line(HistoryPoint[] points, Func<HistoryPoint, double> x, Func<HistoryPoint, double> y) =>
        string.Join(' ', points.Select(point => string.Create(
            CultureInfo.InvariantCulture,
            $"{Left + (x(point) * (Width - Left - Right)):f1},{Height - Bottom - (y(point) * (Height - Top - Bottom)):f1}")));

    private static string Short(double count) => count switch
    {
        >= 1e9 => $"{count / 1e9:f1} G",
        >= 1e6 => $"{count / 1e6:f1} M",
        >= 1e3 => $"{count / 1e3:f0} k",
        _ => $"{count:f0}",
    };
}
