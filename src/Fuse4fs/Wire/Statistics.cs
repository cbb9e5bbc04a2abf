using Ext4Core;

namespace Fuse4fs.Wire;

/// <summary>The answer to STATFS.</summary>
/// <remarks><c>fuse_statfs_out</c>, 80 bytes.</remarks>
internal static class StatisticsReply
{
    public const int Size = 80;
    private const uint LongestName = 255;
    private const int Blocks = 0, Bfree = 8, Bavail = 16, Files = 24, Ffree = 32, Bsize = 40, Namelen = 44, Frsize = 48;

    public static int Put(Span<byte> reply, in VolumeStatistics statistics)
    {
        reply = reply[..Size];
        reply.Clear();
        Host.PutU64(reply, Blocks, statistics.Blocks);
        Host.PutU64(reply, Bfree, statistics.FreeBlocks);
        Host.PutU64(reply, Bavail, statistics.AvailableBlocks);
        Host.PutU64(reply, Files, statistics.Inodes);
        Host.PutU64(reply, Ffree, statistics.FreeInodes);
        Host.PutU32(reply, Bsize, (uint)statistics.BlockSize);
        Host.PutU32(reply, Namelen, LongestName);
        Host.PutU32(reply, Frsize, (uint)statistics.BlockSize);
        return Size;
    }
}
