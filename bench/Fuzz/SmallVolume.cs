using Ext4Safety.Fuzz;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzBench;

/// <summary>The targets of whole volumes, over the smallest base volume alone: 64 blocks of 1 KiB.</summary>
internal static class SmallVolume
{
    private static readonly BaseVolume Base = BaseVolumes.Find("minimal")!;

    public static FuzzTarget Walked { get; } = new SeededTarget(
        "volume-small-walk", new VolumeTarget(), new VolumeInputWriter(Base, InputFlags.Sealed | InputFlags.SkipAudit).ToArray());

    public static FuzzTarget Audited { get; } = new SeededTarget(
        "volume-small-audit", new VolumeTarget(), new VolumeInputWriter(Base, InputFlags.Sealed).ToArray());

    public static FuzzTarget Asked { get; } = new SeededTarget(
        "volume-small-ten-operations", new VolumeOperationsTarget(), new VolumeInputWriter(Base, InputFlags.Sealed)
            .Add(RecordKind.List, 2, 0, 16)
            .Add(RecordKind.LookupListed, 2, 3)
            .Add(RecordKind.Stat, 0)
            .Add(RecordKind.Lookup, "lost+found"u8, 2)
            .Add(RecordKind.Read, 0, 100, 2000)
            .Add(RecordKind.Map, 0, 0, 4096)
            .Add(RecordKind.SeekHole, 0, 0)
            .Add(RecordKind.ListAttributes, 0, 256)
            .Add(RecordKind.GetAttribute, "user.short"u8, 0, 64)
            .Add(RecordKind.Statistics)
            .ToArray());

    /// <summary>Another target, started from one input.</summary>
    private sealed class SeededTarget(string name, FuzzTarget target, byte[] seed) : FuzzTarget
    {
        public override string Name => name;

        public override string Description => target.Description;

        public override long AllocationBudget => target.AllocationBudget;

        public override bool IsBroad => target.IsBroad;

        public override int MaximumLength => target.MaximumLength;

        public override IInputMutator? Mutator => target.Mutator;

        public override IEnumerable<Seed> Seeds => [new("small", seed)];

        public override Verdict Run(ReadOnlySpan<byte> input) => target.Run(input);
    }
}
