using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A volume as it reads after its journal.</summary>
/// <remarks>The volume itself is all zeros. A block reads the same whole and in pieces, alone and among its neighbours; and one
/// that the journal does not replace reads as zeros.</remarks>
internal sealed class JournalOverlayTarget : JournalTarget
{
    private const int OddPiece = 333;

    private readonly byte[] _whole = new byte[(int)VolumeBlocks * JournalStage.BlockSize];
    private readonly byte[] _piece = new byte[JournalStage.BlockSize];

    /// <inheritdoc/>
    public override string Name => "journal-overlay";

    private IBlockDevice Volume { get; } = new StagedDevice(JournalStage.BlockSize, 0, (long)VolumeBlocks);

    /// <inheritdoc/>
    public override string Description => "reads of a volume through what its log replaces";

    /// <inheritdoc/>
    protected override Verdict Run(JournalStage stage, JournalLog log)
    {
        if (Read(stage, log).Overlay is not { } overlay)
        {
            return Verdict.Accepted(0);
        }

        overlay.Read(Volume, default, _whole);
        Digest digest = new Digest().Add((ulong)overlay.Count);
        int replaced = 0;
        for (ulong block = 0; block < VolumeBlocks; block++)
        {
            ReadOnlySpan<byte> bytes = _whole.AsSpan((int)block * JournalStage.BlockSize, JournalStage.BlockSize);
            bool isReplaced = overlay.Touches(block, 1);
            replaced += isReplaced ? 1 : 0;
            if (isReplaced)
            {
                digest = digest.Add(block).Add(bytes);
                CheckPieces(overlay, block, bytes);
            }
            else if (bytes.IndexOfAnyExcept((byte)0) >= 0)
            {
                throw new FindingException(FindingKind.Contradiction, "a block that nothing replaces was replaced");
            }
        }

        return replaced == overlay.Count && overlay.Touches(0, VolumeBlocks)
            ? Verdict.Accepted(digest.Value)
            : throw new FindingException(FindingKind.Contradiction, "an overlay counts other blocks than it touches");
    }

    private void CheckPieces(BlockOverlay overlay, ulong block, ReadOnlySpan<byte> bytes)
    {
        for (int skip = 0; skip < bytes.Length; skip += OddPiece)
        {
            Span<byte> piece = _piece.AsSpan(0, Math.Min(OddPiece, bytes.Length - skip));
            overlay.Read(Volume, new DeviceOffset(((long)block * bytes.Length) + skip), piece);
            if (!piece.SequenceEqual(bytes.Slice(skip, piece.Length)))
            {
                throw new FindingException(FindingKind.Contradiction, "a piece of a replaced block is not that piece of the whole");
            }
        }
    }
}
