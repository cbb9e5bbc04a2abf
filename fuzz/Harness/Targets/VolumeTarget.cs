using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>What the targets over whole volumes share: an input becomes a device, the device is mounted.</summary>
public abstract class WholeVolumeTarget : FuzzTarget
{
    /// <summary>Reads of the device that one input may cost.</summary>
    private const long ReadBudget = 1 << 18;
    private const long CacheBytes = 128 << 10;

    /// <summary>Descriptors of two groups at most: what a volume keeps in later ones is learnt when it is claimed.</summary>
    private static readonly VolumeLimits Limits = new()
    {
        DescriptorBytesAtMount = 64,
        BlocksPerRequest = 1 << 12,
        OverlaidBlocks = 1 << 12,
        JournalPieces = 1 << 12,
        FastCommitRecords = 1 << 12,
        FastCommitBytes = 1 << 20,
    };

    private readonly VolumeBuilder _builder = new();
    private readonly VolumeMemory _memory = new();

    /// <inheritdoc/>
    public override long AllocationBudget => 32 << 20;

    /// <inheritdoc/>
    public override bool IsBroad => true;

    /// <inheritdoc/>
    public override int MaximumLength => 1 << 16;

    /// <summary>Whether the last input was mounted.</summary>
    public bool HasMounted { get; private set; }

    private protected SparseDevice Device => _builder.Device;

    /// <inheritdoc/>
    public override string Describe(ReadOnlySpan<byte> input) =>
        VolumeInput.TryParse(input, out VolumeInput volume) ? InputText.Describe(volume) : "";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> Simpler(byte[] input) => SimplerInputs.Of(input);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Touched(ReadOnlySpan<byte> input) =>
        VolumeInput.TryParse(input, out VolumeInput volume) ? InputText.Touched(volume) : [];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        HasMounted = false;
        if (!VolumeInput.TryParse(input, out VolumeInput volume))
        {
            return Verdict.Unfit;
        }

        _builder.Build(volume);
        Device.ReadBudget = ReadBudget;
        Verdict verdict = Judge(volume);
        return Device.HasMetCountedFault ? Verdict.Refused(0) : verdict;
    }

    /// <summary>Mounts and looks.</summary>
    private protected abstract Verdict Run(in VolumeInput input);

    private Verdict Judge(in VolumeInput volume)
    {
        try
        {
            return Run(volume);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
        catch (UnsupportedFeatureException refusal)
        {
            return Verdict.Refused((ulong)refusal.Feature.Length);
        }
        catch (DeviceException) when (Device.HasFaults)
        {
            return Verdict.Refused(0);
        }
    }

    /// <summary>Mounts the device as the input says.</summary>
    private protected Volume Mount(in VolumeInput input)
    {
        Volume volume = Volume.Mount(Device, _builder.OptionsFor(input.Flags, Limits, CacheBytes, _memory));
        HasMounted = true;
        return volume;
    }
}

/// <summary>A whole volume: mounted, walked, audited.</summary>
public sealed class VolumeTarget : WholeVolumeTarget
{
    private readonly VolumeWalk _walk;

    /// <summary>A target with a device of its own.</summary>
    public VolumeTarget() => _walk = new(Device);

    /// <inheritdoc/>
    public override string Name => "volume";

    /// <inheritdoc/>
    public override string Description => "a whole volume: mount it, walk everything, audit it";

    /// <inheritdoc/>
    public override IInputMutator Mutator { get; } = new VolumeMutator(hasOperations: false);

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds => VolumeSeeds.Sound;

    private protected override Verdict Run(in VolumeInput input)
    {
        using Volume volume = Mount(input);
        Workspace workspace = volume.CreateWorkspace();
        ulong digest = _walk.Run(volume, workspace, !input.Flags.HasFlag(InputFlags.SkipAudit)).Value;
        return _walk.FirstDamage == default ? Verdict.Accepted(digest) : new(Outcome.Damaged, _walk.FirstDamage, digest);
    }
}
