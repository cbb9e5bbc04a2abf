using Ext4Core;
using Ext4Core.Audit;
using Ext4Core.Integrity;
using Ext4Safety.IntegrationTests.Images;
using Ext4Safety.IntegrationTests.Support;
using Ext4Safety.IntegrationTests.Trees;
using TestSupport;

namespace Ext4Safety.IntegrationTests;

/// <summary>What e2fsck makes of a volume, the audit makes of it too, in every configuration and filled with everything.</summary>
[Collection(MatrixMounts.Name)]
public sealed class AuditTests
{
    public static TheoryData<string> Configurations => KernelDifferenceTests.Configurations;

    [NeedsTheory(Needs.Kernel)]
    [MemberData(nameof(Configurations))]
    public void A_volume_that_the_kernel_filled_is_clean(string configuration)
    {
        string image = ImageCache.Get(ImageMatrix.Named(configuration));
        using Volume volume = VolumeTree.Mount(image);

        AuditResult result = volume.Audit(new() { KeptReports = 20 });

        // The quotas that tune2fs adds last are not those that e2fsck counts, where values lie in inodes of their own; e2fsck
        // calls its own count the actual one.
        ToolResult reference = ExternalTool.Try("e2fsck", "-fn", "-E", "no_optimize_extents", image);
        string reports = string.Join('\n', result.Reports.Select(report => report.Message));
        Assert.True(result.IsClean == (reference.ExitCode == 0), $"{reports}\n{reference.Everything}");
        Assert.All(
            result.Reports.Where(report => report.Code is CorruptionCode.QuotaSpaceMismatch or CorruptionCode.QuotaInodesMismatch),
            report => Assert.Matches($@"actual \(.*\b{report.Expected}\b", reference.Everything));
        Assert.Empty(result.Skipped);
    }
}
