using System.Globalization;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>Which lines of source the instructions of a method come from.</summary>
internal sealed class SourceLines
{
    private readonly ControlFlow _flow;
    private readonly Dictionary<int, SequencePoint> _points = [];

    public SourceLines(MethodDefinition method, ControlFlow flow)
    {
        _flow = flow;
        Dictionary<int, int> indexOfOffset = [];
        for (int index = 0; index < flow.Code.Count; index++)
        {
            indexOfOffset.Add(flow.Code[index].Offset, index);
        }

        foreach (SequencePoint point in method.DebugInformation.SequencePoints.Where(point => !point.IsHidden))
        {
            _points.Add(indexOfOffset[point.Offset], point);
            File = PathInRepository(point.Document.Url);
        }
    }

    /// <summary>The source file; empty without symbols.</summary>
    public string File { get; } = "";

    /// <summary>The line that an instruction belongs to; empty where none is known.</summary>
    public string At(int index)
    {
        while (index >= 0)
        {
            if (_points.TryGetValue(index, out SequencePoint? point))
            {
                return Range(point);
            }

            index--;
        }

        return "";
    }

    /// <summary>Every line that runs from here to the next counter.</summary>
    public string From(int leader)
    {
        List<string> ranges = [];
        foreach (int index in _flow.UntilNextCounter(leader))
        {
            if (_points.TryGetValue(index, out SequencePoint? point))
            {
                ranges.Add(Range(point));
            }
        }

        return ranges.Count == 0 ? At(leader) : string.Join(',', ranges);
    }

    private static string Range(SequencePoint point) => point.StartLine == point.EndLine
        ? point.StartLine.ToString(CultureInfo.InvariantCulture)
        : $"{point.StartLine}-{point.EndLine}";

    /// <summary>Builds map the repository's folder to this root, so that outputs are alike wherever they are built.</summary>
    private static string PathInRepository(string url) => url.StartsWith("/_/", StringComparison.Ordinal) ? url[3..] : url;
}
