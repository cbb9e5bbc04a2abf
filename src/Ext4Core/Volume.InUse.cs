using System.Text;
using Ext4Core.Audit;
using Ext4Core.Cache;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core;

/// <summary>What the volume says of those who use it, or who were using it when they crashed.</summary>
public sealed partial class Volume
{
    /// <summary>Reads the multiple-mount protection block.</summary>
    /// <returns>Null on a volume without the feature.</returns>
    /// <exception cref="CorruptionException">The block is damaged or lies outside the volume.</exception>
    public MultipleMountReport? ReadMultipleMountReport(Workspace workspace)
    {
        if (!Geometry.Has(IncompatibleFeatures.MultipleMountProtection))
        {
            return null;
        }

        workspace.Begin();
        ClaimedBlock claim = new SuperblockView(_superblock).MultipleMountBlock;
        BlockNumber block = Geometry.AdmitMetadata(claim, 1, SuperblockField(SuperblockView.SMmpBlock)).First;
        DiskLocation where = new(StructureKind.MultipleMountProtection, block.Value, 0);
        using BlockLease lease = _stack.Cache.Read(workspace, block, where);
        MultipleMountView view = MultipleMountView.Parse(
            lease.Bytes, Geometry.HasMetadataChecksum ? Geometry.ChecksumSeed : null, where);
        return new(
            view.State, view.Sequence, view.Time, Encoding.UTF8.GetString(view.Node), Encoding.UTF8.GetString(view.Device),
            view.CheckIntervalSeconds);
    }

    /// <summary>Counts the inodes that wait to be deleted or truncated; a read-only mount leaves them so.</summary>
    /// <exception cref="CorruptionException">The list or the orphan file is damaged.</exception>
    public OrphanCounts CountOrphans(Workspace workspace)
    {
        SuperblockView superblock = new(_superblock);
        OrphanReader reader = new(Geometry, _stack.Cache, _stack.Inodes, _stack.Mapper);
        ulong listed = reader.CountList(workspace, superblock.LastOrphan, SuperblockField(SuperblockView.SLastOrphan));
        ulong filed = Geometry.Has(CompatibleFeatures.OrphanFile)
            ? reader.CountFile(workspace, superblock.OrphanFileInode, SuperblockField(SuperblockView.SOrphanFileInum))
            : 0;
        return new(listed, filed);
    }

    /// <summary>Warns of a volume that someone else may be changing at this moment: reading it is still possible.</summary>
    private void AddMultipleMountNotice()
    {
        const string Subject = "mmp";
        try
        {
            if (ReadMultipleMountReport(_stack.Workspace) is { State: not MultipleMountState.Clean } report)
            {
                string use = report.State == MultipleMountState.InUse ? "mounted" : "being checked";
                _notices.Add(new(
                    Subject,
                    $"the volume is {use} elsewhere, or was when its host crashed: host '{report.Node}', device '{report.Device}', last sign of life at {report.Time} seconds since 1970; what is read may be out of date"));
            }
        }
        catch (CorruptionException damage)
        {
            _notices.Add(new(Subject, $"whether the volume is in use elsewhere cannot be told: {damage.Message}"));
        }
    }

    private static DiskLocation SuperblockField(int offset) =>
        new DiskLocation(StructureKind.Superblock, 0, SuperblockView.VolumeOffset).At(offset);
}

/// <summary>What the multiple-mount protection block says.</summary>
/// <param name="State">Who uses the volume.</param>
/// <param name="Sequence">Counts up while somebody does.</param>
/// <param name="Time">When the block was last written. Unit: seconds since 1970.</param>
/// <param name="Node">The host that wrote it.</param>
/// <param name="Device">The device as that host names it.</param>
/// <param name="CheckIntervalSeconds">How long a host must wait to see whether another one writes.</param>
public sealed record MultipleMountReport(
    MultipleMountState State, uint Sequence, long Time, string Node, string Device, int CheckIntervalSeconds);

/// <summary>Inodes that wait to be deleted or truncated.</summary>
/// <param name="Listed">Those in the list that starts in the superblock.</param>
/// <param name="Filed">Those in the orphan file.</param>
public readonly record struct OrphanCounts(ulong Listed, ulong Filed);
