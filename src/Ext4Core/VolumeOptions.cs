using Ext4Core.Cache;
using Ext4Core.Io;

namespace Ext4Core;

/// <summary>How a volume is to be mounted.</summary>
public sealed record VolumeOptions
{
    /// <summary>Read the volume as it stands, although its journal holds newer blocks: <c>norecovery</c>, <c>noload</c>.</summary>
    public bool SkipJournal { get; init; }

    /// <summary>Read the volume as its last full commit left it, without the fast commits behind it: what an audit can hold
    /// against bitmaps and counts, which fast commits do not carry.</summary>
    public bool SkipFastCommits { get; init; }

    /// <summary>The external journal, when the volume has one: <c>journal_path=</c>. The volume takes ownership.</summary>
    public IBlockDevice? JournalDevice { get; init; }

    /// <summary>Where to read the superblock, for a backup: <c>sb=</c>. Unit: 1 KiB blocks from the volume's start.</summary>
    public long SuperblockLocation { get; init; } = 1;

    /// <summary>Bytes of metadata kept in memory: <c>cache_size=</c>.</summary>
    public long CacheBytes { get; init; } = 32L << 20;

    /// <summary>Memory to use, and to leave to the next mount; without it the volume takes its own.</summary>
    public VolumeMemory? Memory { get; init; }

    /// <summary>What the volume may cost, whatever its image says.</summary>
    public VolumeLimits Limits { get; init; } = new();

    /// <summary>Report all blocks as usable, metadata included: <c>minixdf</c>.</summary>
    public bool CountsMetadataAsUsable { get; init; }
}
