using Ext4Core.Cache;
using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Allocation;

public sealed class SystemZonesTests
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 99, 0x10, 12);

    /// <summary>Forty groups, of which a mount reads the first, in flexible groups of four.</summary>
    private static readonly VolumeShape Shape = VolumeShape.Ext4 with
    {
        Blocks = 1 + (40 * 256), BlocksPerGroup = 256, InodesPerGroup = 16, LogGroupsPerFlex = 2,
    };

    public static TheoryData<string, int> Stacks => new()
    {
        { "flexible", 64 },
        { "flexible", 1 << 16 },
        { "rigid", 64 },
        { "rigid", 1 << 16 },
    };

    [Theory]
    [MemberData(nameof(Stacks))]
    [Provokes(CorruptionCode.BlockOutOfRange)]
    public void Data_is_refused_exactly_where_the_volume_keeps_its_own(string kind, int descriptorBytesAtMount)
    {
        ImageBuilder image = new(ShapeOf(kind));
        ImageLayout layout = new(ShapeOf(kind));
        VolumeStack stack = StackOf(image, descriptorBytesAtMount);
        Workspace workspace = stack.CreateWorkspace();
        HashSet<ulong> own = [0, 1];
        for (uint group = 0; group < layout.GroupCount; group++)
        {
            own.UnionWith(layout.MetadataIn(group).SelectMany(zone =>
                Enumerable.Range(0, (int)zone.Count).Select(index => zone.Start + (ulong)index)));
        }

        for (int pass = 0; pass < 2; pass++)
        {
            for (ulong block = 0; block < Shape.Blocks + 2; block++)
            {
                workspace.Begin();
                Assert.Equal(own.Contains(block) || block >= Shape.Blocks, IsRefused(stack, workspace, block, 1));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void A_run_that_only_touches_a_zone_is_data(string kind, int descriptorBytesAtMount)
    {
        ImageLayout layout = new(ShapeOf(kind));
        VolumeStack stack = StackOf(new(ShapeOf(kind)), descriptorBytesAtMount);
        Workspace workspace = stack.CreateWorkspace();
        foreach (uint group in new[] { 4u, 36u })
        {
            workspace.Begin();
            (ulong start, uint count) = layout.MetadataIn(group).Last();
            ulong after = start + count;
            Assert.False(IsRefused(stack, workspace, after, 4));
            Assert.True(IsRefused(stack, workspace, after - 1, 4));
            ulong before = layout.FirstBlockOf(group);
            Assert.False(IsRefused(stack, workspace, before - 3, 3));
            Assert.True(IsRefused(stack, workspace, before - 3, (uint)(layout.MetadataIn(group).First().Start - before) + 4));
        }
    }

    [Fact]
    public void A_zone_learnt_late_costs_one_visit_from_then_on()
    {
        VolumeStack stack = StackOf(new(Shape), 64);
        Workspace workspace = new(stack.Geometry, 6, new());
        workspace.Begin();
        Assert.False(IsRefused(stack, workspace, 1 + (22 * 256) + 100, 8));
        workspace.Begin();
        for (int look = 0; look < 6; look++)
        {
            Assert.False(IsRefused(stack, workspace, 1 + (22 * 256) + 100, 8));
        }

        Assert.Equal(
            CorruptionCode.WorkBudgetExceeded,
            Assert.Throws<CorruptionException>(() => IsRefused(stack, workspace, 1 + (22 * 256) + 100, 8)).Code);
    }

    [Fact]
    public void A_protected_journal_is_nobodys_data()
    {
        VolumeStack stack = StackOf(new(Shape), 1 << 16);
        Workspace workspace = stack.CreateWorkspace();
        workspace.Begin();
        Assert.False(IsRefused(stack, workspace, 5000, 1));
        stack.Zones.Protect([new BlockRange(new(5000), 10)]);
        Assert.True(IsRefused(stack, workspace, 5009, 1));
        Assert.False(IsRefused(stack, workspace, 5010, 1));
    }

    private static VolumeShape ShapeOf(string kind) =>
        string.Equals(kind, "rigid", StringComparison.Ordinal) ? Shape.Without(IncompatibleFeatures.FlexibleBlockGroups) : Shape;

    private static VolumeStack StackOf(ImageBuilder image, int descriptorBytesAtMount)
    {
        VolumeGeometry geometry = new(
            new SuperblockView(image.Superblock), new(SuperblockView.VolumeOffset), image.Disk.Length,
            new(StructureKind.Superblock, 0, SuperblockView.VolumeOffset));
        return new(image.Disk, geometry, 0, new VolumeLimits { DescriptorBytesAtMount = descriptorBytesAtMount });
    }

    private static bool IsRefused(VolumeStack stack, Workspace workspace, ulong start, uint count)
    {
        try
        {
            BlockRange range = stack.Zones.AdmitData(workspace, new(start), count, Here);
            Assert.Equal((start, count), (range.First.Value, range.Count));
            return false;
        }
        catch (CorruptionException damage) when (damage.Code == CorruptionCode.BlockOutOfRange)
        {
            Assert.Equal((Here, start), (damage.Where, damage.Found));
            return true;
        }
    }
}
