using System.Runtime.CompilerServices;

namespace Ext4Safety.Fuzz;

/// <summary>What rewritten code calls, and the counters that it leaves behind.</summary>
public static unsafe class Coverage
{
    private static readonly List<InstrumentedAssembly> Registered = [];

    /// <summary>Every instrumented assembly that has been loaded, in the order of its sites.</summary>
    public static IReadOnlyList<InstrumentedAssembly> Assemblies => Registered;

    /// <summary>Called once by each instrumented assembly, before any other of its code runs.</summary>
    /// <param name="flags">One byte a site; bit 0 marks a function's entry. It stays where it is.</param>
    /// <param name="count">How many sites there are.</param>
    /// <param name="address">Where the code expects its counters, one byte each.</param>
    /// <param name="marker">A type of the assembly.</param>
    public static void Register(byte* flags, int count, int address, RuntimeTypeHandle marker)
    {
        int first = (int)FuzzHostLibrary.Register((byte*)address, flags, (nuint)count);
        Registered.Add(new(Type.GetTypeFromHandle(marker)!.Assembly, (byte*)address, count, first));
    }

    /// <summary>Starts the counters over.</summary>
    public static void Clear()
    {
        foreach (InstrumentedAssembly assembly in Registered)
        {
            assembly.Counters.Clear();
        }
    }

    /// <summary>Two integers of at most 32 bits are about to be compared. It must melt into its caller: the engine tells places
    /// apart by the address that it returns to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compare4(uint left, uint right) => FuzzHostLibrary.TraceCompare4(left, right);

    /// <summary>Two integers of 64 bits are about to be compared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compare8(ulong left, ulong right) => FuzzHostLibrary.TraceCompare8(left, right);

    /// <summary>Compares bytes as <see cref="MemoryExtensions"/> does, and shows the engine those that differ.</summary>
    /// <param name="left">Some bytes.</param>
    /// <param name="right">Others.</param>
    /// <param name="site">Tells this compare from others.</param>
    public static bool SequenceEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, int site)
    {
        if (left.SequenceEqual(right))
        {
            return true;
        }

        if (left.Length == right.Length)
        {
            fixed (byte* first = left, second = right)
            {
                FuzzHostLibrary.TraceMemoryCompare(site, first, second, (nuint)left.Length, 1);
            }
        }

        return false;
    }
}
