using System.Reflection;

namespace Ext4Safety.Fuzz;

/// <summary>An assembly whose code counts what it runs.</summary>
public sealed unsafe class InstrumentedAssembly
{
    private const string MapResource = "Ext4Safety.Fuzz.Sites";

    private readonly byte* _counters;
    private readonly Lazy<IReadOnlyList<Site>> _sites;

    internal InstrumentedAssembly(Assembly assembly, byte* counters, int count, int firstSite)
    {
        Assembly = assembly;
        FirstSite = firstSite;
        Count = count;
        _counters = counters;
        _sites = new(ReadMap);
    }

    /// <summary>The assembly.</summary>
    public Assembly Assembly { get; }

    /// <summary>The number of its first site among those of the process.</summary>
    public int FirstSite { get; }

    /// <summary>How many counters its code has registered.</summary>
    public int Count { get; }

    /// <summary>What each counter stands for.</summary>
    public IReadOnlyList<Site> Sites => _sites.Value;

    /// <summary>The counters themselves: how often each site was passed, modulo 256.</summary>
    public Span<byte> Counters => new(_counters, Count);

    private List<Site> ReadMap()
    {
        using Stream map = Assembly.GetManifestResourceStream(MapResource)
            ?? throw new InvalidOperationException($"{Assembly.GetName().Name} has no map of its sites");
        using StreamReader reader = new(map);
        List<Site> sites = new(Count);
        while (reader.ReadLine() is string line)
        {
            sites.Add(Site.Parse(line));
        }

        return sites;
    }
}

/// <summary>A place in the code that has a counter.</summary>
/// <param name="Kind">F: a function's entry; B: a basic block; E: an edge between blocks that needs a counter of its own.</param>
/// <param name="Method">Namespace, type and method.</param>
/// <param name="File">Source file, from the root of the repository; empty without symbols.</param>
/// <param name="Lines">Lines of source that run when the site does, as in <c>7,9-11</c>; empty without symbols.</param>
public sealed record Site(char Kind, string Method, string File, string Lines)
{
    /// <summary>The first line; 0 where none is known.</summary>
    public int Line => int.TryParse(Lines.AsSpan()[..(Lines.AsSpan().IndexOfAny(',', '-') is var end and >= 0 ? end : Lines.Length)], out int line) ? line : 0;

    internal static Site Parse(string line)
    {
        string[] fields = line.Split('\t');
        return new(fields[0][0], fields[1], fields[2], fields[3]);
    }
}
