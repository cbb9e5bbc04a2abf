using Ext4Core.Geometry;
using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>Reads the volume's blocks as they stand after the journal, if there is one to be seen through.</summary>
internal sealed class BlockReader(IBlockDevice device, VolumeGeometry geometry)
{
    /// <summary>Fills <paramref name="buffer"/> with whole blocks from <paramref name="first"/> on.</summary>
    public void Read(BlockNumber first, Span<byte> buffer) => device.Read(geometry.OffsetOf(first), buffer);

    /// <summary>Fills <paramref name="buffer"/> with a part of one run, starting <paramref name="skip"/> bytes into it.</summary>
    public void ReadBytes(BlockNumber first, long skip, Span<byte> buffer) =>
        device.Read(geometry.OffsetOf(first).Plus(skip), buffer);
}
