using Ext4Core.Cache;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>Finds a volume's journal, wherever it is kept, and what waits in it.</summary>
internal sealed class JournalFinder
{
    private const uint LowestInode = 2;
    private const ulong MostBlocks = int.MaxValue;

    private readonly VolumeStack _stack;
    private readonly Workspace _workspace;
    private readonly List<BlockRange> _ranges = [];

    private JournalFinder(VolumeStack stack)
    {
        _stack = stack;
        _workspace = stack.Workspace;
    }

    /// <summary>Reads the journal of a volume that has one, with a small stack of its own.</summary>
    /// <param name="device">The volume's device.</param>
    /// <param name="geometry">The volume's dimensions before the journal.</param>
    /// <param name="superblock">The volume's superblock before the journal.</param>
    /// <param name="options">Says whether to look at the journal, and where an external one is.</param>
    /// <param name="notices">What an administrator should know of it.</param>
    /// <exception cref="CorruptionException">The journal is damaged; skipping it still reads the volume.</exception>
    /// <exception cref="UnsupportedFeatureException">The journal is elsewhere, or not spoken here.</exception>
    public static SeenJournal Find(
        IBlockDevice device, VolumeGeometry geometry, SuperblockView superblock, VolumeOptions options, List<VolumeNotice> notices)
    {
        if (!geometry.Has(CompatibleFeatures.HasJournal))
        {
            return SeenJournal.None;
        }

        JournalFinder finder = new(new(device, geometry, 0, options.Limits, memory: options.Memory));
        bool isInside = superblock.JournalInode.Value != 0;
        JournalBlocks? inside = isInside ? finder.Map(device, superblock.JournalInode, options.Limits) : null;
        bool isNeeded = geometry.Has(IncompatibleFeatures.NeedsRecovery);
        if (options.SkipJournal)
        {
            if (isNeeded)
            {
                notices.Add(new("journal", "the journal holds newer blocks, which are ignored as asked: the volume may be inconsistent"));
            }

            return SeenJournal.None with { Blocks = finder._ranges };
        }

        RefuseContradiction(superblock, options);
        JournalLog log = inside is not null
            ? JournalLog.Open(inside)
            : OpenExternal(geometry, superblock, options);
        return Read(log, device, geometry, options, isNeeded, notices) with { Blocks = finder._ranges };
    }

    /// <summary>Reads the log even where nothing needs it: a damaged one stops the mount all the same.</summary>
    private static SeenJournal Read(
        JournalLog log, IBlockDevice device, VolumeGeometry geometry, VolumeOptions options, bool isNeeded,
        List<VolumeNotice> notices)
    {
        VolumeLimits limits = options.Limits;
        if (log.Error != 0)
        {
            notices.Add(new("journal", $"the journal records that error {Math.Abs((long)log.Error)} stopped it: run e2fsck"));
        }

        if (log.IsClean)
        {
            return SeenJournal.None;
        }

        JournalContents contents = JournalReplay.Read(log, (ulong)device.Length >> log.Blocks.BlockBits, limits.OverlaidBlocks);
        FastCommitLog fastCommits = FastCommitLog.Open(log, contents.End, geometry.InodeSize, limits.FastCommitRecords);
        if (!isNeeded)
        {
            notices.Add(new("journal", "the journal is not empty, but the volume does not need it: it is ignored"));
            return SeenJournal.None;
        }

        int blocks = contents.Overlay?.Count ?? 0;
        if (options.SkipFastCommits && fastCommits.Left > 0)
        {
            notices.Add(new(
                "journal",
                $"{blocks} blocks are newer in the journal and are read from there; {fastCommits.Left} records of fast commits "
                + "are left out"));
            return new(contents.Overlay, null, []);
        }

        notices.Add(new(
            "journal",
            $"{blocks} blocks and {fastCommits.Left} records of fast commits are newer in the journal and are read from there"));
        return new(contents.Overlay, fastCommits.Left > 0 ? fastCommits : null, []);
    }

