namespace Ext4Safety.Fuzz.Instrumentation;

/// <summary>What is done to an assembly.</summary>
internal sealed class InstrumentationPlan
{
    /// <summary>Where the counters of page 0 lie: low, so that an instruction can hold the address, and free in every process.</summary>
    private const int FirstAddress = 0x1000_0000;

    /// <summary>Address space of one assembly's counters, one byte each.</summary>
    public const int PageSize = 0x10_0000;

    /// <summary>The assembly that holds the runtime's side of the hooks.</summary>
    public string RuntimePath { get; set; } = "";

    /// <summary>Which page of counters is this assembly's.</summary>
    public int Page { get; set; }

    /// <summary>Whether operands of compares are shown to the engine.</summary>
    public bool TraceCompares { get; set; } = true;

    /// <summary>Names of the namespaces and types to rewrite; everything if there are none.</summary>
    public HashSet<string> OnlyNames { get; } = new(StringComparer.Ordinal);

    /// <summary>Address of this assembly's first counter.</summary>
    public int Address => FirstAddress + (Page * PageSize);
}
