using System.Reflection;
using Ext4Core.Integrity;

namespace Ext4Core.UnitTests.Integrity;

public sealed class CorruptionCoverageTests
{
    /// <summary>Superblock, groups, inodes, maps: from the next hundred on, codes belong to other folders' tests.</summary>
    private const int FirstOfOtherFolders = 500;

    /// <summary>What only an audit reports: it compares one structure with another.</summary>
    private const int FirstOfAudit = 820;
    private const int LastOfAudit = 899;

    [Fact]
    public void Every_code_of_the_volumes_frame_and_of_the_audit_is_provoked_by_a_test()
    {
        HashSet<CorruptionCode> provoked = [.. typeof(CorruptionCoverageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance))
            .SelectMany(method => method.GetCustomAttributes<ProvokesAttribute>())
            .Select(attribute => attribute.Code)];

        Assert.Equal("", string.Join(", ", Enum.GetValues<CorruptionCode>().Where(code => IsOwed(code) && !provoked.Contains(code))));
    }

    private static bool IsOwed(CorruptionCode code) =>
        (int)code is < FirstOfOtherFolders or (>= FirstOfAudit and <= LastOfAudit);
}
