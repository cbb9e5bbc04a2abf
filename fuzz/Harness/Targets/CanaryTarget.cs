namespace Ext4Safety.Fuzz.Targets;

/// <summary>Fails on purpose on four letters: a campaign that does not find it does not work.</summary>
public sealed class CanaryTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "canary";

    /// <inheritdoc/>
    public override string Description => "fails on purpose: whoever does not find it is not fuzzing";

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        if (input.Length >= 4 && input[0] == (byte)'E' && input[1] == (byte)'x' && input[2] == (byte)'t' && input[3] == (byte)'4')
        {
            throw new FindingException(FindingKind.Contradiction, "the canary sings");
        }

        return Verdict.Accepted(new Digest().Add(input).Value);
    }
}
