using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Core.Verity;

namespace Ext4Core.Audit;

/// <summary>What every part of an audit works with.</summary>
internal sealed class AuditContext
{
    private readonly InodePredicate _usesBlockMap;
    private readonly Func<Workspace, InodeNumber, int> _readLink;

    public AuditContext(AuditSources sources, AuditOptions options)
    {
        Geometry = sources.Geometry;
        Reader = sources.Reader;
        Cache = sources.Cache;
        Groups = sources.Groups;
        Inodes = sources.Inodes;
        Workspace = sources.Workspace;
        Inline = sources.Inline;
        _usesBlockMap = sources.UsesBlockMap;
        _readLink = sources.ReadLink;
        Zones = new(Geometry, Groups, Workspace, sources.Limits.DescriptorBytesAtMount);
        Bitmaps = new(Geometry, Cache);
        Extents = new(Geometry, Cache, Zones);
        Indirect = new(Geometry, Cache, Zones);
        Mapper = new(Extents, Indirect, Zones);
        Verity = new(Geometry, Cache, Mapper, Extents);
        DirectoryBlocks = new(Geometry, Cache, Mapper);
        Findings = new(options.KeptReports);
        Budget = new(options.MemoryBytes);
        Progress = options.Progress;
        Superblock = new byte[SuperblockView.Size];
        Reader.ReadBytes(new(0), SuperblockView.VolumeOffset, Superblock);
        Owners = Budget.TryTake(ClusterOwners.FixedBytes(Geometry)) ? new(Geometry, Budget) : null;
        Ledger = Budget.TryTake(InodeLedger.FixedBytes(Geometry)) ? new(Geometry, Budget) : null;
    }

    public VolumeGeometry Geometry { get; }

    public BlockReader Reader { get; }

    public BlockCache Cache { get; }

    public GroupTable Groups { get; }

    public InodeTable Inodes { get; }

    /// <summary>The zones of the groups alone: the journal's blocks are its inode's, as far as an audit goes.</summary>
    public SystemZones Zones { get; }

    public InlineData Inline { get; }

    /// <summary>Both kinds of maps, as the volume itself has them.</summary>
    public BlockMapper Mapper { get; }

    public VerityReader Verity { get; }

    public DirectoryBlocks DirectoryBlocks { get; }

    public BitmapTable Bitmaps { get; }

    public ExtentTree Extents { get; }

    public IndirectMap Indirect { get; }

    public Workspace Workspace { get; }

    public AuditFindings Findings { get; }

    public MemoryBudget Budget { get; }

    /// <summary>The superblock as it stands on the volume, wherever the mount took its own from.</summary>
    public byte[] Superblock { get; }

    /// <summary>Who owns what; null where that would need too much memory.</summary>
    public ClusterOwners? Owners { get; }

    /// <summary>Who is in use; null where that would need too much memory.</summary>
    public InodeLedger? Ledger { get; }

    /// <summary>Inodes that the superblock names: they need no name.</summary>
    public HashSet<uint> OwnInodes { get; } = [];

    /// <summary>Inodes that wait to be deleted.</summary>
    public HashSet<uint> Orphans { get; } = [];

    /// <summary>The feature that lets files share blocks.</summary>
    public bool SharesBlocks => Geometry.Has(ReadOnlyCompatibleFeatures.SharedBlocks);

    private IAuditProgress? Progress { get; }

    /// <summary>Whether an inode has a block map, and not contents or nothing in its place.</summary>
    public bool UsesBlockMap(in Inode inode) => _usesBlockMap(inode);

    /// <summary>Reads a link's target, for its damage. One that ends before its size does is damaged too, although it can be
    /// read; an encrypted one shows another length than it has.</summary>
    public void CheckLink(in Inode inode)
    {
        try
        {
            int length = _readLink(Workspace, inode.Number);
            if (!inode.Is(InodeFlags.Encrypted) && (ulong)length != inode.Size)
            {
                DiskLocation where = new(StructureKind.SymbolicLink, inode.TableBlock, inode.TableOffset, inode.Number.Value);
                Findings.Add(CorruptionCode.LinkLengthMismatch, where.At(InodeView.ISizeLo), inode.Size, (ulong)length);
            }
        }
        catch (CorruptionException damage)
        {
            Findings.Add(damage);
        }
    }

    /// <summary>Groups whose places are known, by index; the others' inodes and bitmaps cannot be looked at.</summary>
    public GroupPlaces? Places(GroupNumber group)
    {
        Workspace.Begin();
        try
        {
            return Groups.ReadUnverified(Workspace, group);
        }
        catch (CorruptionException)
        {
            // GroupAudit has reported it.
            return null;
        }
    }

    public void Advance(AuditPhase phase, ulong done, ulong total) => Progress?.Advance(phase, done, total);

    /// <summary>Where the superblock's fields are reported.</summary>
    public static DiskLocation SuperblockWhere => new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset);
}

/// <summary>What a mounted volume lends to an audit.</summary>
internal sealed record AuditSources(
    VolumeGeometry Geometry, BlockReader Reader, BlockCache Cache, GroupTable Groups, InodeTable Inodes, InlineData Inline,
    VolumeLimits Limits, Workspace Workspace, InodePredicate UsesBlockMap, Func<Workspace, InodeNumber, int> ReadLink);

/// <summary>A question about an inode.</summary>
internal delegate bool InodePredicate(in Inode inode);
