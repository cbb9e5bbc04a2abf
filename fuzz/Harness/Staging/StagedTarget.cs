using Ext4Core.Integrity;

namespace Ext4Safety.Fuzz.Staging;

/// <summary>A target whose inputs are laid on a small volume: the first byte says on which one.</summary>
internal abstract class StagedTarget : FuzzTarget
{
    private readonly StagedVolume?[] _volumes = new StagedVolume?[InputOptions.VariantCount];

    /// <inheritdoc/>
    /// <remarks>Room for some damage reports, each with its stack, and for nothing else.</remarks>
    public override long AllocationBudget => 32 << 10;

    /// <summary>Options that make no difference to this target are taken as zeros.</summary>
    protected virtual byte OptionMask => byte.MaxValue;

    /// <inheritdoc/>
    public sealed override void Prepare()
    {
        for (int value = 0; value < InputOptions.VariantCount; value++)
        {
            _ = VolumeFor(new((byte)(value & OptionMask)));
        }
    }

    /// <inheritdoc/>
    public sealed override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return Verdict.Unfit;
        }

        InputOptions options = new((byte)(input[0] & OptionMask));
        StagedVolume volume = VolumeFor(options);
        try
        {
            return Run(volume, options, input[1..]);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
        finally
        {
            volume.Reset();
        }
    }

    /// <summary>Runs one input on a volume that is as it was made.</summary>
    /// <exception cref="CorruptionException">Ends the run with its verdict.</exception>
    protected abstract Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input);

    /// <summary>Makes a volume of this target's own kind.</summary>
    protected virtual StagedVolume Make(InputOptions options) => new(options);

    /// <summary>An oracle's objection, unless it is content.</summary>
    protected static void Require(bool isFine, string objection)
    {
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, objection);
        }
    }

    /// <summary>Objects to work beyond a bound.</summary>
    protected static void RequireWork(long spent, long bound)
    {
        if (spent > bound)
        {
            throw new FindingException(FindingKind.Work, $"{spent} block visits where {bound} are enough");
        }
    }

    private StagedVolume VolumeFor(InputOptions options) => _volumes[options.Variant] ??= Make(options);
}
