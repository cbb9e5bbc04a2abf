using System.Diagnostics;
using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests.Targets;

/// <summary>A short look at every target with changed seeds: a first net, and a smoke test of the targets themselves.</summary>
public sealed class RandomInputTests
{
    private const int Inputs = 20_000;

    /// <summary>How long each target is looked at: more than the default also means more inputs, and others.</summary>
    private static readonly int Seconds =
        int.TryParse(Environment.GetEnvironmentVariable("EXT4SAFETY_FUZZ_SECONDS"), out int seconds) ? seconds : 2;

    public static TheoryData<string> Names =>
        [.. TargetRegistry.All.Select(target => target.Name).Where(name => name is not "canary")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Changed_seeds_find_nothing(string name)
    {
        FuzzTarget target = TargetRegistry.Find(name)!;
        SeedMutator mutator = new(target, Seconds);
        long end = Stopwatch.GetTimestamp() + (Seconds * Stopwatch.Frequency);
        for (int count = 0; (count < Inputs || Seconds > 2) && Stopwatch.GetTimestamp() < end; count++)
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
