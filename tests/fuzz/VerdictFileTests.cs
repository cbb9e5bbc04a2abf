using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.FuzzTests;

public sealed class VerdictFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ext4safety-verdicts-").FullName;

    private string FilePath => Path.Combine(_directory, "verdicts.txt");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_saved_is_loaded_in_the_order_of_the_names()
    {
        VerdictFile verdicts = new() { ["second"] = "unfit", ["First"] = "finding X: a: b" };
        verdicts.Save(FilePath);
        Assert.Equal("First: finding X: a: b\nsecond: unfit\n", File.ReadAllText(FilePath));
        Assert.Equal("finding X: a: b", VerdictFile.Load(FilePath)["First"]);
    }

    [Fact]
    public void A_change_is_shown_as_a_difference()
    {
        VerdictFile verdicts = new() { ["gone"] = "unfit", ["other"] = "accepted 1", ["same"] = "accepted 2" };
        IEnumerable<string> changes = verdicts
            .Compare([new("new", "unfit", null), new("other", "accepted 3", null), new("same", "accepted 2", null)])
            .Select(change => change.ToString());
        Assert.Equal(
            ["gone\n  - unfit\n  + (the input is gone)", "new\n  + unfit", "other\n  - accepted 1\n  + accepted 3"], changes);
    }

    [Theory]
    [InlineData("one: unfit\nno verdict\n", ":2: expected NAME: VERDICT")]
    [InlineData("one: unfit\none: unfit\n", ":2: one has a verdict already")]
    public void A_line_that_makes_no_sense_is_named(string text, string complaint)
    {
        File.WriteAllText(FilePath, text);
        Assert.Contains(complaint, Assert.Throws<FormatException>(() => VerdictFile.Load(FilePath)).Message);
    }

    [Fact]
    public void A_file_that_does_not_exist_holds_no_verdict() => Assert.Equal(0, VerdictFile.Load(FilePath).Count);
}
