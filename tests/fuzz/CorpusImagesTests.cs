using Ext4Core.Integrity;
using Ext4Safety.Fuzz.Corpus;
using Ext4Safety.Fuzz.Images;
using TestSupport;
using Xunit.Abstractions;

namespace Ext4Safety.FuzzTests;

public sealed class CorpusImagesTests(ITestOutputHelper output)
{
    private static readonly string Committed = Path.Combine(TestTree.Root, "corpus", "images");

    public static TheoryData<string> Names => [.. new ImageCorpus(Committed).Read().Select(damage => damage.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_damaged_volume_has_the_picture_that_was_verified(string name)
    {
        ImageCorpus images = new(Committed);
        DamageCase damage = images.Read().Single(damage => damage.Name.Equals(name, StringComparison.Ordinal));
        byte[] input = images.Pack(damage);
        Assert.True(
            input.AsSpan().SequenceEqual(File.ReadAllBytes(images.InputOf(damage))), "The script makes another input; 'replay --accept' writes it down.");
        ReplayedInput image = images.Draw(name, input);
        output.WriteLine($"{name}: {image.Verdict.Split('\n')[0]}");
        Assert.Null(image.Finding);
        string change = images.Compare(damage, image.Verdict);
        Assert.True(change.Length == 0, $"This picture changed; 'replay --accept' takes it as it is.\n{change}");
        Assert.Contains($"{name[..name.IndexOf('-', StringComparison.Ordinal)]} ", image.Verdict);
    }

    [Fact]
    public void Each_way_of_damage_has_a_case_or_a_reason_why_not()
    {
        Dictionary<string, string> without = File.ReadLines(Path.Combine(Committed, "without.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith('#'))
            .ToDictionary(line => line[..line.IndexOf(' ', StringComparison.Ordinal)], line => line, StringComparer.Ordinal);
        HashSet<string> cases = [.. new ImageCorpus(Committed).Read().Select(damage => damage.Name[..damage.Name.IndexOf('-', StringComparison.Ordinal)])];
        IEnumerable<string> codes = Enum.GetValues<CorruptionCode>().Select(code => $"E{(int)code}");
        Assert.Equal([], codes.Where(code => !cases.Contains(code) && !without.ContainsKey(code)));
        Assert.Equal([], without.Keys.Where(cases.Contains));
    }

    [Fact]
    public void Every_directory_belongs_to_a_case() => Assert.Equal(
        new ImageCorpus(Committed).Read().Select(damage => damage.Name).Order(StringComparer.Ordinal),
        Directory.EnumerateDirectories(Committed).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
}
