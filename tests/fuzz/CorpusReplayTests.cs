using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Corpus;
using TestSupport;
using Xunit.Abstractions;

namespace Ext4Safety.FuzzTests;

public sealed class CorpusReplayTests(ITestOutputHelper output)
{
    private const int LeastInputsPerSecond = 2000, Passes = 8;

    private static readonly CorpusTree Committed = new(Path.Combine(TestTree.Root, "corpus"));

    public static TheoryData<string> Names => [.. TargetRegistry.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_input_has_the_verdict_that_is_committed(string name)
    {
        FuzzTarget target = TargetRegistry.Find(name)!;
        VerdictFile verdicts = VerdictFile.Load(Committed.VerdictsOf(target));
        List<ReplayedInput> inputs = [.. Committed.InputsOf(target).Select(path => Replay.File(target, path))];
        foreach (ReplayedInput input in inputs)
        {
            output.WriteLine($"{name}/{input.Name}: {input.Verdict}");
        }

        IReadOnlyList<VerdictChange> changes = verdicts.Compare(inputs);
        Assert.True(changes.Count == 0, $"These verdicts changed; 'replay --accept' takes them as they are.\n{string.Join('\n', changes)}");
    }

    [Fact]
    public void Every_directory_of_inputs_bears_the_name_of_a_target() =>
        Assert.All(
            Directory.EnumerateDirectories(Path.Combine(Committed.Root, "fuzz")),
            directory => Assert.NotNull(CorpusTree.TargetOf(directory)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_finding_behind_a_committed_input_is_fixed(string name)
    {
        FuzzTarget target = TargetRegistry.Find(name)!;
        Assert.DoesNotContain(Committed.InputsOf(target), path => Replay.File(target, path).Finding is not null);
    }

    /// <summary>Processor time of the fastest pass, so that what else runs on the machine counts as little as it can.</summary>
    [Fact]
    public void Inputs_replay_fast_enough_to_be_an_ordinary_test()
    {
        (FuzzTarget Target, IReadOnlyList<string> Paths)[] all =
            [.. TargetRegistry.All.Select(target => (target, Committed.InputsOf(target)))];
        TimeSpan fastest = TimeSpan.MaxValue;
        for (int pass = 0; pass < Passes; pass++)
        {
            TimeSpan start = ThreadTime();
            foreach ((FuzzTarget target, IReadOnlyList<string> paths) in all)
            {
                foreach (string path in paths)
                {
                    Replay.File(target, path);
                }
            }

            TimeSpan time = ThreadTime() - start;
            fastest = time < fastest ? time : fastest;
        }

        double rate = all.Sum(pair => pair.Paths.Count) / fastest.TotalSeconds;
        output.WriteLine($"{rate:n0} inputs/s");
        Assert.True(rate >= LeastInputsPerSecond, $"{rate:n0} inputs/s, at least {LeastInputsPerSecond} wanted");
    }

    private static TimeSpan ThreadTime() => Environment.CpuUsage.TotalTime;
}
