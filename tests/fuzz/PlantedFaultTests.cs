using Ext4Safety.Fuzz;
using TestSupport;

namespace Ext4Safety.FuzzTests;

/// <summary>The faults that <c>ci/planted-faults</c> plants: each is a sentence, the targets that have to find it, and a patch.</summary>
public sealed class PlantedFaultTests
{
    private const string FoundBy = "Found by: ";

    private static readonly string Faults = Path.Combine(TestTree.Root, "tests", "fuzz", "faults");

    public static TheoryData<string> Names => [.. Directory.EnumerateFiles(Faults).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fault_names_the_targets_that_have_to_find_it(string name)
    {
        string line = File.ReadLines(Path.Combine(Faults, name)).Single(line => line.StartsWith(FoundBy, StringComparison.Ordinal));
        Assert.All(line[FoundBy.Length..].Split(' '), target => Assert.NotNull(TargetRegistry.Find(target)));
    }

    /// <summary>If not, the check that it removes has moved: plant the fault there.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_fault_can_be_planted(string name)
    {
        string source = "", before = "";
        List<string> hunks = [];
        foreach (string line in File.ReadLines(Path.Combine(Faults, name)).Append("@@"))
        {
            if (line.StartsWith("--- a/", StringComparison.Ordinal))
            {
                source = File.ReadAllText(Path.Combine(TestTree.Root, line["--- a/".Length..]));
            }
            else if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                hunks.Add(before);
                before = "";
            }
            else if (source.Length > 0 && line is [' ' or '-', ..])
            {
                before += line[1..] + "\n";
            }
        }

        Assert.All(hunks, hunk => Assert.Contains(hunk, source, StringComparison.Ordinal));
        Assert.Contains(hunks, hunk => hunk.Length > 0);
    }
}
