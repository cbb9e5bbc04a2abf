using Ext4Safety.Fuzz.Campaigns;

namespace Ext4Safety.FuzzTests.Campaigns;

public sealed class TimeShareTests
{
    [Fact]
    public void Everyone_has_a_first_turn() =>
        Assert.Equal(["a", "b", "c"], Run(3, new() { ["a"] = 100, ["b"] = 0, ["c"] = 0 }).Keys.Order());

    [Fact]
    public void Half_of_the_time_goes_to_who_still_finds_and_nobody_starves()
    {
        Dictionary<string, int> turns = Run(1000, new() { ["busy"] = 50, ["done"] = 0, ["over"] = 0, ["spent"] = 0 });
        Assert.InRange(turns["busy"], 600, 650);
        Assert.All(["done", "over", "spent"], target => Assert.InRange(turns[target], 115, 135));
    }

    [Fact]
    public void Time_is_shared_equally_when_nobody_finds_anything() =>
        Assert.All(Run(300, new() { ["a"] = 0, ["b"] = 0, ["c"] = 0 }).Values, turns => Assert.InRange(turns, 99, 101));

    [Fact]
    public void A_target_that_runs_is_only_taken_again_when_all_do()
    {
        TimeShare share = new();
        share.Add("a", featuresPerSecond: 9);
        share.Add("b", featuresPerSecond: null);
        Assert.Equal("b", share.Next(["a"]));
        Assert.Contains(share.Next(["a", "b"]), (string[])["a", "b"]);
    }

    [Fact]
    public void Old_finds_count_less_with_each_slice()
    {
        TimeShare share = new();
        share.Add("a", featuresPerSecond: null);
        Assert.Equal(10, share.Ran("a", seconds: 10, newFeatures: 100));
        Assert.Equal(5, share.Ran("a", seconds: 10, newFeatures: 0));
        Assert.Equal(2.5, share.Ran("a", seconds: 10, newFeatures: 0));
    }

    private static Dictionary<string, int> Run(int slices, Dictionary<string, int> featuresOfSlice)
    {
        TimeShare share = new();
        foreach (string target in featuresOfSlice.Keys)
        {
            share.Add(target, featuresPerSecond: null);
        }

        Dictionary<string, int> turns = new(StringComparer.Ordinal);
        for (int slice = 0; slice < slices; slice++)
        {
            string next = share.Next([]);
            turns[next] = turns.GetValueOrDefault(next) + 1;
            share.Ran(next, seconds: 10, featuresOfSlice[next]);
        }

        return turns;
    }
}
