using System.Reflection;
using Ext4Core.Integrity;

namespace Ext4Core.UnitTests.Integrity;

public sealed class CorruptionCoverageTests
{
    /// <summary>Superblock, groups, inodes, maps: from the next hundred on, codes belong to other folders' tests.</summary>
    private const int FirstOfOtherFolders = 500;

    /// <summary>What only an audit reports, of groups whose places are right: its own tests tell.</summary>
    private const int FirstOfAudit = 220;
    private const int LastOfAudit = 299;

    [Fact]
    public void Every_code_of_the_volumes_frame_is_provoked_by_a_test()
    {
        HashSet<CorruptionCode> provoked = [.. typeof(CorruptionCoverageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
            .SelectMany(method => method.GetCustomAttributes<ProvokesAttribute>())
            .Select(attribute => attribute.Code)];

        Assert.Equal("", string.Join(", ", Enum.GetValues<CorruptionCode>().Where(code => IsOwed(code) && !provoked.Contains(code))));
    }

    private static bool IsOwed(CorruptionCode code) =>
        (int)code < FirstOfOtherFolders && (int)code is < FirstOfAudit or > LastOfAudit;
}
