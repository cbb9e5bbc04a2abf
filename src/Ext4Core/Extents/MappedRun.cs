using Ext4Core.Primitives;

namespace Ext4Core.Extents;

/// <summary>What a run of file blocks is made of.</summary>
internal enum RunKind : byte
{
    /// <summary>Nothing: reads as zeros.</summary>
    Hole,

    /// <summary>Allocated but never written: reads as zeros.</summary>
    Unwritten,

    /// <summary>Blocks with data.</summary>
    Written,
}

/// <summary>A run of file blocks of one kind, from the block that was asked for on.</summary>
/// <param name="Kind">What the run is made of.</param>
/// <param name="First">Where it starts on the volume; <see cref="BlockNumber.None"/> for a hole.</param>
/// <param name="Count">Blocks in the run, at least one.</param>
internal readonly record struct MappedRun(RunKind Kind, BlockNumber First, uint Count);
