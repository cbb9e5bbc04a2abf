using System.Globalization;
using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzBench;

/// <summary>Runs the same inputs again and again, without an engine: what a target costs by itself.</summary>
internal static class Repetition
{
    /// <summary>Prints runs per second of processor time, after as long a time to warm up.</summary>
    /// <param name="target">The target.</param>
    /// <param name="folder">Its inputs.</param>
    /// <param name="seconds">How long it is measured.</param>
    public static int Run(FuzzTarget target, string folder, double seconds)
    {
        byte[][] inputs = [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        _ = Measure(target, inputs, seconds);
        Console.Out.WriteLine(Measure(target, inputs, seconds).ToString("F0", CultureInfo.InvariantCulture));
        return 0;
    }

    private static double Measure(FuzzTarget target, byte[][] inputs, double seconds)
    {
        const int LeastRuns = 64;
        TimeSpan before = Environment.CpuUsage.TotalTime;
        double used;
        long runs = 0;
        do
        {
            do
            {
                foreach (byte[] input in inputs)
                {
                    _ = FuzzRun.Once(target, input);
                    runs++;
                }
            }
            while (runs % LeastRuns != 0);
            used = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }
        while (used < seconds);
        return runs / used;
    }
}
