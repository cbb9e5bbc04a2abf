using System.Globalization;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Finds a small input that shows the same as a large one.</summary>
/// <param name="binary">The target's program.</param>
internal sealed class Minimizer(FuzzerBinary binary)
{
    private const int MostRuns = 20_000;

    /// <summary>Minimises an input.</summary>
    /// <param name="input">The file that shows it.</param>
    /// <param name="failure">What it shows.</param>
    /// <param name="time">Most time for libFuzzer, which is only asked where this process could not survive the input.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The smallest input found; it shows the same, in a process of its own too.</returns>
    public byte[] Minimize(string input, FailureReport failure, TimeSpan time, CancellationToken cancellation)
    {
        byte[] original = File.ReadAllBytes(input);
        if (failure.Kind != FailureKind.Crash)
        {
            return original;
        }

        byte[] smaller = IsManaged(failure) ? ReduceHere(original) : ReduceByEngine(input, original, time, cancellation);
        return smaller.Length <= original.Length && StillShows(smaller, failure, cancellation) ? smaller : original;
    }

    /// <summary>An exception that a program survives, unlike an abort of the runtime.</summary>
    private static bool IsManaged(FailureReport failure) =>
        failure.Lines.Count > 0 && failure.Lines[0].Contains("unhandled managed exception", StringComparison.Ordinal);

    private byte[] ReduceHere(byte[] original)
    {
        string? bucket = BucketOf(original);
        return bucket is null
            ? original
            : new Reduction(candidate => bucket.Equals(BucketOf(candidate), StringComparison.Ordinal), MostRuns)
                .Reduce(original, candidate => binary.Target.Simpler(candidate));
    }

    private string? BucketOf(byte[] input) =>
        Replay.Input(binary.Target, "candidate", input).Finding is { } finding ? FindingBucket.Of(finding).Identity : null;

    private byte[] ReduceByEngine(string input, byte[] original, TimeSpan time, CancellationToken cancellation)
    {
        string smaller = Path.GetTempFileName();
        try
        {
            string seconds = ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            binary.Run(["-minimize_crash=1", $"-max_total_time={seconds}", $"-exact_artifact_path={smaller}", input], _ => { }, cancellation);
            byte[] found = File.ReadAllBytes(smaller);
            return found.Length == 0 ? original : found;
        }
        finally
        {
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