    private static void RefuseContradiction(SuperblockView superblock, VolumeOptions options)
    {
        if (superblock.JournalInode.Value == 0)
        {
            return;
        }

        if (superblock.JournalDevice != 0)
        {
            DiskLocation where = new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset);
            Corrupt.Throw(
                CorruptionCode.JournalPlacesContradict, where.At(SuperblockView.SJournalDev), superblock.JournalDevice, 0);
        }

        if (options.JournalDevice is not null)
        {
            throw new UnsupportedFeatureException(
                "journal_path", $"the volume keeps its journal in inode {superblock.JournalInode.Value}, not on a device of its own");
        }
    }

    private static JournalLog OpenExternal(VolumeGeometry geometry, SuperblockView superblock, VolumeOptions options)
    {
        if (options.JournalDevice is null)
        {
            throw new UnsupportedFeatureException(
                "external journal",
                $"the journal is the device with UUID {new Guid(superblock.JournalUuid, bigEndian: true)}: "
                + "name it with -o journal_path=, or read the volume without it with -o norecovery");
        }

        return ExternalJournal.Open(options.JournalDevice, geometry.BlockBits, superblock.JournalUuid);
    }

    /// <summary>Learns where the journal's inode keeps its blocks. Bound: the pieces that the limits allow.</summary>
    private JournalBlocks Map(IBlockDevice device, ClaimedInode claim, VolumeLimits limits)
    {
        DiskLocation superblock = new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset + SuperblockView.SJournalInum);
        VolumeGeometry geometry = _stack.Geometry;
        InodeNumber number = geometry.AdmitInode(claim, superblock);
        if (number.Value < LowestInode)
        {
            Corrupt.Throw(CorruptionCode.InodeOutOfRange, superblock, number.Value, geometry.InodesCount);
        }

        _workspace.Begin();
        _stack.Inodes.Load(_workspace, number, out Inode inode);
        DiskLocation where = new(StructureKind.Inode, inode.TableBlock, inode.TableOffset, number.Value);
        if (inode.Type != FileType.Regular || inode.Is(InodeFlags.Encrypted))
        {
            Corrupt.Throw(CorruptionCode.JournalInodeImpossible, where.At(InodeView.IMode), inode.Mode, (ulong)FileType.Regular << 12);
        }

        _stack.Mapper.CheckRoot(_workspace, inode);
        uint length = (uint)Math.Min(inode.Size >> geometry.BlockBits, MostBlocks);
        JournalBlocks blocks = new(device, geometry.BlockBits, length, limits.JournalPieces, number.Value);
        MapRuns(inode, blocks, limits.JournalPieces);
        return blocks;
    }

    private void MapRuns(in Inode inode, JournalBlocks blocks, int maximumPieces)
    {
        uint next = 0;
        for (int pieces = 0; next < blocks.Length; pieces++)
        {
            if (pieces == maximumPieces)
            {
                Corrupt.Throw(
                    CorruptionCode.JournalFragmented, new(StructureKind.Inode, inode.TableBlock, inode.TableOffset, inode.Number.Value),
                    (ulong)pieces + 1, (ulong)maximumPieces);
            }

            _workspace.Begin();
            MappedRun run = _stack.Mapper.Resolve(_workspace, inode, new(next), blocks.Length - next);
            if (run.Kind != RunKind.Hole)
            {
                blocks.Add(next, _stack.Geometry.OffsetOf(run.First), run.Count);
                _ranges.Add(new(run.First, run.Count));
            }

            next += run.Count;
        }
    }
}

/// <summary>What the journal means for the volume that is mounted.</summary>
/// <param name="Overlay">The blocks that are newer in the journal; null when there are none.</param>
/// <param name="FastCommits">The fast commits to replay; null when there are none.</param>
/// <param name="Blocks">The blocks of the volume that the journal itself lies in.</param>
internal readonly record struct SeenJournal(
    BlockOverlay? Overlay, FastCommitLog? FastCommits, IReadOnlyList<BlockRange> Blocks)
{
    /// <summary>A journal that holds nothing, or none at all.</summary>
    public static SeenJournal None => new(null, null, []);
}
