using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.FuzzTests.Campaigns;

public sealed class CorpusMergeTests
{
    [Theory]
    [InlineData("damaged E402 ExtentEntriesOverflow 0123456789abcdef", "E402-extent-entries-overflow-ba7816")]
    [InlineData("accepted 0123456789abcdef", "accepted-ba7816")]
    [InlineData("unfit", "unfit-ba7816")]
    public void An_input_is_named_for_what_it_holds(string verdict, string name) =>
        Assert.Equal(name, CorpusMerge.NameOf(verdict, "abc"u8));
}
