namespace Ext4Safety.Fuzz;

/// <summary>Changes inputs with knowledge of their shape.</summary>
public interface IInputMutator
{
    /// <summary>Changes an input in place.</summary>
    /// <param name="data">The input, with room to grow behind it.</param>
    /// <param name="length">Bytes of the input.</param>
    /// <param name="seed">Decides what is done: the same seed does the same.</param>
    /// <param name="engine">The engine's own mutations, for parts without a known shape.</param>
    /// <returns>The new length, at most that of <paramref name="data"/>.</returns>
    int Mutate(Span<byte> data, int length, uint seed, IByteMutator engine);

    /// <summary>Makes one input of two.</summary>
    /// <returns>The length of what was written to <paramref name="result"/>; 0 if these two do not mix.</returns>
    int CrossOver(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> result, uint seed);
}

/// <summary>Mutations that know nothing of the input's shape.</summary>
public interface IByteMutator
{
    /// <summary>Changes bytes in place.</summary>
    /// <returns>The new length, at most that of <paramref name="data"/>.</returns>
    int Mutate(Span<byte> data, int length);
}
