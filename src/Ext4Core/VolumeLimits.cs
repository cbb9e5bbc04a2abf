namespace Ext4Core;

/// <summary>What one volume may cost, whatever its image says.</summary>
public sealed record VolumeLimits
{
    /// <summary>Metadata blocks that one request may visit: above that the structure is cyclic or exploding.</summary>
    public int BlocksPerRequest { get; init; } = 1 << 16;

    /// <summary>Bytes of descriptors that a mount reads; the rest is read when it is first needed.</summary>
    public int DescriptorBytesAtMount { get; init; } = 1 << 16;

    /// <summary>Blocks that a journal may overlay, and blocks that it may revoke.</summary>
    public int OverlaidBlocks { get; init; } = 1 << 20;

    /// <summary>Pieces that the journal's file may lie in, holes counted.</summary>
    public int JournalPieces { get; init; } = 1 << 16;

    /// <summary>Records of fast commits that a mount replays.</summary>
    public int FastCommitRecords { get; init; } = 1 << 16;

    /// <summary>Bytes of memory that replayed fast commits may take.</summary>
    public long FastCommitBytes { get; init; } = 64L << 20;
}
