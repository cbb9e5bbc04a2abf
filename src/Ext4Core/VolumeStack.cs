using Ext4Core.Allocation;
using Ext4Core.Cache;
using Ext4Core.Directories;
using Ext4Core.Extents;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Verity;
using Ext4Core.Xattrs;

namespace Ext4Core;

/// <summary>Everything between the device and the operations, wired once.</summary>
/// <remarks>A volume whose journal must be seen through is wired twice: a small stack to find the journal, then this one
/// over the overlay, so that no block cached before can be stale.</remarks>
internal sealed class VolumeStack
{
    private readonly VolumeMemory _memory;

    public VolumeStack(
        IBlockDevice device, VolumeGeometry geometry, long cacheBytes, VolumeLimits limits,
        BlockOverlay? overlay = null, FastCommitOverlay? fastCommits = null, VolumeMemory? memory = null)
    {
        _memory = memory ?? new();
        Geometry = geometry;
        Limits = limits;
        Reader = new(device, geometry, overlay);
        Cache = _memory.TakeCache(Reader, geometry, cacheBytes);
        Workspace = CreateWorkspace();
        Groups = new(geometry, Cache);
        Zones = new(geometry, Groups, Workspace, limits.DescriptorBytesAtMount);
        Inodes = new(geometry, Cache, Groups, fastCommits);
        Inline = new(geometry, Inodes);
        ExtentTree extents = new(geometry, Cache, Zones);
        Mapper = new(extents, new IndirectMap(geometry, Cache, Zones), Zones, fastCommits);
        Verity = new(geometry, Cache, Mapper, extents);
        Attributes = new(geometry, Cache, Zones, Inodes, new ValueInodeReader(geometry, Inodes, Mapper, Reader));
        DirectoryReader stored = new(geometry, new DirectoryBlocks(geometry, Cache, Mapper), Inline);
        Directories = new(geometry, stored, fastCommits);
    }

    public VolumeGeometry Geometry { get; }

    public VolumeLimits Limits { get; }

    public BlockReader Reader { get; }

    public BlockCache Cache { get; }

    public GroupTable Groups { get; }

    public SystemZones Zones { get; }

    public InodeTable Inodes { get; }

    public InlineData Inline { get; }

    public BlockMapper Mapper { get; }

    public VerityReader Verity { get; }

    public AttributeReader Attributes { get; }

    public DirectoryNames Directories { get; }

    /// <summary>The mount's own, which runs by itself.</summary>
    public Workspace Workspace { get; }

    public Workspace CreateWorkspace() => new(Geometry, Limits.BlocksPerRequest, _memory);
}
