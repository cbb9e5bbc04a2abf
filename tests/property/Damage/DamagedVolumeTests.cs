using System.Diagnostics;
using Ext4Core.Io;
using TestSupport.Damage;

namespace Ext4Core.PropertyTests.Damage;

/// <summary>No image can make a reader misbehave: each mutant is read, reported damaged or refused, in bounded time and memory.</summary>
public sealed class DamagedVolumeTests
{
    private const int CacheBytes = 128 << 10;
    private const long MostAllocatedBytes = 256L << 20;
    private static readonly TimeSpan PerVolume = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PerMutant = TimeSpan.FromSeconds(10);

    public static TheoryData<string> Names => [.. SmallVolume.All.Select(volume => volume.Name)];

    [SmallVolumeTheory]
    [MemberData(nameof(Names))]
    public void Every_mutant_is_read_or_reported_within_its_means(string name)
    {
        VolumeMutator mutator = new(SmallVolume.Named(name).Make());
        int[] endings = new int[3];
        Stopwatch clock = Stopwatch.StartNew();
        int seed = Seeds.First;
        for (; clock.Elapsed < PerVolume && seed < Seeds.First + Seeds.Count; seed++)
        {
            endings[(int)Exercise(mutator, seed)]++;
        }

        Assert.True(seed - Seeds.First >= 20, $"only {seed - Seeds.First} mutants in {PerVolume}");
        Assert.True(endings[(int)Ending.Damaged] > 0, "no mutant got past the mount");
    }

    [SmallVolumeTheory]
    [MemberData(nameof(Names))]
    public void The_volume_that_mutants_are_made_from_is_sound(string name)
    {
        VolumeMutator mutator = new(SmallVolume.Named(name).Make());
        _ = mutator.Mutate(1);
        mutator.Restore();

        Assert.Equal(Ending.Read, new VolumeExercise().Run(new MemoryBlockDevice(mutator.Volume, isReadOnly: true), new()));
    }

    private static Ending Exercise(VolumeMutator mutator, int seed)
    {
        (string story, int length) = mutator.Mutate(seed);
        Stopwatch clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            VolumeOptions options = new() { CacheBytes = CacheBytes, SkipJournal = seed % 2 == 0 };
            MemoryBlockDevice device = new(mutator.Volume.AsMemory(0, length), isReadOnly: true);
            Ending ending = new VolumeExercise().Run(device, options);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MostAllocatedBytes, $"{story}: {allocated} bytes allocated");
            Assert.True(clock.Elapsed < PerMutant, $"{story}: {clock.Elapsed}");
            return ending;
        }
        catch (Exception escape) when (escape is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException(story, escape);
        }
        finally
        {
            mutator.Restore();
        }
    }

    /// <summary>Which mutants are made: the same ones in every run, others when the environment asks for them.</summary>
    private static class Seeds
    {
        public static int First { get; } = Read("EXT4SAFETY_DAMAGE_SEED", 1);

        public static int Count { get; } = Read("EXT4SAFETY_DAMAGE_COUNT", 100_000);

        private static int Read(string name, int otherwise) =>
            int.TryParse(Environment.GetEnvironmentVariable(name), out int value) ? value : otherwise;
    }
}
