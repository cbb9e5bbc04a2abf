namespace Ext4Core;

/// <summary>What statfs(2) tells of a volume.</summary>
/// <param name="BlockSize">Bytes in a block.</param>
/// <param name="Blocks">Blocks on the volume, without metadata overhead unless asked otherwise.</param>
/// <param name="FreeBlocks">Blocks not in use.</param>
/// <param name="AvailableBlocks">Free blocks less the reserved ones.</param>
/// <param name="Inodes">Inodes on the volume.</param>
/// <param name="FreeInodes">Inodes not in use.</param>
public readonly record struct VolumeStatistics(
    int BlockSize, ulong Blocks, ulong FreeBlocks, ulong AvailableBlocks, ulong Inodes, ulong FreeInodes);
