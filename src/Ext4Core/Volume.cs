using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Inodes;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Journal;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>A mounted ext2, ext3 or ext4 volume: the front door.</summary>
/// <remarks>
/// Operations are safe to call from several threads, each with its own <see cref="Workspace"/>, and allocate nothing. An
/// ordinary answer is an <see cref="FsError"/>; a damaged structure is a <see cref="CorruptionException"/> that concerns the
/// inode asked for and no other; a failing device is a <see cref="DeviceException"/>.
/// Lock order: a cache shard's lock and the lock of the zones learnt late; nothing is called while either is held.
/// </remarks>
public sealed partial class Volume : IDisposable
{
    private const uint LastRevision = 1;

    private readonly IBlockDevice _device;
    private readonly IBlockDevice? _journalDevice;
    private readonly VolumeStack _stack;
    private readonly List<VolumeNotice> _notices = [];
    private readonly byte[] _superblock = new byte[SuperblockView.Size];
    private VolumeMemory? _memory;

    private Volume(IBlockDevice device, VolumeOptions options)
    {
        _device = device;
        _journalDevice = options.JournalDevice;
        _memory = options.Memory;
        Geometry = ReadSuperblock(device, null, options, _superblock);
        SeenJournal journal = JournalFinder.Find(device, Geometry, new(_superblock), options, _notices);
        if (journal.Overlay is { } overlay)
        {
            Geometry = ReadSuperblock(device, overlay, options, _superblock);
        }

        FastCommitOverlay? fastCommits = journal.FastCommits is null ? null : new(options.Limits.FastCommitBytes);
        _stack = new(device, Geometry, options.CacheBytes, options.Limits, journal.Overlay, fastCommits, options.Memory);
        _stack.Zones.Protect(journal.Blocks);
        if (fastCommits is not null)
        {
            FastCommitReplay.Run(_stack, journal.FastCommits!, fastCommits);
        }

        CheckRoot();
        _statistics = new(_stack, _superblock, options.CountsMetadataAsUsable);
        AddNotices(new SuperblockView(_superblock));
        AddMultipleMountNotice();
    }

    /// <summary>The volume's proven dimensions and features.</summary>
    public VolumeGeometry Geometry { get; }

    /// <summary>What an administrator should know.</summary>
    public IReadOnlyList<VolumeNotice> Notices => _notices;

    /// <summary>Opens a volume for reading. The volume owns the device from here on, whether or not this succeeds.</summary>
    /// <exception cref="CorruptionException">The superblock, a group's place or the root directory is damaged.</exception>
    /// <exception cref="UnsupportedFeatureException">The volume needs a feature that is not spoken here.</exception>
    /// <exception cref="DeviceException">The device failed.</exception>
    /// <exception cref="InvalidOperationException">The memory is in use by another volume.</exception>
    public static Volume Mount(IBlockDevice device, VolumeOptions options)
    {
        options.Memory?.Begin();
        try
        {
            return new(device, options);
        }
        catch
        {
            options.Memory?.End();
            device.Dispose();
            options.JournalDevice?.Dispose();
            throw;
        }
    }

    /// <summary>Memory for one worker: each thread that calls operations needs its own.</summary>
    public Workspace CreateWorkspace() => _stack.CreateWorkspace();

    /// <summary>Forgets what was kept in memory and not used lately. Requests may run meanwhile.</summary>
    /// <param name="giveBack">Gets the memory that holds nothing any more.</param>
    public void GiveBackMemory(MemoryReturn giveBack) => _stack.Cache.Shrink(giveBack);

    /// <summary>Admits an inode number that a request names: the root or an ordinary inode of this volume.</summary>
    /// <returns><see cref="FsError.Stale"/> for any other number.</returns>
    public FsError Admit(ClaimedInode claim, out InodeNumber inode)
    {
        bool isOrdinary = claim.Value >= Geometry.FirstInode && claim.Value <= Geometry.InodesCount;
        inode = isOrdinary ? new((uint)claim.Value) : InodeNumber.Root;
        return isOrdinary || claim.Value == InodeNumber.Root.Value ? FsError.None : FsError.Stale;
    }

