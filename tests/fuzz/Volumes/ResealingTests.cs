using System.Text.RegularExpressions;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Corpus;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

/// <summary>One bit under every kind of checksum there is: it is the checksum that speaks, and sealed it is silent.</summary>
public sealed partial class ResealingTests
{
    private const string BadContents = ": Regular .* bytes InputOutput";

    /// <summary>A byte behind everything that a block of the log holds.</summary>
    private const int Unused = 0x300;

    private static readonly Kind[] Kinds =
    [
        new("superblock", "minimal", "E102", survey => At(survey, StructureKind.Superblock, SuperblockView.SVolumeName)),
        new("backup of the superblock", "meta-bg", "E102", survey => At(survey, StructureKind.Superblock, SuperblockView.SVolumeName, index: 1)),
        new("descriptor with CRC-32C", "ext4-checked", "E201", survey => At(survey, StructureKind.GroupDescriptor, GroupDescriptorView.BgUsedDirsCountLo)),
        new("descriptor with CRC-16", "ext4-crc16", "E201", survey => At(survey, StructureKind.GroupDescriptor, GroupDescriptorView.BgUsedDirsCountLo)),
        new("block bitmap", "ext4-checked", "E220", survey => At(survey, StructureKind.BlockBitmap, 3)),
        new("inode bitmap", "ext4-checked", "E221", survey => At(survey, StructureKind.InodeBitmap, 1)),
        new("inode", "minimal", "E301", survey => At(survey, StructureKind.Inode, InodeView.IUid, owner: 12)),
        new("extent node", "extents-deep", "E407", survey => At(survey, StructureKind.ExtentNode, ExtentNodeView.EhGeneration)),
        new("directory block", "minimal", "E508", survey => At(survey, StructureKind.DirectoryBlock, DirectoryEntryView.DeName + 24, owner: 2)),
        new("index block", "htree-deep", "E530", survey => At(survey, StructureKind.HtreeNode, HtreeRootView.InfoReservedZero + HtreeRootView.InfoSize + HtreeEntriesView.EntrySize)),
        new("attribute block", "attributes", "E603", survey => At(survey, StructureKind.AttributeBlock, AttributeBlockView.HHash)),
        new("multiple-mount protection", "orphan-file-mmp", "E802", survey => At(survey, StructureKind.MultipleMountProtection, MultipleMountView.MmpNodename)),
        new("orphan file", "orphan-file-mmp", "E812", survey => At(survey, StructureKind.OrphanFile, 8)),
        new("journal superblock", "journal-dirty-v3", "E703", survey => At(survey, StructureKind.JournalSuperblock, JournalSuperblockView.SUuid)),
        new("journal descriptor, version 2", "journal-dirty-v2", "E711", survey => InLog(survey, FieldCatalogue.JournalTag, Unused)),
        new("journal descriptor, version 3", "journal-dirty-v3", "E711", survey => InLog(survey, FieldCatalogue.JournalTag, Unused)),
        new("journal revoke", "journal-dirty-v3", "E711", survey => InLog(survey, FieldCatalogue.JournalRevoke, Unused)),
        new("journal commit", "journal-dirty-v3", "E712", survey => InLog(survey, FieldCatalogue.JournalCommit, JournalCommitView.HCommitNsec)),
        new("journal transaction, version 1", "journal-dirty-v1", "E712", survey => InCopy(survey, StructureKind.Inode, InodeView.IUid, owner: 2)),
        new("journal tag, version 2", "journal-dirty-v2", "E713", survey => InCopy(survey, StructureKind.Inode, InodeView.IUid, owner: 2)),
        new("journal tag, version 3", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.Inode, InodeView.IUid, owner: 2)),
        new("fast commit", "fast-commit-dirty", "E732", survey => At(survey, StructureKind.FastCommitBlock, FastCommitRecordView.HeaderSize + FastCommitHeadView.Size + FastCommitRecordView.HeaderSize + FastCommitInodeView.HeaderSize + InodeView.IUid)),
        new("superblock in the journal", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.Superblock, SuperblockView.SVolumeName)),
        new("descriptor in the journal", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.GroupDescriptor, GroupDescriptorView.BgUsedDirsCountLo)),
        new("block bitmap in the journal", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.BlockBitmap, 3)),
        new("inode bitmap in the journal", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.InodeBitmap, 1)),
        new("inode in the journal", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.Inode, InodeView.IUid, owner: 2)),
        new("directory block in the journal", "journal-dirty-v3", "E713", survey => InCopy(survey, StructureKind.DirectoryBlock, DirectoryEntryView.DeName + 24)),
        new("verity data", "verity", BadContents, survey => survey.VerityFiles[0].Blocks[0].Offset),
        new("verity data below two levels", "verity", BadContents, survey => survey.VerityFiles.First(file => file.Blocks.Count(block => block.Parent < 0 || file.Blocks[block.Parent].Parent < 0) < file.Blocks.Length).Blocks[0].Offset),
        new("verity data with SHA-512", "verity", BadContents, survey => survey.VerityFiles.First(file => file.Algorithm == VerityAlgorithm.Sha512).Blocks[1].Offset),
        new("verity salt", "verity", BadContents, survey => survey.VerityFiles.First(file => file.Algorithm == VerityAlgorithm.Sha512).Descriptor + VerityDescriptorView.DSalt),
    ];

    public static TheoryData<string> Names => [.. Kinds.Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void One_bit_is_noticed_unless_it_is_sealed(string name)
    {
        Kind kind = Kinds.Single(kind => kind.Name.Equals(name, StringComparison.Ordinal));
        BaseVolume volume = BaseVolumes.Find(kind.Volume)!;
        long offset = kind.Place(volume.Survey!);

        Assert.Matches($"{kind.Complaint}", PictureOf(volume, offset, default));
        string sealedPicture = PictureOf(volume, offset, InputFlags.Sealed);
        Assert.DoesNotMatch(AnyChecksum(), sealedPicture);
        Assert.DoesNotMatch(BadContents, sealedPicture);
        Assert.StartsWith("mounted: ", sealedPicture);
    }

    [Fact]
    public void Damaged_hashes_are_sealed_upwards_and_stay_damaged()
    {
        BaseVolume volume = BaseVolumes.Find("verity")!;
        VerityFile file = volume.Survey!.VerityFiles.First(file => Array.Exists(file.Blocks, block => block.Parent >= 0 && file.Blocks[block.Parent].Parent >= 0));
        int leaf = file.Blocks[0].Parent;
        HashedBlock above = file.Blocks[file.Blocks[leaf].Parent];
        byte[] sound = new byte[file.DigestSize];
        volume.Image.CopyTo(file.Blocks[leaf].Digest, sound);
        VolumeBuilder builder = Build(volume, file.Blocks[leaf].Offset, InputFlags.Sealed);
        byte[] now = new byte[file.DigestSize];
        builder.Device.Peek(file.Blocks[leaf].Digest, now);

        Assert.InRange(file.Blocks[leaf].Digest, above.Offset, above.Offset + above.Length);
        Assert.NotEqual(sound, now);
        Assert.Matches(BadContents, PictureOf(volume, file.Blocks[leaf].Offset, InputFlags.Sealed));
    }

    private static long At(VolumeSurvey survey, StructureKind kind, int field, uint? owner = null, int index = 0) => survey.Structures
        .Where(structure => structure.Kind == kind && (owner is null || structure.Owner == owner)).ElementAt(index).Offset + field;

    /// <summary>A byte of the first block of the log that has such a part.</summary>
    private static long InLog(VolumeSurvey survey, StructureShape shape, int at)
    {
        long part = survey.Parts.First(part => part.Shape == shape).Offset;
        return part - (part & (survey.Geometry.BlockSize - 1)) + at;
    }

    private static long InCopy(VolumeSurvey survey, StructureKind kind, int field, uint? owner = null)
    {
        (VolumeSurvey behind, Dictionary<ulong, long> copies) = survey.Replayed!;
        SealedStructure structure = behind.Structures.First(structure =>
            structure.Kind == kind && (owner is null || structure.Owner == owner) && copies.ContainsKey((ulong)structure.Offset >> survey.Geometry.BlockBits));
        return copies[(ulong)structure.Offset >> survey.Geometry.BlockBits] + (structure.Offset & (survey.Geometry.BlockSize - 1)) + field;
    }

    private static string PictureOf(BaseVolume volume, long offset, InputFlags flags)
    {
        VolumeBuilder builder = Build(volume, offset, flags);
        return VolumePicture.Draw(builder.Device, builder.OptionsFor(default, new(), 1 << 20));
    }

    private static VolumeBuilder Build(BaseVolume volume, long offset, InputFlags flags)
    {
        byte[] bytes = new byte[1];
        volume.Image.CopyTo(offset, bytes);
        bytes[0] ^= 1;
        Assert.True(VolumeInput.TryParse(new VolumeInputWriter(volume, flags).Edit(offset, bytes).ToArray(), out VolumeInput input));
        VolumeBuilder builder = new();
        builder.Build(input);
        return builder;
    }

    [GeneratedRegex(@"E\d{3} \w*Checksum\b", RegexOptions.None, 1000)]
    private static partial Regex AnyChecksum();

    /// <summary>A kind of checksum.</summary>
    /// <param name="Name">What it is over.</param>
    /// <param name="Volume">A volume that has one.</param>
    /// <param name="Complaint">What is said of a bit that is wrong.</param>
    /// <param name="Place">A byte below the checksum. Unit: bytes of the volume.</param>
    private sealed record Kind(string Name, string Volume, string Complaint, Func<VolumeSurvey, long> Place);
}
