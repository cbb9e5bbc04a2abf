using Xunit;

namespace TestSupport;

/// <summary>Holds the promise that no request allocates.</summary>
public static class AllocationGate
{
    /// <summary>Runs a request until it is warm, then once more, and fails if that allocated anything on this thread.</summary>
    /// <remarks>The first runs fill caches and let the JIT finish; a promise about a warm path is not about these.</remarks>
    public static void Zero(Action request)
    {
        const int WarmUps = 64;
        for (int run = 0; run < WarmUps; run++)
        {
            request();
        }

        Assert.Equal(0, Measure(request));
    }

    /// <summary>Bytes that <paramref name="request"/> allocates on this thread.</summary>
    public static long Measure(Action request)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        request();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
