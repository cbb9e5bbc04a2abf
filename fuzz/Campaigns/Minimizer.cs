using System.Diagnostics;
using System.Globalization;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Finds a small input that shows the same as a large one.</summary>
/// <param name="binary">The target's program.</param>
internal sealed class Minimizer(FuzzerBinary binary)
{
    private const int MostRuns = 20_000, MostPrograms = 400;

    /// <summary>Minimises an input.</summary>
    /// <param name="input">The file that shows it.</param>
    /// <param name="failure">What it shows.</param>
    /// <param name="time">Most time for programs: those of simpler inputs, then libFuzzer. They are only asked where this process would
    /// not survive the input, or does not show what it shows.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The smallest input found; it shows the same, in a process of its own too.</returns>
    public byte[] Minimize(string input, FailureReport failure, TimeSpan time, CancellationToken cancellation)
    {
        byte[] original = File.ReadAllBytes(input);
        if (failure.Kind != FailureKind.Crash)
        {
            return original;
        }

        byte[] smaller = IsManaged(failure) && BucketOf(original) is { } bucket
            ? ReduceHere(original, bucket)
            : ReduceElsewhere(original, failure, time, cancellation);
        return StillShows(smaller, failure, cancellation) ? smaller : original;
    }

    /// <summary>An exception that a program survives, unlike an abort of the runtime.</summary>
    private static bool IsManaged(FailureReport failure) =>
        failure.Lines.Count > 0 && failure.Lines[0].Contains("unhandled managed exception", StringComparison.Ordinal);

    private byte[] ReduceHere(byte[] original, string bucket) =>
        new Reduction(candidate => bucket.Equals(BucketOf(candidate), StringComparison.Ordinal), MostRuns)
            .Reduce(original, binary.Target.Simpler);

    /// <summary>One program for each simpler input while half of the time lasts, then libFuzzer takes bytes away.</summary>
    private byte[] ReduceElsewhere(byte[] original, FailureReport failure, TimeSpan time, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        byte[] simpler = new Reduction(candidate => watch.Elapsed < time / 2 && StillShows(candidate, failure, cancellation), MostPrograms)
            .Simplify(original, binary.Target.Simpler);
        return ReduceByEngine(simpler, time / 2, cancellation);
    }

    private string? BucketOf(byte[] input) =>
        Replay.Input(binary.Target, "candidate", input).Finding is { } finding ? FindingBucket.Of(finding).Identity : null;

    private byte[] ReduceByEngine(byte[] input, TimeSpan time, CancellationToken cancellation)
    {
        string large = Path.GetTempFileName();
        string smaller = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(large, input);
            string seconds = ((int)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            binary.Run(["-minimize_crash=1", $"-max_total_time={seconds}", $"-exact_artifact_path={smaller}", large], _ => { }, cancellation);
            byte[] found = File.ReadAllBytes(smaller);
            return found.Length == 0 ? input : found;
        }
        finally
        {
            File.Delete(large);
            File.Delete(smaller);
        }
    }

    private bool StillShows(byte[] candidate, FailureReport failure, CancellationToken cancellation)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, candidate);
            return binary.Reproduce(path, cancellation) is { } now
                && FindingBucket.Of(now).Identity.Equals(FindingBucket.Of(failure).Identity, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
