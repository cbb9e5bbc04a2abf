using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;

namespace Ext4Core.Journal;

/// <summary>A journal on a device of its own: an ext4 superblock that says so, and in the block behind it the journal's.</summary>
/// <remarks>The journal counts its blocks from the device's start, so its own superblock is not its block 0.</remarks>
internal static class ExternalJournal
{
    private const byte Crc32CType = 1;

    /// <summary>Proves that a device is the journal that a volume asks for.</summary>
    /// <param name="device">The device.</param>
    /// <param name="blockBits">Logarithm of the volume's block size.</param>
    /// <param name="uuid">The journal's identity, as the volume's superblock has it.</param>
    public static JournalLog Open(IBlockDevice device, int blockBits, ReadOnlySpan<byte> uuid)
    {
        ulong block = (ulong)(SuperblockView.VolumeOffset >> blockBits);
        DiskLocation where = new(StructureKind.JournalSuperblock, block, SuperblockView.VolumeOffset & ((1 << blockBits) - 1));
        byte[] bytes = new byte[SuperblockView.Size];
        if (device.Length < SuperblockView.VolumeOffset + SuperblockView.Size)
        {
            Corrupt.Throw(CorruptionCode.JournalDeviceMagic, where.At(SuperblockView.SMagic), 0, SuperblockView.ExpectedMagic);
        }

        device.Read(new(SuperblockView.VolumeOffset), bytes);
        SuperblockView superblock = new(bytes);
        CheckSuperblock(superblock, uuid, where);
        return OpenLog(device, blockBits, (uint)block + 1, superblock.BlocksCount);
    }

    private static void CheckSuperblock(SuperblockView superblock, ReadOnlySpan<byte> uuid, in DiskLocation where)
    {
        if (superblock.Magic != SuperblockView.ExpectedMagic)
        {
            Corrupt.Throw(
                CorruptionCode.JournalDeviceMagic, where.At(SuperblockView.SMagic), superblock.Magic, SuperblockView.ExpectedMagic);
        }

        if (!superblock.Incompatible.HasFlag(IncompatibleFeatures.JournalDevice))
        {
            Corrupt.Throw(
                CorruptionCode.JournalDeviceFeatureMismatch, where.At(SuperblockView.SFeatureIncompat),
                (ulong)superblock.Incompatible, (ulong)IncompatibleFeatures.JournalDevice);
        }

        if (superblock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.MetadataChecksum)
            && (superblock.ChecksumType != Crc32CType || superblock.Checksum != superblock.ComputeChecksum()))
        {
            Corrupt.Throw(
                CorruptionCode.JournalDeviceChecksum, where.At(SuperblockView.SChecksum), superblock.Checksum, superblock.ComputeChecksum());
        }

        if (!superblock.Uuid.SequenceEqual(uuid))
        {
            Corrupt.Throw(
                CorruptionCode.JournalDeviceIdentityMismatch, where.At(SuperblockView.SUuid), Be.U64(superblock.Uuid, 0), Be.U64(uuid, 0));
        }
    }

    private static JournalLog OpenLog(IBlockDevice device, int blockBits, uint superblockIndex, ulong claimedLength)
    {
        ulong deviceBlocks = (ulong)device.Length >> blockBits;
        uint length = (uint)Math.Min(claimedLength, int.MaxValue);
        JournalBlocks blocks = new(device, blockBits, length, maximumRuns: 1);
        blocks.Add(0, default, (uint)Math.Min(length, deviceBlocks));
        JournalLog log = JournalLog.Open(blocks, superblockIndex);
        if (log.UserCount != 1)
        {
            Corrupt.Throw(
                CorruptionCode.JournalUsersMismatch, log.SuperblockLocation.At(JournalSuperblockView.SNrUsers), log.UserCount, 1);
        }

        return log;
    }
}
