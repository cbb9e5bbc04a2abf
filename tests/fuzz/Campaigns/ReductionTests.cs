using System.Text;
using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.FuzzTests.Campaigns;

public sealed class ReductionTests
{
    [Fact]
    public void What_is_not_needed_is_cut_away() => Assert.Equal(
        "Ext4", Reduce("some words before, Ext4, and some behind", text => text.Contains("Ext4", StringComparison.Ordinal)));

    [Fact]
    public void What_cannot_be_cut_becomes_zero() => Assert.Equal(
        "\0\0\0x", Reduce("abcx", text => text.Length == 4 && text[3] == 'x'));

    [Fact]
    public void An_input_that_is_small_already_stays() => Assert.Equal("x", Reduce("x", text => text.Equals("x", StringComparison.Ordinal)));

    [Fact]
    public void The_target_s_own_simpler_forms_come_first()
    {
        byte[] input = "edit1;edit2;edit3"u8.ToArray();
        byte[] reduced = new Reduction(candidate => Text(candidate).Contains("edit2", StringComparison.Ordinal), 1000).Reduce(
            input, candidate => Text(candidate).Split(';').Select((_, index) => Encoding.ASCII.GetBytes(
                string.Join(';', Text(candidate).Split(';').Where((_, other) => other != index)))));
        Assert.Equal("edit2", Text(reduced));
    }

    [Fact]
    public void No_more_runs_are_made_than_were_allowed()
    {
        int runs = 0;
        new Reduction(_ => ++runs < 0, mostRuns: 7).Reduce(new byte[1000], _ => []);
        Assert.Equal(7, runs);
    }

    private static string Reduce(string input, Predicate<string> shows) =>
        Text(new Reduction(candidate => shows(Text(candidate)), 10_000).Reduce(Encoding.ASCII.GetBytes(input), _ => []));

    private static string Text(byte[] bytes) => Encoding.ASCII.GetString(bytes);
}
