using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests;

public sealed class FuzzRunTests
{
    [Fact]
    public void What_is_allocated_for_an_input_each_time_counts_against_its_budget()
    {
        var finding = Assert.Throws<FindingException>(() => FuzzRun.Once(new AllocatingTarget(greedyRuns: int.MaxValue), [1]));
        Assert.Equal(FindingKind.Allocation, finding.Kind);
    }

    [Fact]
    public void What_is_allocated_once_does_not() =>
        Assert.Equal(Verdict.Accepted(1), FuzzRun.Once(new AllocatingTarget(greedyRuns: 1), [1]));

    private sealed class AllocatingTarget(int greedyRuns) : FuzzTarget
    {
        private int _greedyRuns = greedyRuns;
        private byte[] _kept = [];

        public override string Name => "allocating";

        public override string Description => "allocates more than its budget, for some runs";

        public override Verdict Run(ReadOnlySpan<byte> input)
        {
            if (input.Length > 0 && _greedyRuns-- > 0)
            {
                _kept = new byte[AllocationBudget + 1];
            }

            return Verdict.Accepted((ulong)input.Length);
        }
    }
}
