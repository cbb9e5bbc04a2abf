using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ext4Safety.Fuzz;

/// <summary>Runs one target under libFuzzer, until that has had enough.</summary>
internal static unsafe class FuzzHost
{
    /// <summary>libFuzzer's exit code of a crash.</summary>
    private const int FindingExitCode = 77;

    /// <summary>How long before libFuzzer's own limit a run counts as hanging: the stack is printed in between.</summary>
    private const double HangMargin = 0.25;

    private const int DefaultTimeoutSeconds = 1200, DefaultMemoryMegabytes = 2048;

    private static FuzzTarget s_target = null!;

    /// <summary>Hands everything over to libFuzzer. Its own exits do not come back here.</summary>
    /// <param name="target">What is fuzzed.</param>
    /// <param name="arguments">libFuzzer's, as they were given.</param>
    /// <returns>The exit code.</returns>
    public static int Run(FuzzTarget target, IReadOnlyList<string> arguments)
    {
        s_target = target;
        LimitHeap(NumberOf("-rss_limit_mb", arguments, DefaultMemoryMegabytes));
        Symbolizer.Install();
        List<string> all = [Environment.ProcessPath!, $"-max_len={target.MaximumLength}"];
        if (target.Mutator is IInputMutator mutator)
        {
            MutatorBridge.Install(mutator);
        }
        else
        {
            // The mere presence of the hook switches this off.
            all.Add("-len_control=100");
        }

        if (target.IsBroad)
        {
            // Each feature of a run would be searched for among all rare ones: with thousands of both, that takes longer than the run.
            all.Add("-entropic=0");
        }

        all.AddRange(arguments);
        int timeout = NumberOf("-timeout", arguments, DefaultTimeoutSeconds);
        return FuzzHostLibrary.Run(all.Count, MakeVector(all), &RunOne, timeout > 0 ? timeout - HangMargin : 0);
    }

    /// <summary>Reports an exception as libFuzzer reports a crash, saves the input, and ends the process.</summary>
    public static void Die(Exception exception)
    {
        FindingReport.Write(exception);
        FuzzHostLibrary.Die(FindingExitCode);
    }

    [UnmanagedCallersOnly]
    private static int RunOne(byte* data, nuint size)
    {
        try
        {
            if (s_target.PrepareOnce())
            {
                // What the seeds reached is not this input's merit.
                Coverage.Clear();
            }

            FuzzRun.Once(s_target, new ReadOnlySpan<byte>(data, (int)size));
        }
        catch (Exception exception)
        {
            Die(exception);
        }

        return 0;
    }

    /// <summary>The collector's memory is unknown to libFuzzer: its own limit makes a runaway allocation an exception with a stack,
    /// and libFuzzer's remains as a second net.</summary>
    private static void LimitHeap(int megabytes)
    {
        if (megabytes > 0)
        {
            AppContext.SetData("GCHeapHardLimit", (ulong)megabytes * 3 / 4 << 20);
            GC.RefreshMemoryLimit();
        }
    }

    private static int NumberOf(string flag, IReadOnlyList<string> arguments, int otherwise)
    {
        string? last = arguments.LastOrDefault(argument => argument.StartsWith($"{flag}=", StringComparison.Ordinal));
        return int.TryParse(last.AsSpan()[(last is null ? 0 : flag.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
    }

    /// <summary>Native memory that lives as long as the process.</summary>
    private static byte** MakeVector(List<string> arguments)
    {
        byte** vector = (byte**)NativeMemory.AllocZeroed((nuint)arguments.Count + 1, (nuint)sizeof(byte*));
        for (int index = 0; index < arguments.Count; index++)
        {
            byte[] text = Encoding.UTF8.GetBytes(arguments[index]);
            vector[index] = (byte*)NativeMemory.AllocZeroed((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(vector[index], text.Length));
        }

        return vector;
    }
}
