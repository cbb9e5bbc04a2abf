using Ext4Core;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A whole volume, and a program of operations on it.</summary>
public sealed class VolumeOperationsTarget : WholeVolumeTarget
{
    private const int MostMounts = 4;
    private readonly VolumeProgram _program;

    /// <summary>A target with a device of its own.</summary>
    public VolumeOperationsTarget() => _program = new(Device);

    /// <inheritdoc/>
    public override string Name => "volume-operations";

    /// <inheritdoc/>
    public override string Description => "a whole volume, and a program of operations that the input chooses";

    /// <summary>Each mount takes its memory anew.</summary>
    public override long AllocationBudget => MostMounts * base.AllocationBudget;

    /// <inheritdoc/>
    public override IInputMutator Mutator { get; } = new VolumeMutator(hasOperations: true);

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds => VolumeSeeds.WithOperations;

    private protected override Verdict Run(in VolumeInput input)
    {
        RecordReader records = input.Records;
        _program.Begin();
        bool isMountedAgain = true;
        for (int mounts = 0; mounts < MostMounts && isMountedAgain; mounts++)
        {
            using Volume volume = Mount(input);
            isMountedAgain = _program.Run(ref records, volume);
        }

        return _program.FirstDamage == default
            ? Verdict.Accepted(_program.Digest)
            : new(Outcome.Damaged, _program.FirstDamage, _program.Digest);
    }
}
