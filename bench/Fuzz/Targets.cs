using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzBench;

/// <summary>Does nothing: what is left is the engine and the way to it.</summary>
internal sealed class EmptyTarget : FuzzTarget
{
    public override string Name => "empty";

    public override string Description => "does nothing";

    public override Verdict Run(ReadOnlySpan<byte> input) => Verdict.Unfit;
}

/// <summary>An extent node decoded by the form that throws on damage.</summary>
internal sealed class ThrowingNodeTarget : FuzzTarget
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 12, 0);

    public override string Name => "extent-node-thrown";

    public override string Description => "an extent node, with a throw for each damage";

    public override IEnumerable<Seed> Seeds => TargetRegistry.Find("extent-node")!.Seeds;

    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length < ExtentNodeView.HeaderSize)
        {
            return Verdict.Unfit;
        }

        try
        {
            return Verdict.Accepted((ulong)ExtentNodeView.Parse(input, Here).EntryCount);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
    }
}

/// <summary>Another target, watched for memory that grows: it says what changed from the first million of runs to the eleventh.</summary>
internal sealed class WatchedTarget(FuzzTarget target) : FuzzTarget
{
    private const long WarmRuns = 1_000_000, Runs = 10_000_000;

    private long _runs;
    private long _allocated;
    private long _alive;

    public override string Name => $"{target.Name}-watched";

    public override string Description => target.Description;

    public override long AllocationBudget => long.MaxValue;

    public override bool IsBroad => target.IsBroad;

    public override int MaximumLength => target.MaximumLength;

    public override IInputMutator? Mutator => target.Mutator;

    public override IEnumerable<Seed> Seeds => target.Seeds;

    public override IEnumerable<DictionaryWord> Dictionary => target.Dictionary;

    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        Verdict verdict = target.Run(input);
        switch (++_runs)
        {
            case WarmRuns:
                _alive = GC.GetTotalMemory(forceFullCollection: true);
                _allocated = GC.GetAllocatedBytesForCurrentThread();
                break;
            case WarmRuns + Runs:
                long allocated = GC.GetAllocatedBytesForCurrentThread() - _allocated;
                long alive = GC.GetTotalMemory(forceFullCollection: true) - _alive;
                Console.Error.WriteLine($"MEMORY {target.Name}: {Runs} runs allocated {allocated} bytes, and {alive} more are alive");
                break;
            default:
                break;
        }

        return verdict;
    }
}
