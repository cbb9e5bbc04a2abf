using System.Globalization;
using System.Text;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Trees;

/// <summary>One thing that two pictures disagree on; null means that a source does not show it at all.</summary>
internal sealed record Difference(string Path, string Field, string? Ours, string? Theirs)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{PathBytes.Show(Path)}: {PathBytes.Show(Field)}: ours {Show(Ours)}, theirs {Show(Theirs)}";

    private static string Show(string? value) => value switch
    {
        null => "absent",
        "" => "empty",
        _ => PathBytes.Show(value),
    };
}

/// <summary>Holds our picture of a tree against the reference's.</summary>
internal static class TreeComparison
{
    private const int Shown = 40;

    /// <summary>Fails with a readable list when the pictures differ in a field that both sources carry.</summary>
    public static void AssertSame(TreePicture reference, TreePicture ours, IReadOnlySet<string>? notCarried = null)
    {
        IReadOnlyList<Difference> differences = Differences(reference, ours, notCarried);
        if (differences.Count > 0)
        {
            Assert.Fail(Report(differences));
        }
    }

    /// <summary>A list for people: how many of each kind, then the first of them.</summary>
    public static string Report(IReadOnlyList<Difference> differences)
    {
        StringBuilder report = new();
        foreach (IGrouping<string, Difference> kind in differences.GroupBy(difference => difference.Field, StringComparer.Ordinal))
        {
            report.Append(CultureInfo.InvariantCulture, $"{kind.Count()} differences of {PathBytes.Show(kind.Key)}\n");
        }

        return report.AppendJoin('\n', differences.Take(Shown)).ToString();
    }

    /// <summary>Every difference.</summary>
    public static IReadOnlyList<Difference> Differences(
        TreePicture reference, TreePicture ours, IReadOnlySet<string>? notCarried = null)
    {
        IReadOnlySet<string> ignored = notCarried ?? new HashSet<string>(StringComparer.Ordinal);
        List<Difference> differences = [];
        Compare(reference.Volume, ours.Volume, ignored, differences);
        foreach (string path in reference.Entries.Keys.Union(ours.Entries.Keys, StringComparer.Ordinal))
        {
            EntryPicture? theirs = reference.Entries.GetValueOrDefault(path);
            EntryPicture? mine = ours.Entries.GetValueOrDefault(path);
            if (theirs != mine)
            {
                differences.Add(new(path, "entry", mine?.ToString(), theirs?.ToString()));
            }
        }

        foreach (ulong inode in reference.Nodes.Keys.Intersect(ours.Nodes.Keys))
        {
            Compare(reference.Nodes[inode], ours.Nodes[inode], ignored, differences);
        }

        return differences;
    }

    private static void Compare(NodePicture reference, NodePicture ours, IReadOnlySet<string> ignored, List<Difference> differences)
    {
        foreach (string field in reference.Fields.Keys.Union(ours.Fields.Keys, StringComparer.Ordinal))
        {
            string? theirs = reference.Fields.GetValueOrDefault(field);
            string? mine = ours.Fields.GetValueOrDefault(field);
            if (!string.Equals(theirs, mine, StringComparison.Ordinal) && !ignored.Contains(field))
            {
                differences.Add(new(reference.Path, field, mine, theirs));
            }
        }
    }
}
