using System.Diagnostics;
using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

/// <summary>No image can make a reader misbehave: each mutant of each volume is read, reported damaged or refused, in bounded reads
/// and memory. Checked builds poison what was given back.</summary>
public sealed class DamagedVolumeTests
{
    private const int Mutants = 150;
    private static readonly TimeSpan PerMutant = TimeSpan.FromSeconds(10);

    /// <summary>Which mutants are made: the same ones in every run, others when the environment asks for them.</summary>
    private static readonly uint FirstSeed =
        uint.TryParse(Environment.GetEnvironmentVariable("EXT4SAFETY_DAMAGE_SEED"), out uint seed) ? seed : 1;

    public static TheoryData<string> Names => [.. BaseVolumes.All.Where(volume => volume.Id != BaseVolumes.ZerosId).Select(volume => volume.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_mutant_is_read_or_reported_within_its_means(string name)
    {
        VolumeOperationsTarget program = new();
        VolumeTarget walk = new();
        byte[] start = new VolumeInputWriter(BaseVolumes.Find(name)!, InputFlags.Sealed).ToArray();
        byte[] data = new byte[walk.MaximumLength];
        int damaged = 0;
        for (uint seed = FirstSeed; seed < FirstSeed + Mutants; seed++)
        {
            start.CopyTo(data, 0);
            int length = start.Length;
            for (uint step = 0; step <= seed % 4; step++)
            {
                length = program.Mutator.Mutate(data, length, (seed * 8) + step, new NoEngine());
            }

            damaged += Run(walk, data.AsSpan(0, length), seed).Outcome == Outcome.Damaged ? 1 : 0;
            _ = Run(program, data.AsSpan(0, length), seed);
        }

        Assert.True(damaged > 0, "no mutant was damaged");
    }

    private static Verdict Run(WholeVolumeTarget target, ReadOnlySpan<byte> input, uint seed)
    {
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            Verdict verdict = FuzzRun.Once(target, input);
            Assert.True(clock.Elapsed < PerMutant, $"seed {seed}: {clock.Elapsed}\n{target.Describe(input)}");
            return verdict;
        }
        catch (Exception escape) when (escape is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{target.Name}, seed {seed}\n{target.Describe(input)}", escape);
        }
    }

    private sealed class NoEngine : IByteMutator
    {
        public int Mutate(Span<byte> data, int length) => length;
    }
}