    /// <summary>Tells everything that an inode says of itself.</summary>
    public FsError Stat(Workspace workspace, InodeNumber number, out InodeStat stat)
    {
        Load(workspace, number, out Inode inode);
        stat = new(inode, Geometry.BlockSize);
        return inode.Type == FileType.SymbolicLink && inode.Is(InodeFlags.Encrypted)
            ? MeasureEncryptedLink(workspace, inode, ref stat)
            : FsError.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _device.Dispose();
        _journalDevice?.Dispose();
        Interlocked.Exchange(ref _memory, null)?.End();
    }

    private static VolumeGeometry ReadSuperblock(
        IBlockDevice device, BlockOverlay? overlay, VolumeOptions options, Span<byte> superblock)
    {
        const int UnitBytes = 1024;
        ArgumentOutOfRangeException.ThrowIfNegative(options.SuperblockLocation, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.SuperblockLocation, long.MaxValue / UnitBytes, nameof(options));
        DeviceOffset offset = new(options.SuperblockLocation * UnitBytes);
        DiskLocation where = new(StructureKind.Superblock, 0, (int)Math.Min(offset.Value, int.MaxValue - SuperblockView.Size));
        if (device.Length - SuperblockView.Size < offset.Value)
        {
            Corrupt.Throw(CorruptionCode.SuperblockMagic, where.At(SuperblockView.SMagic), 0, SuperblockView.ExpectedMagic);
        }

        if (overlay is null)
        {
            device.Read(offset, superblock);
        }
        else
        {
            overlay.Read(device, offset, superblock);
        }

        return new(new SuperblockView(superblock), offset, device.Length, where);
    }

    /// <summary>Begins a request: loads the inode and checks what it says of other blocks by itself.</summary>
    private void Load(Workspace workspace, InodeNumber number, out Inode inode)
    {
        workspace.Begin();
        _stack.Inodes.Load(workspace, number, out inode);
        _stack.Attributes.CheckPlace(workspace, inode);
        if (UsesBlockMap(inode))
        {
            _stack.Mapper.CheckRoot(workspace, inode);
            inode.IsMapAdmitted = true;
        }
    }

    private bool UsesBlockMap(in Inode inode) => inode.Type switch
    {
        FileType.Regular or FileType.Directory => !inode.HasInlineData,
        FileType.SymbolicLink => !inode.HasInlineData && !IsFastLink(inode),
        _ => false,
    };

    private void CheckRoot()
    {
        Load(_stack.Workspace, InodeNumber.Root, out Inode root);
        if (root.Type != FileType.Directory || root.Size == 0 || root.Sectors == 0)
        {
            DiskLocation where = new(StructureKind.Inode, root.TableBlock, root.TableOffset, root.Number.Value);
            Corrupt.Throw(CorruptionCode.RootNotDirectory, where.At(InodeView.IMode), root.Mode, (ulong)FileType.Directory << 12);
        }
    }

    private void AddNotices(SuperblockView superblock)
    {
        ReadOnlyCompatibleFeatures unknown = SuperblockChecks.UnknownReadOnlyCompatible(superblock.ReadOnlyCompatible);
        if (unknown != default)
        {
            _notices.Add(new("features", $"read-only compatible feature bits 0x{(uint)unknown:x} are unknown: reading is fine, writing never would be"));
        }

        Damage checksum = _stack.Zones.WrongChecksum;
        if (!checksum.IsNone)
        {
            _notices.Add(new("descriptor", $"{checksum}; descriptors are used all the same on a read-only mount: run e2fsck"));
        }

        if (superblock.Revision > LastRevision)
        {
            _notices.Add(new("revision", $"revision {superblock.Revision} is unknown: reading is fine, writing never would be"));
        }

        if (superblock.State.HasFlag(VolumeStates.Errors))
        {
            _notices.Add(new("errors", $"the volume records {superblock.ErrorCount} errors, the first in inode {superblock.FirstErrorInode} block {superblock.FirstErrorBlock}: run e2fsck"));
        }
        else if (!superblock.State.HasFlag(VolumeStates.Valid))
        {
            _notices.Add(new("state", "the volume was not cleanly unmounted: run e2fsck"));
        }
    }
}
