using System.Text;

namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>What a counter stands for. The values are letters of the site map.</summary>
internal enum SiteKind
{
    /// <summary>The entry of a function.</summary>
    Function = 'F',

    /// <summary>A basic block inside of a function.</summary>
    Block = 'B',

    /// <summary>An edge between two blocks that neither of them stands for.</summary>
    Edge = 'E',
}

/// <summary>The counters of one assembly, in the order of their addresses.</summary>
internal sealed class SiteTable
{
    private readonly StringBuilder _map = new();
    private readonly List<byte> _flags = [];

    /// <summary>How many counters there are.</summary>
    public int Count => _flags.Count;

    /// <summary>One byte a counter; bit 0 says that it is a function's entry.</summary>
    public byte[] Flags => [.. _flags];

    /// <summary>The site map: a line a counter, of kind, method, file and lines (as in 7,9-11), with tabs between them.</summary>
    public byte[] Map => Encoding.UTF8.GetBytes(_map.ToString());

    /// <summary>Adds a counter.</summary>
    /// <returns>Its index.</returns>
    public int Add(SiteKind kind, string method, string file, string lines)
    {
        if (Count == InstrumentationPlan.PageSize)
        {
            throw new InvalidOperationException("the assembly has more sites than a page has counters");
        }

        _map.Append($"{(char)kind}\t{method}\t{file}\t{lines}\n");
        _flags.Add(kind == SiteKind.Function ? (byte)1 : (byte)0);
        return Count - 1;
    }
}
