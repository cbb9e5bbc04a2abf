namespace Ext4Safety.Fuzz;

/// <summary>Runs targets the one way that every engine, the replay and the tests share.</summary>
public static class FuzzRun
{
    /// <summary>Runs one input and holds it against the target's budget of memory.</summary>
    /// <remarks>A runtime allocates for itself when something happens for the first time, a throw for one: what counts is what the
    /// input costs each time, so it is run again before it is blamed.</remarks>
    /// <exception cref="FindingException">A promise was broken; any other exception that comes out is a finding too.</exception>
    public static Verdict Once(FuzzTarget target, ReadOnlySpan<byte> input)
    {
        _ = target.PrepareOnce();
        Verdict verdict = Measure(target, input, out long allocated);
        if (allocated > target.AllocationBudget)
        {
            verdict = Measure(target, input, out allocated);
        }

        return allocated <= target.AllocationBudget ? verdict : throw new FindingException(
            FindingKind.Allocation, $"{allocated} bytes allocated for an input of {input.Length}, budget {target.AllocationBudget}");
    }

    private static Verdict Measure(FuzzTarget target, ReadOnlySpan<byte> input, out long allocated)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Verdict verdict = target.Run(input);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return verdict;
    }
}
