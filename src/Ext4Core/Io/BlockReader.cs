using Ext4Core.Geometry;
using Ext4Core.Primitives;

namespace Ext4Core.Io;

/// <summary>Reads the volume's blocks as they stand after the journal, if there is one to be seen through.</summary>
internal sealed class BlockReader(IBlockDevice device, VolumeGeometry geometry, BlockOverlay? overlay = null)
{
    /// <summary>Fills <paramref name="buffer"/> with whole blocks from <paramref name="first"/> on.</summary>
    public void Read(BlockNumber first, Span<byte> buffer) => ReadBytes(first, 0, buffer);

    /// <summary>Fills <paramref name="buffer"/> with a part of one run, starting <paramref name="skip"/> bytes into it.</summary>
    public void ReadBytes(BlockNumber first, long skip, Span<byte> buffer)
    {
        DeviceOffset from = geometry.OffsetOf(first).Plus(skip);
        if (overlay is null)
        {
            device.Read(from, buffer);
        }
        else
        {
            overlay.Read(device, from, buffer);
        }
    }

    /// <summary>Whether the device holds a run's bytes as they are: no block of it is newer in the journal.</summary>
    public bool IsPlain(BlockNumber first, uint count) => overlay is null || !overlay.Touches(first.Value, count);
}
