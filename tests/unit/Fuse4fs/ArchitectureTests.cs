using System.Text.RegularExpressions;
using System.Xml.Linq;
using TestSupport;

namespace Fuse4fs.UnitTests;

/// <summary>Rules about where code may stand, read from the sources.</summary>
public class ArchitectureTests
{
    private static readonly string Sources = Path.Combine(TestTree.Root, "src", "Fuse4fs");

    [Fact]
    public void Unsafe_code_stands_in_native_alone() => Assert.Empty(FilesWith(@"\bunsafe\b"));

    [Fact]
    public void System_calls_are_declared_in_native_alone() => Assert.Empty(FilesWith(@"\[LibraryImport"));

    [Fact]
    public void Damage_is_caught_by_the_dispatcher_and_where_a_volume_is_opened() =>
        Assert.Empty(FilesWith(@"catch \((CorruptionException|Exception) ?\w*\)(?! when)", exceptUnder: ["Dispatch", "Tools"]));

    [Fact]
    public void Operations_do_not_know_how_requests_arrive() =>
        Assert.Empty(FilesWith(@"\b(FuseChannel|Libc|Worker|Session)\b", onlyUnder: "Operations"));

    [Fact]
    public void The_wire_knows_neither_operations_nor_the_dispatcher() =>
        Assert.Empty(FilesWith(@"using Fuse4fs\.(Operations|Dispatch|Mounting|Options)", onlyUnder: "Wire"));

    [Fact]
    public void The_helper_and_the_protocol_know_nothing_of_volumes()
    {
        foreach (string project in (string[])["Fuse4fs.Mount", "Fuse4fs.Protocol", "Fuse4fs.Native"])
        {
            string folder = Path.Combine(TestTree.Root, "src", project);
            IEnumerable<string> references = XElement.Load(Path.Combine(folder, $"{project}.csproj")).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
            Assert.Empty(references.Except(["Fuse4fs.Protocol", "Fuse4fs.Native"], StringComparer.Ordinal));
            Assert.DoesNotContain(Directory.EnumerateFiles(folder, "*.cs"), file => File.ReadAllText(file).Contains("Ext4Core", StringComparison.Ordinal));
        }
    }

    private static List<string> FilesWith(string pattern, string[]? exceptUnder = null, string onlyUnder = "")
    {
        Regex regex = new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        return
        [
            .. Directory.EnumerateFiles(Path.Combine(Sources, onlyUnder), "*.cs", SearchOption.AllDirectories)
                .Select(file => (Path: file, Name: Path.GetRelativePath(Sources, file)))
                .Where(file => !file.Name.StartsWith("bin/", StringComparison.Ordinal) && !file.Name.StartsWith("obj/", StringComparison.Ordinal))
                .Where(file => !(exceptUnder ?? []).Contains(file.Name.Split('/')[0], StringComparer.Ordinal))
                .Where(file => regex.IsMatch(File.ReadAllText(file.Path)))
                .Select(file => file.Name),
        ];
    }
}
