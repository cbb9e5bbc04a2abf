using Ext4Core.Audit;
using Ext4Core.Io;
using TestSupport;

namespace Ext4Core.UnitTests.Audit;

public sealed class VolumeAuditTests
{
    public static TheoryData<string> Names => [.. SmallVolume.All.Select(volume => volume.Name)];

    [SmallVolumeTheory]
    [MemberData(nameof(Names))]
    public void A_volume_that_e2fsck_calls_clean_is_clean(string name)
    {
        using Volume volume = Volume.Mount(new MemoryBlockDevice(SmallVolume.Named(name).Make()), new());

        AuditResult result = volume.Audit(new());

        Assert.Equal("", string.Join('\n', result.Reports.Select(report => report.Message)));
        Assert.Empty(result.Skipped);
        Assert.InRange(result.Tally.Inodes, 10, 200);
        Assert.True(result.Tally.Entries > 150);
    }
}
