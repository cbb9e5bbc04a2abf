using System.Diagnostics.CodeAnalysis;

namespace Ext4Safety.Fuzz;

/// <summary>One thing that is fuzzed: any bytes in, a verdict out.</summary>
/// <remarks>A target keeps nothing from one input to the next, has no threads, no clock and no chance of its own, so that
/// an input gives the same verdict wherever it is replayed. It is used by one thread at a time.</remarks>
public abstract class FuzzTarget
{
    private bool _isPrepared;

    /// <summary>The name that selects it: lower-case words joined by hyphens. Its corpus is <c>corpus/fuzz/NAME</c>, its
    /// libFuzzer binary <c>NAME_fuzzer</c>.</summary>
    public abstract string Name { get; }

    /// <summary>One line that says what is put to the test.</summary>
    public abstract string Description { get; }

    /// <summary>Most bytes that one input may make the target allocate; more is a finding.</summary>
    public virtual long AllocationBudget => 64 << 10;

    /// <summary>Longest input that makes sense. Unit: bytes.</summary>
    public virtual int MaximumLength => 4096;

    /// <summary>What changes inputs with knowledge of their shape; nothing where the engine's own mutations serve best.</summary>
    public virtual IInputMutator? Mutator => null;

    /// <summary>Whether one run passes through much of the code, and not one parser: engines do well not to weigh inputs by the rare
    /// places that they reach.</summary>
    public virtual bool IsBroad => false;

    /// <summary>Valid inputs, and inputs one step outside the valid, to start from.</summary>
    public virtual IEnumerable<Seed> Seeds => [];

    /// <summary>Words that the format is made of: magic numbers, names. Each becomes a line of the dictionary.</summary>
    public virtual IEnumerable<DictionaryWord> Dictionary => [];

    /// <summary>Simpler forms of an input, the boldest first: what makes a finding's input small where cutting bytes would only
    /// break its shape.</summary>
    /// <param name="input">An input of this target's.</param>
    public virtual IEnumerable<byte[]> Simpler(byte[] input) => [];

    /// <summary>Takes the memory that runs use again and again; a run without it takes that memory itself.</summary>
    public virtual void Prepare()
    {
    }

    /// <summary>Says in lines what an input holds, where inputs of this target have a shape; nothing where they have none.</summary>
    /// <param name="input">An input of this target's, or any bytes.</param>
    public virtual string Describe(ReadOnlySpan<byte> input) => "";

    /// <summary>Names the structures and fields that an input changes, in its order; none where inputs of this target are no volumes.</summary>
    /// <param name="input">An input of this target's, or any bytes.</param>
    public virtual IReadOnlyList<string> Touched(ReadOnlySpan<byte> input) => [];

    /// <summary>Runs one input.</summary>
    /// <param name="input">Bytes of the engine's; they are only valid, and must not change, during the call.</param>
    /// <returns>What the code under test made of it: the same for the same bytes, always.</returns>
    /// <exception cref="FindingException">An oracle objects, or a budget is exceeded. Any other exception is a finding too.</exception>
    public abstract Verdict Run(ReadOnlySpan<byte> input);

    /// <summary>Prepares once, and runs the seeds: what the runtime allocates when code runs for the first time is not the
    /// input's.</summary>
    /// <returns>Whether it was done now, and not before.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "What a seed finds is found again when the seed is run.")]
    public bool PrepareOnce()
    {
        if (_isPrepared)
        {
            return false;
        }

        _isPrepared = true;
        Prepare();
        foreach (Seed seed in Seeds)
        {
            try
            {
                _ = Run(seed.Bytes);
            }
            catch (Exception)
            {
                // Found again when the seed is run.
            }
        }

        return true;
    }
}

/// <summary>An input to start from.</summary>
/// <param name="Name">What it holds, in words joined by hyphens: it becomes a file name.</param>
/// <param name="Bytes">The input.</param>
public sealed record Seed(string Name, byte[] Bytes);

/// <summary>A word of a dictionary.</summary>
/// <param name="Name">What it stands for: letters, digits and underscores.</param>
/// <param name="Bytes">As it appears in an input.</param>
public sealed record DictionaryWord(string Name, byte[] Bytes);
