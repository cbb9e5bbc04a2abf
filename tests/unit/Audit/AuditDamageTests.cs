using Ext4Core.Audit;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Audit;

/// <summary>One byte or field at a time is wrong on a volume that is otherwise clean: the audit names it, and e2fsck finds fault
/// too wherever it looks.</summary>
public sealed class AuditDamageTests
{
    private const uint UserQuota = 3;

    /// <summary>Behind the header and four levels of references.</summary>
    private const uint FirstQuotaRecords = 5;

    private const int SecondIndexEntry = HtreeRootView.InfoReservedZero + HtreeRootView.InfoSize + HtreeEntriesView.EntrySize;

    private static readonly Case[] Cases =
    [
        new("a block bitmap's checksum", "ext4-checked", CorruptionCode.BlockBitmapChecksum, v => { RawVolume.Add16(v.Descriptor, GroupDescriptorView.BgBlockBitmapCsumLo, 1); v.SealDescriptor(); }),
        new("an inode bitmap's checksum", "ext4-checked", CorruptionCode.InodeBitmapChecksum, v => { RawVolume.Add16(v.Descriptor, GroupDescriptorView.BgInodeBitmapCsumLo, 1); v.SealDescriptor(); }),
        new("a group's free clusters", "ext2", CorruptionCode.FreeClustersMismatch, v => RawVolume.Add16(v.Descriptor, GroupDescriptorView.BgFreeBlocksCountLo, 1)),
        new("a group's free inodes", "ext2", CorruptionCode.FreeInodesMismatch, v => RawVolume.Add16(v.Descriptor, GroupDescriptorView.BgFreeInodesCountLo, 1)),
        new("a group's directories", "ext2", CorruptionCode.DirectoryCountMismatch, v => RawVolume.Add16(v.Descriptor, GroupDescriptorView.BgUsedDirsCountLo, 1)),
        new("more unused inodes than there are", "ext4-checked", CorruptionCode.UnusedInodesOutOfRange, v => { Le.PutU16(v.Descriptor, GroupDescriptorView.BgItableUnusedLo, 129); v.SealDescriptor(); }),
        new("padding of a bitmap", "ext2", CorruptionCode.BitmapPadding, v => v.BlockBitmap[^1] = 0x7F),
        new("a used block marked free", "ext2", CorruptionCode.BlockMarkedFree, v => v.BlockBitmap[0] &= 0xFE),
        new("a free block marked used", "ext2", CorruptionCode.BlockMarkedUsed, v => v.BlockBitmap[(3071 / 8) - 1] |= 1),
        new("a used inode marked free", "ext2", CorruptionCode.InodeMarkedFree, v => v.InodeBitmap[1] &= 0xFB),
        new("a free inode marked used", "ext2", CorruptionCode.InodeMarkedUsed, v => v.InodeBitmap[15] |= 0x80),
        new("unwritten bitmaps without checksums", "ext2", CorruptionCode.GroupFlagsContradict, v => Le.PutU16(v.Descriptor, GroupDescriptorView.BgFlags, (ushort)GroupFlags.BlocksUninitialised)) { IsUnknownToReference = true },
        new("a backup of another volume", "sparse-super2", CorruptionCode.BackupSuperblockMismatch, v => { Span<byte> backup = v.Block(1025)[..SuperblockView.Size]; backup[SuperblockView.SUuid] ^= 1; SuperblockWriter.Seal(backup); }) { IsUnknownToReference = true },
        new("a block with two owners", "ext2", CorruptionCode.BlockClaimedTwice, v => Le.PutU32(v.Inode("small"), InodeView.IBlock, v.PlaceOf(v.NumberOf("plain"), 0))),
        new("an inode's blocks", "ext2", CorruptionCode.InodeBlocksMismatch, v => RawVolume.Add32(v.Inode("plain"), InodeView.IBlocksLo, 2)),
        new("a size in front of written blocks", "ext2", CorruptionCode.InodeSizeMismatch, v => Le.PutU32(v.Inode("plain"), InodeView.ISizeLo, 2047)),
        new("an inode's links", "ext2", CorruptionCode.LinkCountMismatch, v => RawVolume.Add16(v.Inode("plain"), InodeView.ILinksCount, 1)),
        new("an inode without a name", "ext2", CorruptionCode.InodeUnreachable, v => Le.PutU32(v.EntryOf("", "plain"), DirectoryEntryView.DeInode, 0)),
        new("a name of nothing", "ext2", CorruptionCode.EntryInodeUnused, v => v.Inode("plain").Clear()),
        new("a name of another type", "ext2", CorruptionCode.EntryTypeMismatch, v => v.EntryOf("", "plain")[DirectoryEntryView.DeFileType] = (byte)DirectoryEntryType.Fifo),
        new("a '.' of another directory", "ext2", CorruptionCode.DirectoryDotMismatch, v => Le.PutU32(v.EntryOf("few", "."), DirectoryEntryView.DeInode, 2)),
        new("a '..' of another directory", "ext2", CorruptionCode.DirectoryParentMismatch, v => Le.PutU32(v.EntryOf("few/deep", ".."), DirectoryEntryView.DeInode, 2)),
        new("a directory with two names", "ext2", CorruptionCode.DirectoryNamedTwice, v => { Span<byte> entry = v.EntryOf("", "plain"); Le.PutU32(entry, DirectoryEntryView.DeInode, v.NumberOf("few")); entry[DirectoryEntryView.DeFileType] = (byte)DirectoryEntryType.Directory; }),
        new("a name that comes twice", "ext2", CorruptionCode.DirectoryNameTwice, v => "small"u8.CopyTo(v.EntryOf("", "empty")[DirectoryEntryView.DeName..])),
        new("a deletion time on an inode in use", "ext2", CorruptionCode.InodeDeletionTime, v => Le.PutU32(v.Inode("plain"), InodeView.IDtime, 1)),
        new("a deletion time that is an inode", "ext2", CorruptionCode.InodeDeletionTime, v => Le.PutU32(v.Inode(127), InodeView.IDtime, 127)),
        new("an orphan file that is a directory", "orphan-file-mmp-quota", CorruptionCode.SpecialInodeWrong, v => { Le.PutU32(v.Superblock, SuperblockView.SOrphanFileInum, v.NumberOf("few")); SuperblockWriter.Seal(v.Superblock); }),
        new("a pipe with a size", "ext2", CorruptionCode.SpecialFileHasBlocks, v => Le.PutU32(v.Inode("pipe"), InodeView.ISizeLo, 1)),
        new("an attribute block's users", "ext2", CorruptionCode.AttributeReferencesMismatch, v => RawVolume.Add32(v.Block(Le.U32(v.Inode("plain"), InodeView.IFileAclLo)), AttributeBlockView.HRefcount, 1)),
        new("an attribute's hash", "ext2", CorruptionCode.AttributeEntryChecksum, v => RawVolume.Add32(v.Block(Le.U32(v.Inode("plain"), InodeView.IFileAclLo)), AttributeBlockView.HeaderSize + AttributeEntryView.EHash, 1)),
        new("what fills the last word of a value", "ext2", CorruptionCode.AttributeEntryChecksum, v => { Span<byte> block = v.Block(Le.U32(v.Inode("plain"), InodeView.IFileAclLo)); block[block.IndexOf("value\0\0\0"u8) + 5] = 1; }),
        new("a value in an inode of its own", "casefold", CorruptionCode.AttributeValueChecksum, v => v.Bytes[v.Bytes.AsSpan().IndexOf("wwwwwwww"u8)] = (byte)'x') { IsUnknownToReference = true },
        new("a list of orphans that starts at a reserved inode", "ext2", CorruptionCode.InodeOutOfRange, v => Le.PutU32(v.Superblock, SuperblockView.SLastOrphan, 1)) { IsUnknownToReference = true },
        new("a direct pointer in the resize inode", "ext2", CorruptionCode.ResizeInodeMismatch, v => Le.PutU32(v.Inode(7), InodeView.IBlock, 5)),
        new("an attribute block without the feature", "ext2", CorruptionCode.AttributeBlockWithoutFeature, v => v.Superblock[SuperblockView.SFeatureCompat] &= 0xFF ^ (byte)CompatibleFeatures.ExtendedAttributes),
        new("the magic of multiple-mount protection", "orphan-file-mmp-quota", CorruptionCode.MultipleMountMagic, v => v.Block(Le.U32(v.Superblock, SuperblockView.SMmpBlock))[0] ^= 1),
        new("the checksum of multiple-mount protection", "orphan-file-mmp-quota", CorruptionCode.MultipleMountChecksum, v => v.Block(Le.U32(v.Superblock, SuperblockView.SMmpBlock))[MultipleMountView.MmpNodename] ^= 1),
        new("the magic of the orphan file", "orphan-file-mmp-quota", CorruptionCode.OrphanBlockMagic, v => v.BlockOf(Le.U32(v.Superblock, SuperblockView.SOrphanFileInum), 0)[^8] ^= 1),
        new("an index out of order", "ext2", CorruptionCode.HtreeOrder, v => Le.PutU32(v.BlockOf("many", 0), SecondIndexEntry + HtreeEntriesView.EntrySize, 0)),
        new("an index that leads to a block twice", "ext2", CorruptionCode.HtreeBlockTwice, v => Le.PutU32(v.BlockOf("many", 0), SecondIndexEntry + HtreeEntriesView.DxBlock, 1)),
        new("a block that the index does not lead to", "ext2", CorruptionCode.HtreeBlockUnreferenced, v => Le.PutU32(v.BlockOf("many", 0), SecondIndexEntry + HtreeEntriesView.DxBlock, 1)),
        new("a name in the wrong leaf", "ext2", CorruptionCode.HtreeHashOutOfRange, v => { Span<byte> root = v.BlockOf("many", 0); Le.PutU32(root, SecondIndexEntry, Le.U32(root, SecondIndexEntry + HtreeEntriesView.EntrySize) - 2); }),
        new("the magic of a quota file", "orphan-file-mmp-quota", CorruptionCode.QuotaFileMagic, v => v.BlockOf(UserQuota, 0)[0] ^= 1) { IsUnknownToReference = true },
        new("the version of a quota file", "orphan-file-mmp-quota", CorruptionCode.QuotaVersionMismatch, v => Le.PutU32(v.BlockOf(UserQuota, 0), QuotaFileView.DqhVersion, 2)),
        new("a quota file's tree that leads out of the file", "orphan-file-mmp-quota", CorruptionCode.QuotaTreeImpossible, v => Le.PutU32(v.BlockOf(UserQuota, QuotaFileView.RootBlock), 0, 6)),
        new("the bytes that an owner takes up", "orphan-file-mmp-quota", CorruptionCode.QuotaSpaceMismatch, v => RawVolume.Add32(v.BlockOf(UserQuota, FirstQuotaRecords), QuotaRecordView.First + QuotaRecordView.DqbCurspace, 1024)),
        new("the inodes that an owner has", "orphan-file-mmp-quota", CorruptionCode.QuotaInodesMismatch, v => RawVolume.Add32(v.BlockOf(UserQuota, FirstQuotaRecords), QuotaRecordView.First + QuotaRecordView.DqbCurinodes, 1)),
        new("an owner without a record", "orphan-file-mmp-quota", CorruptionCode.QuotaRecordMissing, v => Le.PutU32(v.BlockOf(UserQuota, QuotaFileView.RootBlock), 0, 0)),
    ];

