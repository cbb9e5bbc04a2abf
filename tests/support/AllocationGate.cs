using System.Diagnostics;
using Xunit;

namespace TestSupport;

/// <summary>Holds the promise that no request allocates.</summary>
public static class AllocationGate
{
    private const int Requests = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Repeats a request until it is warm, and fails if it never comes to be free of allocations on this thread.</summary>
    /// <remarks>Caches fill and the JIT compiles twice before a path is warm; code that allocates on each request, or now and
    /// then, never passes two hundred requests in a row.</remarks>
    public static void Zero(Action request)
    {
        var clock = Stopwatch.StartNew();
        long allocated;
        while ((allocated = Measure(request, Requests)) != 0 && clock.Elapsed < Patience)
        {
            Thread.Sleep(20);
        }

        Assert.Equal(0, allocated);
    }

    /// <summary>Bytes that requests allocate on this thread.</summary>
    public static long Measure(Action request, int count = 1)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int run = 0; run < count; run++)
        {
            request();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
