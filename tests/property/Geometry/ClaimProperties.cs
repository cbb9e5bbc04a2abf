using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using FsCheck;
using FsCheck.Fluent;
using TestSupport;

namespace Ext4Core.PropertyTests.Geometry;

public sealed class ClaimProperties
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 8193, 0, 12);

    private static readonly VolumeShape Shape = VolumeShape.Ext4 with
    {
        Blocks = 1 + (24 * 256), BlocksPerGroup = 256, InodesPerGroup = 16, LogGroupsPerFlex = 2,
    };

    private static readonly ImageLayout Layout = new(Shape);
    private static readonly VolumeGeometry Geometry = GeometryOf(new ImageBuilder(Shape));

    private static readonly ulong[] ZoneEdges = [.. Enumerable.Range(0, (int)Layout.GroupCount)
        .SelectMany(group => Layout.MetadataIn((uint)group))
        .SelectMany(zone => new[] { zone.Start - 1, zone.Start, zone.Start + zone.Count - 1, zone.Start + zone.Count })];

    /// <summary>Half the draws hug an edge: of the volume, of a group, of a zone, of the type.</summary>
    private static readonly Gen<(ClaimedBlock Start, uint Count)> Runs =
        from start in Gen.OneOf(
            Gen.Elements(0ul, 1ul, 2ul, 256ul, 257ul, 258ul, Shape.Blocks - 1, Shape.Blocks, Shape.Blocks + 1, uint.MaxValue, ulong.MaxValue),
            Gen.Elements(ZoneEdges),
            Gen.Choose(0, (int)Shape.Blocks + 10).Select(block => (ulong)block))
        from count in Gen.OneOf(
            Gen.Elements(0u, 1u, 2u, 255u, 256u, 32768u, (uint)Shape.Blocks - 1, (uint)Shape.Blocks, uint.MaxValue),
            Gen.Choose(0, 600).Select(blocks => (uint)blocks))
        select (new ClaimedBlock(start), count);

    [Fact]
    public void Any_claimed_run_is_refused_or_lies_inside_the_volume() =>
        Prop.ForAll(Runs.ToArbitrary(), run =>
        {
            bool isInside = run.Count > 0 && run.Start.Value >= 1 && run.Start.Value < Shape.Blocks
                && run.Count <= Shape.Blocks - run.Start.Value;
            try
            {
                BlockRange range = Geometry.AdmitMetadata(run.Start, run.Count, Here);
                return isInside && range.First.Value == run.Start.Value && range.Count == run.Count;
            }
            catch (CorruptionException)
            {
                return !isInside;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Theory]
    [InlineData(64)]
    [InlineData(1 << 16)]
    public void Any_claimed_data_is_refused_or_lies_clear_of_the_volumes_own(int descriptorBytesAtMount)
    {
        VolumeStack stack = new(
            new ImageBuilder(Shape).Disk, Geometry, 0, new VolumeLimits { DescriptorBytesAtMount = descriptorBytesAtMount });
        Workspace workspace = stack.CreateWorkspace();
        HashSet<ulong> own = [.. Enumerable.Range(0, (int)Layout.GroupCount)
            .SelectMany(group => Layout.MetadataIn((uint)group))
            .SelectMany(zone => Enumerable.Range(0, (int)zone.Count).Select(index => zone.Start + (ulong)index))];
        Prop.ForAll(Runs.ToArbitrary(), run =>
        {
            workspace.Begin();
            try
            {
                BlockRange range = stack.Zones.AdmitData(workspace, run.Start, run.Count, Here);
                return range.First.Value > 1 && range.Count == run.Count && run.Count <= Shape.Blocks - run.Start.Value
                    && Enumerable.Range(0, (int)run.Count).All(index => !own.Contains(run.Start.Value + (ulong)index));
            }
            catch (CorruptionException damage)
            {
                return damage.Code == CorruptionCode.BlockOutOfRange && damage.Found == run.Start.Value
                    && (run.Count == 0 || run.Start.Value <= 1 || run.Start.Value >= Shape.Blocks
                        || run.Count > Shape.Blocks - run.Start.Value
                        || Enumerable.Range(0, (int)run.Count).Any(index => own.Contains(run.Start.Value + (ulong)index)));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Any_claimed_inode_is_refused_or_lies_in_the_tables() =>
        Prop.ForAll(
            Gen.OneOf(
                Gen.Elements(0ul, 1ul, Geometry.InodesCount, Geometry.InodesCount + 1ul, 1ul << 32, ulong.MaxValue),
                Gen.Choose(0, 500).Select(inode => (ulong)inode)).ToArbitrary(),
            claim =>
            {
                try
                {
                    return Geometry.AdmitInode(new(claim), Here).Value == claim && claim > 0 && claim <= Geometry.InodesCount;
                }
                catch (CorruptionException)
                {
                    return claim == 0 || claim > Geometry.InodesCount;
                }
            }).QuickCheckThrowOnFailure();

    private static VolumeGeometry GeometryOf(ImageBuilder image) => new(
        new SuperblockView(image.Superblock), new(SuperblockView.VolumeOffset), image.Disk.Length,
        new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
}