    /// <summary>What looks wrong and is not.</summary>
    private static readonly Case[] Inside =
    [
        new("a size that reaches into the last block", "ext2", default, v => Le.PutU32(v.Inode("plain"), InodeView.ISizeLo, 2049)),
        new("a backup's own counts", "sparse-super2", default, v =>
        {
            Span<byte> backup = v.Block(1025)[..SuperblockView.Size];
            RawVolume.Add32(backup, SuperblockView.SFreeBlocksCountLo, 1);
            SuperblockWriter.Seal(backup);
        }),
        new("a name's type with a name's bytes", "ext2", default, v => v.EntryOf("", "small")[DirectoryEntryView.DeName] = (byte)'S'),
        new("a deletion time on an inode not in use", "ext2", default, v => Le.PutU32(v.Inode(127), InodeView.IDtime, 128)),
        new("bytes in front of the superblock", "ext2", default, v => v.Bytes[0] = 1),
    ];

    public static TheoryData<string> Damages => [.. Cases.Select(candidate => candidate.Name)];

    public static TheoryData<string> Healthy => [.. Inside.Select(candidate => candidate.Name)];

    [SmallVolumeTheory]
    [MemberData(nameof(Damages))]
    [Provokes(CorruptionCode.BlockBitmapChecksum)]
    [Provokes(CorruptionCode.InodeBitmapChecksum)]
    [Provokes(CorruptionCode.FreeClustersMismatch)]
    [Provokes(CorruptionCode.FreeInodesMismatch)]
    [Provokes(CorruptionCode.DirectoryCountMismatch)]
    [Provokes(CorruptionCode.UnusedInodesOutOfRange)]
    [Provokes(CorruptionCode.BitmapPadding)]
    [Provokes(CorruptionCode.BlockMarkedFree)]
    [Provokes(CorruptionCode.BlockMarkedUsed)]
    [Provokes(CorruptionCode.InodeMarkedFree)]
    [Provokes(CorruptionCode.InodeMarkedUsed)]
    [Provokes(CorruptionCode.GroupFlagsContradict)]
    [Provokes(CorruptionCode.BackupSuperblockMismatch)]
    [Provokes(CorruptionCode.BlockClaimedTwice)]
    [Provokes(CorruptionCode.InodeBlocksMismatch)]
    [Provokes(CorruptionCode.InodeSizeMismatch)]
    [Provokes(CorruptionCode.LinkCountMismatch)]
    [Provokes(CorruptionCode.InodeUnreachable)]
    [Provokes(CorruptionCode.EntryInodeUnused)]
    [Provokes(CorruptionCode.EntryTypeMismatch)]
    [Provokes(CorruptionCode.DirectoryDotMismatch)]
    [Provokes(CorruptionCode.DirectoryParentMismatch)]
    [Provokes(CorruptionCode.DirectoryNamedTwice)]
    [Provokes(CorruptionCode.DirectoryNameTwice)]
    [Provokes(CorruptionCode.InodeDeletionTime)]
    [Provokes(CorruptionCode.SpecialInodeWrong)]
    [Provokes(CorruptionCode.SpecialFileHasBlocks)]
    [Provokes(CorruptionCode.AttributeReferencesMismatch)]
    [Provokes(CorruptionCode.AttributeEntryChecksum)]
    [Provokes(CorruptionCode.ResizeInodeMismatch)]
    [Provokes(CorruptionCode.AttributeBlockWithoutFeature)]
    [Provokes(CorruptionCode.MultipleMountMagic)]
    [Provokes(CorruptionCode.MultipleMountChecksum)]
    [Provokes(CorruptionCode.OrphanBlockMagic)]
    [Provokes(CorruptionCode.HtreeOrder)]
    [Provokes(CorruptionCode.HtreeBlockTwice)]
    [Provokes(CorruptionCode.HtreeBlockUnreferenced)]
    [Provokes(CorruptionCode.HtreeHashOutOfRange)]
    [Provokes(CorruptionCode.QuotaFileMagic)]
    [Provokes(CorruptionCode.QuotaVersionMismatch)]
    [Provokes(CorruptionCode.QuotaTreeImpossible)]
    [Provokes(CorruptionCode.QuotaSpaceMismatch)]
    [Provokes(CorruptionCode.QuotaInodesMismatch)]
    [Provokes(CorruptionCode.QuotaRecordMissing)]
    public void What_does_not_agree_is_reported(string name)
    {
        Case damage = Cases.Single(candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
        using RawVolume volume = new(damage.Configuration);
        damage.Edit(volume);

        string reports = Audit(volume.Bytes, out AuditResult? result);

        Assert.True(result?.Reports.Any(report => report.Code == damage.Code), reports);
        Assert.NotEqual(damage.IsUnknownToReference, Reference(volume.Bytes).ExitCode != 0);
    }

    [SmallVolumeTheory]
    [MemberData(nameof(Healthy))]
    public void What_differs_and_may_is_not_reported(string name)
    {
        Case change = Inside.Single(candidate => string.Equals(candidate.Name, name, StringComparison.Ordinal));
        using RawVolume volume = new(change.Configuration);
        change.Edit(volume);

        Assert.Equal("", Audit(volume.Bytes, out _));
        Assert.Equal(0, Reference(volume.Bytes).ExitCode);
    }

    private static string Audit(byte[] bytes, out AuditResult? result)
    {
        result = null;
        try
        {
            using Volume volume = Volume.Mount(new MemoryBlockDevice((byte[])bytes.Clone()), new() { SkipJournal = true });
            result = volume.Audit(new());
            return string.Join('\n', result.Reports.Select(report => report.Message));
        }
        catch (CorruptionException refusal)
        {
            return $"refused: {refusal.Message}";
        }
    }

    private static ToolResult Reference(byte[] bytes)
    {
        string image = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(image, bytes);
            return ExternalTool.Try("e2fsck", "-fn", image);
        }
        finally
        {
            File.Delete(image);
        }
    }

    /// <summary>A change of a volume, and what it is reported as.</summary>
    private sealed record Case(string Name, string Configuration, CorruptionCode Code, Action<RawVolume> Edit)
    {
        public bool IsUnknownToReference { get; init; }
    }
}
