namespace Ext4Core.Integrity;

/// <summary>How far damage reaches: containment is never wider than this.</summary>
public enum FaultScope : byte
{
    /// <summary>One inode answers EUCLEAN.</summary>
    Inode,

    /// <summary>One block group is closed to allocation; its inodes may be unreadable.</summary>
    Group,

    /// <summary>The volume cannot be mounted as asked.</summary>
    Volume,
}
