using System.Diagnostics;
using Ext4Safety.Fuzz.Commands;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>One target's libFuzzer program.</summary>
internal sealed class FuzzerBinary
{
    private readonly string _directory;

    private FuzzerBinary(string directory, FuzzTarget target)
    {
        _directory = directory;
        Target = target;
    }

    /// <summary>What it fuzzes.</summary>
    public FuzzTarget Target { get; }

    /// <summary>The program's file.</summary>
    public string Path => PathOf(_directory, Target);

    /// <summary>Options that every fuzzing of this target has: the longest input, and the words of its format.</summary>
    public IEnumerable<string> CommonArguments
    {
        get
        {
            yield return $"-max_len={Target.MaximumLength}";
            string dictionary = System.IO.Path.Combine(_directory, $"{Target.Name}_fuzzer.dict");
            if (new FileInfo(dictionary) is { Exists: true, Length: > 0 })
            {
                yield return $"-dict={dictionary}";
            }
        }
    }

    /// <summary>Whether the program was built.</summary>
    public static bool Exists(string directory, FuzzTarget target) => File.Exists(PathOf(directory, target));

    /// <summary>The program of a target.</summary>
    /// <exception cref="CommandException">It was not built.</exception>
    public static FuzzerBinary Find(string directory, FuzzTarget target) => Exists(directory, target)
        ? new(directory, target)
        : throw new CommandException($"{PathOf(directory, target)} does not exist: ci/build-fuzz builds the fuzzing programs");

    /// <summary>Directories that fuzzing may start from and does not change: the committed inputs.</summary>
    public IEnumerable<string> StartingPoints(CorpusTree corpus)
    {
        string directory = corpus.DirectoryOf(Target);
        return Directory.Exists(directory) ? [directory] : [];
    }

    /// <summary>Runs it with the terminal of whoever called.</summary>
    /// <returns>Its exit code.</returns>
    public int RunInForeground(IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path, arguments))
            ?? throw new CommandException($"{Path} could not be started");
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Runs it and reads what it prints.</summary>
    /// <param name="arguments">libFuzzer's.</param>
    /// <param name="hear">Called for each line, by one thread at a time.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="hasPlainStacks">No method is inlined, so that stacks are the same in each run; slow.</param>
    /// <returns>Its exit code.</returns>
    public int Run(IEnumerable<string> arguments, Action<string> hear, CancellationToken cancellation, bool hasPlainStacks = false)
    {
        ProcessStartInfo start = new(Path, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        if (hasPlainStacks)
        {
            start.Environment["DOTNET_JitNoInline"] = "1";
        }

        using Process process = Process.Start(start) ?? throw new CommandException($"{Path} could not be started");
        using CancellationTokenRegistration registration = cancellation.Register(() => End(process));
        Lock gate = new();
        void Hear(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                lock (gate)
                {
                    hear(line.Data);
                }
            }
        }

        process.OutputDataReceived += Hear;
        process.ErrorDataReceived += Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Runs one input in a process of its own.</summary>
    /// <returns>What it printed of its failure; nothing if it did not fail.</returns>
    public FailureReport? Reproduce(string input, CancellationToken cancellation)
    {
        FuzzerOutput output = new();
        int exitCode = Run(["-runs=1", input], line => output.Read(line), cancellation, hasPlainStacks: true);
        output.End();
        return exitCode == 0 ? null : output.Failures.FirstOrDefault();
    }

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static string PathOf(string directory, FuzzTarget target) => System.IO.Path.Combine(directory, $"{target.Name}_fuzzer");
}
