using Ext4Core;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>A superblock, and the dimensions that are proven from it.</summary>
/// <remarks>Input: options, the device's length in units of 1 KiB, then the superblock. A refusal costs no throw. That the form that
/// throws says the same is held against one input in sixty-four: the input itself decides which.</remarks>
internal sealed class SuperblockTarget : FuzzTarget
{
    private const int OneIn = 64;

    private static readonly DiskLocation Here = StagedVolume.SuperblockWhere;

    private readonly byte[] _superblock = new byte[SuperblockView.Size];

    /// <inheritdoc/>
    public override string Name => "superblock";

    /// <inheritdoc/>
    public override string Description => "the superblock: every number against the others and the device, and what follows from them";

    /// <inheritdoc/>
    public override long AllocationBudget => 12 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(InputOptions.Of()).Named("eight-groups");
            yield return Of(InputOptions.Of(hasLargeBlocks: true, isPlain: true)).Named("eight-groups-4k-plain");
            yield return Of(InputOptions.Of(hasChecksums: false)).Named("without-checksums");
            yield return Of(InputOptions.Of(sealsChecksums: false), (SuperblockView.SMkfsTime, 1)).Named("checksum-wrong");
            yield return Of(InputOptions.Of(), (SuperblockView.SMagic, 0xEF54)).Named("magic-off-by-one");
            yield return Of(InputOptions.Of(), (SuperblockView.SLogBlockSize, 7)).Named("block-size-too-large");
            yield return Of(InputOptions.Of(), (SuperblockView.SLogClusterSize, 1)).Named("cluster-size-without-clusters");
            yield return Of(InputOptions.Of(), (SuperblockView.SBlocksPerGroup, 8193)).Named("group-larger-than-its-bitmap");
            yield return Of(InputOptions.Of(), (SuperblockView.SBlocksCountLo, StagedVolume.BlocksCount + 2)).Named("one-block-behind-the-device");
            yield return Of(InputOptions.Of(), (SuperblockView.SBlocksCountLo, 2), (SuperblockView.SInodesCount, StagedVolume.InodesCount / 8))
                .Named("descriptors-behind-the-volume");
            yield return Of(InputOptions.Of(), (SuperblockView.SInodesCount, StagedVolume.InodesCount + 1)).Named("one-inode-too-many");
            yield return Of(InputOptions.Of(), (SuperblockView.SFirstIno, 10)).Named("first-inode-too-low");
            yield return Of(InputOptions.Of(), (SuperblockView.SFirstDataBlock, 0)).Named("first-block-before-the-first");
            yield return Of(InputOptions.Of(), (SuperblockView.SFeatureIncompat, 0x4000_0000)).Named("feature-that-nobody-knows");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("magic", [0x53, 0xEF]),
        new("incompatible_of_today", [0xC2, 2, 0, 0]),
        new("meta_groups", [0xD2, 2, 0, 0]),
        new("read_only_of_today", [0x6B, 4, 0, 0]),
        new("clusters", [0x6B, 6, 0, 0]),
        new("sparse_super_2", [0x3C, 2, 0, 0]),
        new("journal_device", [8, 0, 0, 0]),
        new("descriptor_size", [64, 0]),
        new("inode_size", [0, 1]),
        new("all_ones", [0xFF, 0xFF, 0xFF, 0xFF]),
    ];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        InputOptions options = new(reader.U8());
        long length = (long)reader.U32() << 10;
        reader.Fill(_superblock);
        if (options.SealsChecksums)
        {
            SuperblockWriter.Seal(_superblock);
        }

        VolumeGeometry? geometry = VolumeGeometry.TryCreate(
            new(_superblock), new(SuperblockView.VolumeOffset), length, Here, out Damage damage, out UnsupportedFeatureException? unspoken);
        Verdict verdict = geometry is not null ? Verdict.Accepted(Look(geometry, length).Value)
            : unspoken is not null ? Refused(unspoken)
            : Verdict.Damaged(damage);
        if (verdict.Digest % OneIn == 0 && WithThrow(length) is var thrown && thrown != verdict)
        {
            throw new FindingException(FindingKind.Contradiction, $"{verdict} without a throw, {thrown} with one");
        }

        return verdict;
    }

    private Verdict WithThrow(long length)
    {
        try
        {
            VolumeGeometry geometry = new(new SuperblockView(_superblock), new(SuperblockView.VolumeOffset), length, Here);
            return Verdict.Accepted(Look(geometry, length).Value);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
        catch (UnsupportedFeatureException refusal)
        {
            return Refused(refusal);
        }
    }

    private static Verdict Refused(UnsupportedFeatureException refusal) => Verdict.Refused((ulong)refusal.Message.Length);

    /// <summary>What tools tell of a superblock that is sound is what follows from it.</summary>
    private void Describe(VolumeGeometry geometry)
    {
        VolumeInformation information = VolumeInformation.Read(new MemoryBlockDevice(_superblock, isReadOnly: true), 0);
        Require(
            information.IsChecksumRight && information.BlocksCount == geometry.BlocksCount && information.GroupCount == geometry.GroupCount
            && information.InodesCount == geometry.InodesCount && information.Label.Span.SequenceEqual(geometry.Label),
            "a volume that is described other than it is");
    }

    private Digest Look(VolumeGeometry geometry, long length)
    {
        Describe(geometry);
        Require(
            (ulong)geometry.GroupCount * geometry.InodesPerGroup == geometry.InodesCount
            && (geometry.BlocksCount << geometry.BlockBits) <= (ulong)length && geometry.FirstDataBlock < geometry.BlocksCount,
            "a volume of another size than its groups");
        Digest digest = new Digest().Add(geometry.BlocksCount).Add(geometry.GroupCount).Add(geometry.InodesCount)
            .Add((ulong)geometry.BlockSize).Add((ulong)geometry.DescriptorSize).Add(geometry.ChecksumSeed);
        foreach (uint index in (ReadOnlySpan<uint>)[0, geometry.GroupCount / 2, geometry.GroupCount - 1])
        {
            digest = digest.Add(LookAtGroup(geometry, index).Value);
        }

        return digest;
    }

    private static Digest LookAtGroup(VolumeGeometry geometry, uint index)
    {
        GroupNumber group = geometry.Group(index);
        ulong first = geometry.FirstBlockOf(group).Value;
        uint blocks = geometry.BlocksIn(group);
        uint metadata = geometry.BaseMetadataBlocksIn(group);
        Require(
            blocks > 0 && first < geometry.BlocksCount && blocks <= geometry.BlocksCount - first && metadata <= blocks
            && geometry.GroupOf(new BlockNumber(first)) == group && geometry.GroupOf(new BlockNumber(first + blocks - 1)) == group,
            "a group that does not hold its blocks");
        Digest digest = new Digest().Add(first).Add(blocks).Add(metadata).Add(geometry.HasSuperblock(group) ? 1ul : 0);
        try
        {
            BlockNumber descriptor = geometry.DescriptorBlock(index / geometry.DescriptorsPerBlock, Here);
            Require(descriptor.Value < geometry.BlocksCount, "a descriptor behind the volume");
            return digest.Add(descriptor.Value);
        }
        catch (CorruptionException damage)
        {
            return digest.Add((ulong)damage.Code);
        }
    }

    private static void Require(bool isFine, string objection)
    {
        if (!isFine)
        {
            throw new FindingException(FindingKind.Contradiction, objection);
        }
    }

    private static InputWriter Of(InputOptions options, params ReadOnlySpan<(int Offset, int Value)> changes)
    {
        StagedVolume volume = new(options);
        byte[] superblock = [.. volume.Superblock];
        foreach ((int offset, int value) in changes)
        {
            Le.PutU32(superblock, offset, (uint)value);
        }

        return new InputWriter(options).U32((uint)(volume.Device.Length >> 10)).Bytes(superblock);
    }
}
