using System.Text.RegularExpressions;
using Ext4Safety.Fuzz;

namespace Ext4Safety.FuzzTests;

public sealed partial class TargetRegistryTests
{
    public static TheoryData<string> Names => [.. TargetRegistry.All.Select(target => target.Name)];

    [Fact]
    public void No_two_targets_have_one_name() =>
        Assert.Equal(TargetRegistry.All.Count, TargetRegistry.All.Select(target => target.Name).Distinct(StringComparer.Ordinal).Count());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_is_words_joined_by_hyphens(string name) => Assert.Matches(Words(), name);

    [Fact]
    public void Every_target_is_found_by_its_own_name() =>
        Assert.All(TargetRegistry.All, target => Assert.IsType(target.GetType(), TargetRegistry.Find(target.Name)));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_target_gives_the_same_verdict_for_the_same_bytes(string name)
    {
        FuzzTarget target = TargetRegistry.Find(name)!;
        foreach (byte[] input in target.Seeds.Select(seed => seed.Bytes).Append([]).Append([1, 2, 3]))
        {
            Assert.Equal(FuzzRun.Once(target, input), FuzzRun.Once(TargetRegistry.Find(name)!, input));
        }
    }

    [Fact]
    public void The_canary_fails() =>
        Assert.Throws<FindingException>(() => FuzzRun.Once(TargetRegistry.Find("canary")!, "Ext4"u8));

    [GeneratedRegex("^[a-z]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Words();
}
