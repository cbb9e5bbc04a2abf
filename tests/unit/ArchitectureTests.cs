using System.Text.RegularExpressions;
using System.Xml.Linq;
using TestSupport;

namespace Ext4Core.UnitTests;

/// <summary>The tree is the architecture: who may know whom, read from the source itself.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>A folder uses only folders before it. Attributes and directories stand on the same step.</summary>
    private static readonly string[] Order =
    [
        "Integrity", "Primitives", "Layout", "Geometry", "Io", "Partitions", "Cache", "Journal", "Allocation", "Inodes", "Extents", "Verity",
        "Directories", "Xattrs", "Namespace", "Audit",
    ];

    private static readonly (string Folder, string Other)[] Strangers = [("Directories", "Xattrs"), ("Xattrs", "Directories")];

    [Fact]
    public void Every_folder_has_its_place_in_the_order() =>
        Assert.Empty(Directory.GetDirectories(Core).Select(folder => Path.GetFileName(folder)!)
            .Where(folder => folder is not ("bin" or "obj")).Except(Order, StringComparer.Ordinal));

    [Fact]
    public void A_folder_uses_only_folders_before_it() => Assert.Empty(
        from file in Sources(Core)
        let folder = FolderOf(file)
        where folder.Length > 0
        from used in UsesOf(file)
        where used.StartsWith('(') || Array.IndexOf(Order, used) > Array.IndexOf(Order, folder) || Strangers.Contains((folder, used))
        select $"{Path.GetRelativePath(Core, file)} uses {used}");

    [Fact]
    public void Only_the_native_edge_is_unsafe() => Assert.Empty(
        from file in Sources(Path.Combine(TestTree.Root, "src"))
        where !file.Contains("/Fuse4fs.Native/", StringComparison.Ordinal)
        where UnsafeCode().IsMatch(File.ReadAllText(file))
        select Path.GetRelativePath(TestTree.Root, file));

    [Fact]
    public void The_core_references_nothing_but_analyzers()
    {
        XElement project = Project();
        Assert.Empty(project.Descendants("ProjectReference"));
        Assert.Empty(project.Descendants("Reference"));
        Assert.All(project.Descendants("PackageReference"), reference =>
        {
            Assert.Contains("Analyzer", reference.Attribute("Include")!.Value, StringComparison.Ordinal);
            Assert.Equal("all", reference.Attribute("PrivateAssets")?.Value);
        });
    }

    [Theory]
    [InlineData("AllowUnsafeBlocks", "false")]
    [InlineData("CheckForOverflowUnderflow", "true")]
    public void The_core_is_safe_and_checked(string property, string value) =>
        Assert.Equal(value, Assert.Single(Project().Descendants(property)).Value);

    [Fact]
    public void What_safe_fast_code_does_without_is_banned()
    {
        string banned = File.ReadAllText(Path.Combine(Core, "BannedSymbols.txt"));
        foreach (string symbol in new[] { "CompilerServices.Unsafe;", "MemoryMarshal;", "Linq.Enumerable;", "System.Random;", "DateTime.UtcNow;" })
        {
            Assert.Contains(symbol, banned, StringComparison.Ordinal);
        }
    }

    private static string Core => Path.Combine(TestTree.Root, "src", "Ext4Core");

    private static XElement Project() => XElement.Load(Path.Combine(Core, "Ext4Core.csproj"));

    private static IEnumerable<string> Sources(string root) => Directory
        .EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string FolderOf(string file)
    {
        string relative = Path.GetRelativePath(Core, file);
        int end = relative.IndexOf('/', StringComparison.Ordinal);
        return end < 0 ? "" : relative[..end];
    }

    /// <summary>Folders that a file names: in a using line, or by a qualified name. Ext4Core itself is the root.</summary>
    private static IEnumerable<string> UsesOf(string file) => File.ReadLines(file)
        .Where(line => !line.StartsWith("namespace ", StringComparison.Ordinal) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
        .SelectMany(line => Use().Matches(line))
        .Select(match => match.Groups["folder"].Success ? match.Groups["folder"].Value : "(root)")
        .Distinct(StringComparer.Ordinal);

    [GeneratedRegex(@"\bExt4Core(?:\.(?<folder>\w+)|\s*;)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Use();

    [GeneratedRegex(@"^\s*[^/\s].*\bunsafe\b|\bfixed\s*\(|\bUnsafe\.", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnsafeCode();
}
