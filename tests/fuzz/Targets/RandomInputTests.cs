using System.Diagnostics;
using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests.Targets;

/// <summary>A short look at every target with changed seeds: a first net, and a smoke test of the targets themselves.</summary>
public sealed class RandomInputTests
{
    private const int Inputs = 20_000;

    public static TheoryData<string> Names =>
        [.. TargetRegistry.All.Select(target => target.Name).Where(name => name is not "canary")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Changed_seeds_find_nothing(string name)
    {
        FuzzTarget target = TargetRegistry.Find(name)!;
        SeedMutator mutator = new(target, seed: 20_26);
        long end = Stopwatch.GetTimestamp() + (2 * Stopwatch.Frequency);
        for (int count = 0; count < Inputs && Stopwatch.GetTimestamp() < end; count++)
        {
            byte[] input = mutator.Next();
            try
            {
                _ = FuzzRun.Once(target, input);
            }
            catch (Exception finding)
            {
                throw new InvalidOperationException($"{name} on {Convert.ToHexString(input)}", finding);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_input_gives_the_same_verdict_whatever_came_before(string name)
    {
        FuzzTarget target = TargetRegistry.Find(name)!;
        SeedMutator mutator = new(target, seed: 1);
        List<byte[]> inputs = [.. Enumerable.Range(0, 300).Select(_ => mutator.Next())];
        List<Verdict> forwards = [.. inputs.Select(input => FuzzRun.Once(target, input))];
        inputs.Reverse();
        List<Verdict> backwards = [.. inputs.Select(input => FuzzRun.Once(target, input))];
        backwards.Reverse();

        Assert.Equal(forwards, backwards);
    }
}
