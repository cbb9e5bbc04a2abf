using FsCheck;
using FsCheck.Fluent;
using Fuse4fs.Protocol;

namespace Fuse4fs.UnitTests.Protocol;

public class OptionListTests
{
    private static readonly Gen<string> Lists = Gen.Elements('a', '=', ',', '"', '\\').ArrayOf().Select(characters => new string(characters));

    [Fact]
    public void A_list_splits_at_commas() => Assert.Equal(["ro", "offset=1024"], OptionList.Split("ro,offset=1024"));

    [Fact]
    public void A_backslash_keeps_a_comma_inside_a_word() =>
        Assert.Equal(["fsname=a,b", "ro"], OptionList.Split(@"fsname=a\,b,ro"));

    [Fact]
    public void A_backslash_keeps_itself() => Assert.Equal([@"fsname=a\b"], OptionList.Split(@"fsname=a\\b"));

    [Fact]
    public void Empty_words_vanish() => Assert.Equal(["ro"], OptionList.Split(@",,ro,"""","));

    [Fact]
    public void A_backslash_at_the_end_stands_for_itself() => Assert.Equal([@"ro\"], OptionList.Split(@"ro\"));

    [Theory]
    [InlineData("""context="u:r:t:s0",ro""", "context=u:r:t:s0", "ro")]
    [InlineData("""ro,fscontext="u:r:t:s0,c1",rw""", "ro", "fscontext=u:r:t:s0,c1", "rw")]
    [InlineData("""a="b\"c,d",e""", "a=b\"c,d", "e")]
    [InlineData("""a="b\\",c""", @"a=b\", "c")]
    public void Commas_in_quotes_do_not_separate_and_the_quotes_are_taken_off(string list, params string[] words) =>
        Assert.Equal(words, OptionList.Split(list));

    [Theory]
    [InlineData("""fsname=5"disk,ro""", "fsname=5\"disk", "ro")]
    [InlineData("""a="b",c="d,ro""", "a=b", "c=\"d", "ro")]
    [InlineData("""a="b\",ro""", "a=\"b\"", "ro")]
    public void A_quote_without_a_partner_is_a_character(string list, params string[] words) => Assert.Equal(words, OptionList.Split(list));

    [Fact]
    public void A_word_is_passed_on_as_it_was_written() =>
        Assert.Equal("""context="u:r:t:s0,c1"|fsname=a\,b|c=\"d|e\\""", string.Join('|', OptionList.Words("""context="u:r:t:s0,c1",fsname=a\,b,c="d,e\""").Select(word => word.Written)));

    [Fact]
    public void What_words_say_does_not_depend_on_their_neighbours() => Prop.ForAll(Lists.ToArbitrary(), Lists.ToArbitrary(), (first, second) =>
    {
        OptionWord[] words = [.. OptionList.Words(first), .. OptionList.Words(second)];
        string[] said = [.. words.Select(word => word.Text)];
        return OptionList.Split(string.Join(',', words.Select(word => word.Written))).SequenceEqual(said, StringComparer.Ordinal)
            && OptionList.Split(string.Join(',', said.Select(OptionList.Escape))).SequenceEqual(said, StringComparer.Ordinal);
    }).QuickCheckThrowOnFailure();
}
