using Ext4Core.Primitives;

namespace Ext4Core.Inodes;

/// <summary>The device that a device node stands for, in the old 16-bit or the new 32-bit form.</summary>
internal static class DeviceNumber
{
    /// <summary>Major and minor; 0, 0 for anything but a device node.</summary>
    public static (uint Major, uint Minor) Of(in Inode inode)
    {
        if (inode.Type is not (FileType.CharacterDevice or FileType.BlockDevice))
        {
            return default;
        }

        uint old = Le.U32(inode.BlockMap, 0);
        if (old != 0)
        {
            return ((old >> 8) & 0xFF, old & 0xFF);
        }

        uint wide = Le.U32(inode.BlockMap, 4);
        return ((wide >> 8) & 0xFFF, (wide & 0xFF) | ((wide >> 12) & 0xFFF00));
    }
}
