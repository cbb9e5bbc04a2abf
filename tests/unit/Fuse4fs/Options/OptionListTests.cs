using Fuse4fs.Options;

namespace Fuse4fs.UnitTests.Options;

public class OptionListTests
{
    [Fact]
    public void A_list_splits_at_commas() => Assert.Equal(["ro", "offset=1024"], OptionList.Split("ro,offset=1024"));

    [Fact]
    public void A_backslash_keeps_a_comma_inside_a_word() =>
        Assert.Equal(["fsname=a,b", "ro"], OptionList.Split(@"fsname=a\,b,ro"));

    [Fact]
    public void A_backslash_keeps_itself() => Assert.Equal([@"fsname=a\b"], OptionList.Split(@"fsname=a\\b"));

    [Fact]
    public void Empty_words_vanish() => Assert.Equal(["ro"], OptionList.Split(",,ro,,"));

    [Fact]
    public void A_backslash_at_the_end_stands_for_itself() => Assert.Equal([@"ro\"], OptionList.Split(@"ro\"));

    [Theory]
    [InlineData("plain")]
    [InlineData(@"comma, and \ backslash")]
    [InlineData(@"\,\\,")]
    public void What_is_escaped_splits_into_itself(string value) => Assert.Equal([value], OptionList.Split(OptionList.Escape(value)));
}
