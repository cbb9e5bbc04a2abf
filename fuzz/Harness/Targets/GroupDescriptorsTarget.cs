using Ext4Core.Allocation;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>The descriptors of eight groups, and the zones that follow from them.</summary>
/// <remarks>Input: options, a block that is asked about, then the descriptors. The refusal of a descriptor costs no throw. That the form
/// that throws says the same is held against one input in sixty-four: the input itself decides which.</remarks>
internal sealed class GroupDescriptorsTarget : StagedTarget
{
    private const int OneIn = 64;

    /// <summary>The second block of the first group's inode table, with blocks of 1 KiB.</summary>
    private const uint WithinTable = 20;
    private const int GroupCount = 8, DescriptorBytes = GroupCount * GroupDescriptorView.LargeSize;

    private readonly GroupPlaces[] _places = new GroupPlaces[GroupCount];

    /// <inheritdoc/>
    public override string Name => "group-descriptors";

    /// <inheritdoc/>
    public override string Description => "group descriptors: places, checksums, and the zones that no file may claim";

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of(InputOptions.Of()).Named("eight-groups");
            yield return Of(InputOptions.Of(hasChecksums: false, hasLargeBlocks: true)).Named("eight-groups-4k-without-checksums");
            yield return Of(InputOptions.Of(sealsChecksums: false), (GroupDescriptorView.BgFreeBlocksCountLo, 7)).Named("checksum-wrong");
            yield return Of(InputOptions.Of(), (GroupDescriptorView.BgBlockBitmapLo, 0)).Named("bitmap-before-the-volume");
            yield return Of(InputOptions.Of(), (GroupDescriptorView.BgInodeBitmapLo, StagedVolume.BlocksCount + 1)).Named("bitmap-behind-the-volume");
            yield return Of(InputOptions.Of(), (GroupDescriptorView.BgInodeTableLo, StagedVolume.BlocksCount - 1)).Named("table-across-the-end");
            yield return Of(InputOptions.Of(), (GroupDescriptorView.BgInodeTableHi, 1)).Named("table-far-behind-the-volume");
            yield return Of(InputOptions.Of(), (GroupDescriptorView.BgBlockBitmapLo, 4)).Named("two-bitmaps-in-one-block");
            yield return Asking(WithinTable, InputOptions.Of()).Named("block-within-a-table");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
        [new("last_block", [0, 0, 1, 0]), new("first_place", [StagedVolume.FirstPlace, 0, 0, 0])];

    /// <inheritdoc/>
    protected override Verdict Run(StagedVolume volume, InputOptions options, ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        uint asked = reader.U32();
        Span<byte> block = volume.Device.Edit((int)volume.Geometry.DescriptorBlock(0, StagedVolume.SuperblockWhere).Value);
        reader.Fill(block[..DescriptorBytes]);
        for (int index = 0; index < GroupCount && options.SealsChecksums; index++)
        {
            Span<byte> descriptor = block.Slice(index * GroupDescriptorView.LargeSize, GroupDescriptorView.LargeSize);
            GroupDescriptorWriter.SealCrc32C(descriptor, volume.Geometry.ChecksumSeed, (uint)index);
        }

        GroupTable groups = new(volume.Geometry, volume.Stack.Cache);
        Digest digest = default;
        for (uint index = 0; index < GroupCount; index++)
        {
            bool isFine = groups.TryRead(volume.Workspace, volume.Geometry.Group(index), out GroupPlaces places, out Damage damage);
            Verdict verdict = isFine ? Verdict.Accepted(Look(places).Value) : Verdict.Damaged(damage);
            if (verdict.Digest % OneIn == 0 && WithThrow(volume, groups, index) is var thrown && thrown != verdict)
            {
                throw new FindingException(FindingKind.Contradiction, $"{verdict} without a throw, {thrown} with one");
            }

            if (!isFine)
            {
                return verdict;
            }

            _places[index] = places;
            digest = digest.Add(verdict.Digest);
        }

        SystemZones zones = new(volume.Geometry, groups, volume.Workspace, DescriptorBytes);
        bool isFree = zones.IsData(volume.Workspace, new(asked), 1, StagedVolume.SuperblockWhere);
        foreach (GroupPlaces places in _places)
        {
            Check(volume, zones, places, asked, isFree);
        }

        return Verdict.Accepted(digest.Add(isFree ? 1ul : 0).Value);
    }

    private static Digest Look(in GroupPlaces places) => new Digest().Add(places.BlockBitmap.First.Value).Add(places.InodeBitmap.First.Value)
        .Add(places.InodeTable.First.Value).Add((ulong)places.Flags).Add(places.FreeClusters).Add(places.FreeInodes);

    private static Verdict WithThrow(StagedVolume volume, GroupTable groups, uint index)
    {
        try
        {
            return Verdict.Accepted(Look(groups.Read(volume.Workspace, volume.Geometry.Group(index))).Value);
        }
        catch (CorruptionException damage)
        {
            return Verdict.Damaged(damage);
        }
    }

    private static void Check(StagedVolume volume, SystemZones zones, in GroupPlaces places, uint asked, bool isFree)
    {
        foreach (BlockRange range in (ReadOnlySpan<BlockRange>)[places.BlockBitmap, places.InodeBitmap, places.InodeTable])
        {
            Require(
                range.First.Value + range.Count <= volume.Geometry.BlocksCount && range.First.Value >= volume.Geometry.FirstDataBlock,
                "metadata behind the volume was admitted");
            Require(
                !zones.IsData(volume.Workspace, new(range.First.Value + range.Count - 1), 1, StagedVolume.SuperblockWhere),
                "a file may claim metadata");
            Require(
                !isFree || asked < range.First.Value || asked - range.First.Value >= range.Count,
                "a block of metadata is free to be claimed");
        }
    }

    private static InputWriter Of(InputOptions options, params ReadOnlySpan<(int Offset, int Value)> changes) =>
        Asking(StagedVolume.FirstPlace, options, changes);

    private static InputWriter Asking(uint block, InputOptions options, params ReadOnlySpan<(int Offset, int Value)> changes)
    {
        StagedVolume volume = new(options);
        ReadOnlySpan<byte> stored = volume.Device.Edit((int)volume.Geometry.DescriptorBlock(0, StagedVolume.SuperblockWhere).Value);
        byte[] descriptors = [.. stored[..DescriptorBytes]];
        foreach ((int offset, int value) in changes)
        {
            Le.PutU32(descriptors, offset, (uint)value);
        }

        return new InputWriter(options).U32(block).Bytes(descriptors);
    }
}
