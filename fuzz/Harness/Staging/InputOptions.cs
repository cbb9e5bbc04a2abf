namespace Ext4Safety.Fuzz.Staging;

/// <summary>The first byte of an input that is laid on a volume: what the volume is like, and whether its checksums are put
/// right.</summary>
/// <param name="Value">The byte.</param>
internal readonly record struct InputOptions(byte Value)
{
    /// <summary>Volumes that differ in these options.</summary>
    public const int VariantCount = 8;

    private const byte ChecksumBit = 1, LargeBit = 2, PlainBit = 4, UnsealedBits = 0x38;

    /// <summary>Bits that are left to the target.</summary>
    public const int OwnShift = 6;

    /// <summary>The volume has metadata_csum.</summary>
    public bool HasChecksums => (Value & ChecksumBit) != 0;

    /// <summary>Blocks have 4 KiB, not 1 KiB.</summary>
    public bool HasLargeBlocks => (Value & LargeBit) != 0;

    /// <summary>The volume has none of the features that a reader can do without.</summary>
    public bool IsPlain => (Value & PlainBit) != 0;

    /// <summary>Checksums are put right before the input is used, so that it reaches the code behind them: in seven of eight
    /// inputs.</summary>
    public bool SealsChecksums => (Value & UnsealedBits) != UnsealedBits;

    /// <summary>Which of the volumes the input is laid on.</summary>
    public int Variant => Value & (VariantCount - 1);

    /// <summary>Two bits that mean what the target says.</summary>
    public int Own => Value >> OwnShift;

    /// <summary>The byte for these options.</summary>
    public static InputOptions Of(
        bool hasChecksums = true, bool hasLargeBlocks = false, bool isPlain = false, bool sealsChecksums = true, int own = 0) => new((byte)(
            (hasChecksums ? ChecksumBit : 0) | (hasLargeBlocks ? LargeBit : 0) | (isPlain ? PlainBit : 0)
            | (sealsChecksums ? 0 : UnsealedBits) | (own << OwnShift)));
}
