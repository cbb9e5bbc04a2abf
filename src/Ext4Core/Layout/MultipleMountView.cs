using Ext4Core.Integrity;
using Ext4Core.Primitives;

namespace Ext4Core.Layout;

/// <summary>The block by which hosts that share a disk tell each other that a volume is in use.</summary>
/// <remarks><c>mmp_struct</c>, 1024 bytes. Source: Linux, Documentation/filesystems/ext4/mmp.rst.</remarks>
internal readonly ref struct MultipleMountView
{
    public const int Size = 1024;
    public const uint ExpectedMagic = 0x004D_4D50;
    [DiskFields(Size)]
    public const int MmpMagic = 0x0, MmpSeq = 0x4, MmpTime = 0x8, MmpNodename = 0x10, MmpBdevname = 0x50,
        MmpCheckInterval = 0x70, MmpChecksum = 0x3FC;

    private const uint CleanSequence = 0xFF4D_4D50, CheckSequence = 0xE24D_4D50;

    private readonly ReadOnlySpan<byte> _bytes;

    private MultipleMountView(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Size];

    /// <summary>Admits a block: its magic, and its checksum where the volume has them.</summary>
    /// <param name="bytes">The block.</param>
    /// <param name="seed">The volume's checksum seed; null on a volume without checksums.</param>
    /// <param name="where">The block's location.</param>
    public static MultipleMountView Parse(ReadOnlySpan<byte> bytes, uint? seed, scoped in DiskLocation where)
    {
        uint magic = Le.U32(bytes, MmpMagic);
        if (magic != ExpectedMagic)
        {
            Corrupt.Throw(CorruptionCode.MultipleMountMagic, where.At(MmpMagic), magic, ExpectedMagic);
        }

        MultipleMountView view = new(bytes);
        if (seed is { } known && view.Checksum != view.ComputeChecksum(known))
        {
            Corrupt.Throw(
                CorruptionCode.MultipleMountChecksum, where.At(MmpChecksum), view.Checksum, view.ComputeChecksum(known));
        }

        return view;
    }

    /// <summary>Counts up while the volume is mounted; two values mean something else.</summary>
    public uint Sequence => Le.U32(_bytes, MmpSeq);

    public MultipleMountState State => Sequence switch
    {
        CleanSequence => MultipleMountState.Clean,
        CheckSequence => MultipleMountState.Checking,
        _ => MultipleMountState.InUse,
    };

    /// <summary>When the block was last written. Unit: seconds since 1970.</summary>
    public long Time => unchecked((long)Le.U64(_bytes, MmpTime));

    /// <summary>The host that wrote it last.</summary>
    public ReadOnlySpan<byte> Node => Text(MmpNodename, MmpBdevname);

    /// <summary>The device as that host names it.</summary>
    public ReadOnlySpan<byte> Device => Text(MmpBdevname, MmpCheckInterval);

    public ushort CheckIntervalSeconds => Le.U16(_bytes, MmpCheckInterval);

    public uint Checksum => Le.U32(_bytes, MmpChecksum);

    /// <summary>The checksum that the block should carry.</summary>
    public uint ComputeChecksum(uint seed) => Crc32C.Append(seed, _bytes[..MmpChecksum]);

    private ReadOnlySpan<byte> Text(int start, int end)
    {
        ReadOnlySpan<byte> field = _bytes[start..end];
        int zero = field.IndexOf((byte)0);
        return zero < 0 ? field : field[..zero];
    }
}

/// <summary>What the multiple-mount protection block says of the volume.</summary>
public enum MultipleMountState
{
    /// <summary>Nobody uses the volume, as far as the block tells.</summary>
    Clean,

    /// <summary>A host has the volume mounted, or crashed while it had.</summary>
    InUse,

    /// <summary>A host checks or changes the volume with e2fsprogs.</summary>
    Checking,
}

/// <summary>Writes a multiple-mount protection block.</summary>
internal static class MultipleMountWriter
{
    /// <summary>Fills a block as a host that uses the volume would.</summary>
    public static void Write(
        Span<byte> block, uint sequence, long time, ReadOnlySpan<byte> node, ReadOnlySpan<byte> device, uint seed)
    {
        block.Clear();
        Le.PutU32(block, MultipleMountView.MmpMagic, MultipleMountView.ExpectedMagic);
        Le.PutU32(block, MultipleMountView.MmpSeq, sequence);
        Le.PutU64(block, MultipleMountView.MmpTime, unchecked((ulong)time));
        node.CopyTo(block[MultipleMountView.MmpNodename..MultipleMountView.MmpBdevname]);
        device.CopyTo(block[MultipleMountView.MmpBdevname..MultipleMountView.MmpCheckInterval]);
        Seal(block, seed);
    }

    /// <summary>Puts the checksum right.</summary>
    public static void Seal(Span<byte> block, uint seed) => Le.PutU32(
        block, MultipleMountView.MmpChecksum, Crc32C.Append(seed, block[..MultipleMountView.MmpChecksum]));
}
