using System.Runtime.InteropServices;

namespace Ext4Safety.Fuzz;

/// <summary>Lets libFuzzer call a target's own mutations, and those call libFuzzer's.</summary>
internal static unsafe class MutatorBridge
{
    private static readonly EngineMutator Engine = new();
    private static IInputMutator s_mutator = null!;

    public static void Install(IInputMutator mutator)
    {
        s_mutator = mutator;
        FuzzHostLibrary.SetMutator(&Mutate, &CrossOver);
    }

    /// <summary>libFuzzer knows no input without a byte, so one that a mutation empties is left to libFuzzer itself.</summary>
    [UnmanagedCallersOnly]
    private static nuint Mutate(byte* data, nuint size, nuint capacity, uint seed)
    {
        try
        {
            int length = s_mutator.Mutate(new Span<byte>(data, (int)capacity), (int)size, seed, Engine);
            return length > 0 ? (nuint)length : FuzzHostLibrary.Mutate(data, size, capacity);
        }
        catch (Exception exception)
        {
            return GiveUp(exception);
        }
    }

    [UnmanagedCallersOnly]
    private static nuint CrossOver(byte* first, nuint firstSize, byte* second, nuint secondSize, byte* result, nuint capacity, uint seed)
    {
        try
        {
            return (nuint)s_mutator.CrossOver(
                new ReadOnlySpan<byte>(first, (int)firstSize), new ReadOnlySpan<byte>(second, (int)secondSize),
                new Span<byte>(result, (int)capacity), seed);
        }
        catch (Exception exception)
        {
            return GiveUp(exception);
        }
    }

    /// <summary>A mistake of the mutator's is no finding: it ends the run without an input to blame.</summary>
    private static nuint GiveUp(Exception exception)
    {
        Console.Error.WriteLine($"fuzz: the mutator failed: {exception}");
        Environment.Exit(1);
        return 0;
    }

    private sealed class EngineMutator : IByteMutator
    {
        public int Mutate(Span<byte> data, int length)
        {
            fixed (byte* bytes = data)
            {
                return (int)FuzzHostLibrary.Mutate(bytes, (nuint)length, (nuint)data.Length);
            }
        }
    }
}
