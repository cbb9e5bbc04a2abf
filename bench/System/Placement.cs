namespace Ext4Safety.SystemBench;

/// <summary>Where client and servers run: it changes results fourfold, so it is chosen and told.</summary>
internal enum Placement
{
    /// <summary>On one processor: what is measured is work.</summary>
    Together,

    /// <summary>The client on one, the servers on another: each request wakes both up.</summary>
    Apart,

    /// <summary>Wherever the scheduler puts them.</summary>
    Free,
}

/// <summary>Binds threads, and what they start from then on, to processors.</summary>
internal static class Processors
{
    private static readonly int Last = Environment.ProcessorCount - 1;

    public static void BindServers(Placement placement) => Bind(placement, Last);

    /// <summary>Once every server runs.</summary>
    public static void BindClient(Placement placement) => Bind(placement, placement == Placement.Apart ? Last - 1 : Last);

    private static void Bind(Placement placement, int processor)
    {
        if (placement == Placement.Free || processor < 0)
        {
            return;
        }

        ulong mask = 1ul << processor;
        if (Libc.BindTo(0, sizeof(ulong), ref mask) != 0)
        {
            throw new InvalidOperationException($"binding to processor {processor}: {Libc.LastError}");
        }
    }
}
