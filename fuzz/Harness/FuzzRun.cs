namespace Ext4Safety.Fuzz;

/// <summary>Runs targets the one way that every engine, the replay and the tests share.</summary>
public static class FuzzRun
{
    /// <summary>Runs one input and holds it against the target's budget of memory.</summary>
    /// <exception cref="FindingException">A promise was broken; any other exception that comes out is a finding too.</exception>
    public static Verdict Once(FuzzTarget target, ReadOnlySpan<byte> input)
    {
        target.PrepareOnce();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Verdict verdict = target.Run(input);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= target.AllocationBudget ? verdict : throw new FindingException(
            FindingKind.Allocation, $"{allocated} bytes allocated for an input of {input.Length}, budget {target.AllocationBudget}");
    }
}
