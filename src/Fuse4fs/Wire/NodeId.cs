using Ext4Core.Primitives;

namespace Fuse4fs.Wire;

/// <summary>The protocol's handle of an inode: its number, except that the protocol calls the root 1 and ext4 calls it 2.</summary>
internal static class NodeId
{
    public const ulong Root = 1;
    private const ulong RootInode = 2;

    /// <summary>The inode that a request speaks of, still a claim.</summary>
    public static ClaimedInode ToInode(ulong nodeId) => new(Swap(nodeId));

    /// <summary>The handle of an inode.</summary>
    public static ulong FromInode(InodeNumber inode) => Swap(inode.Value);

    private static ulong Swap(ulong number) => number switch
    {
        Root => RootInode,
        RootInode => Root,
        _ => number,
    };
}
