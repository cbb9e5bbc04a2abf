using Ext4Core;
using Ext4Core.Cache;
using Ext4Core.Primitives;
using Fuse4fs.Dispatch;
using Fuse4fs.Native;
using Fuse4fs.Wire;

namespace Fuse4fs.Operations;

/// <summary>What every worker shares: the volume, and how it is to be shown.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Containment">Where damage is reported.</param>
/// <param name="ShowsAccessControlLists">Access control lists are visible attributes.</param>
/// <param name="AnswersOpens">Some files refuse to be opened, so the kernel must ask each time.</param>
/// <param name="Source">Where the kernel may take file contents by itself; null where they go through our memory.</param>
internal sealed record ServedVolume(
    Volume Volume, Containment Containment, bool ShowsAccessControlLists, bool AnswersOpens, SpliceSource? Source = null);

/// <summary>What an operation works with: the shared volume and the worker's own memory.</summary>
internal sealed class Serving(ServedVolume served)
{
    public Volume Volume => Served.Volume;

    public ServedVolume Served { get; } = served;

    /// <summary>Where a reply is put together that does not go through memory; null where every one does.</summary>
    public ReplyPipe? Pipe { get; } =
        served.Source is { } source && ReplyPipe.TryCreate(source, out ReplyPipe? pipe) ? pipe : null;

    public Workspace Workspace { get; } = served.Volume.CreateWorkspace();

    /// <summary>Admits the node that a request is about.</summary>
    public FsError Admit(in Request request, out InodeNumber inode) => Volume.Admit(NodeId.ToInode(request.NodeId), out inode);

    /// <summary>Reads an inode that is one of many: damage is reported, and costs this inode alone.</summary>
    public bool TryStat(InodeNumber inode, out InodeStat stat) => Served.Containment.TryStat(Volume, Workspace, inode, out stat);
}
