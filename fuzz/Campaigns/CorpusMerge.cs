using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Ext4Safety.Fuzz.Commands;
using Ext4Safety.Fuzz.Corpus;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>Takes inputs into a committed corpus: as few as reach code that it does not reach yet, with names that say what
/// they hold.</summary>
/// <param name="binary">The target's program.</param>
/// <param name="corpus">The corpus that grows.</param>
internal sealed partial class CorpusMerge(FuzzerBinary binary, CorpusTree corpus)
{
    private const int HashBytes = 3;

    /// <summary>Takes what is worth it.</summary>
    /// <param name="sources">Directories of inputs.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>Names of the inputs that are new.</returns>
    /// <exception cref="CommandException">libFuzzer failed.</exception>
    public IReadOnlyList<string> Take(IEnumerable<string> sources, CancellationToken cancellation)
    {
        string target = Directory.CreateDirectory(corpus.DirectoryOf(binary.Target)).FullName;
        HashSet<string> before = [.. Directory.EnumerateFiles(target)];
        List<string> last = [];
        int exitCode = binary.Run(
            ["-set_cover_merge=1", "-use_counters=0", $"-max_len={binary.Target.MaximumLength}", target, .. sources], last.Add, cancellation);
        if (exitCode != 0 && !cancellation.IsCancellationRequested)
        {
            throw new CommandException($"{binary.Path} could not merge, exit code {exitCode}: {string.Join('\n', last.TakeLast(5))}");
        }

        return Name(Directory.EnumerateFiles(target).Where(path => !before.Contains(path)).Order(StringComparer.Ordinal).ToArray());
    }

    /// <summary>Names inputs by what their target makes of them, and writes their verdicts down. A finding is no part of a corpus.</summary>
    private List<string> Name(string[] fresh)
    {
        string verdictsPath = corpus.VerdictsOf(binary.Target);
        VerdictFile verdicts = VerdictFile.Load(verdictsPath);
        List<string> names = [];
        foreach (string path in fresh)
        {
            byte[] bytes = File.ReadAllBytes(path);
            ReplayedInput input = Replay.Input(binary.Target, "", bytes);
            if (input.Finding is not null)
            {
                File.Delete(path);
                continue;
            }

            string name = NameOf(input.Verdict, bytes);
            File.Move(path, Path.Combine(Path.GetDirectoryName(path)!, name), overwrite: true);
            verdicts[name] = input.Verdict;
            names.Add(name);
        }

        verdicts.Save(verdictsPath);
        return names;
    }

    /// <summary>As in <c>E402-extent-entries-overflow-3fa1b2</c> or <c>accepted-90c14d</c>: what it is, and a part of its hash.</summary>
    internal static string NameOf(string verdict, ReadOnlySpan<byte> input)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, HashBytes));
        string[] words = verdict.Split(' ');
        return string.Equals(words[0], "damaged", StringComparison.Ordinal)
            ? $"{words[1]}-{Hyphenate(words[2])}-{hash}"
            : $"{words[0]}-{hash}";
    }

    private static string Hyphenate(string name) =>
        WordStart().Replace(name, "-$0").TrimStart('-').ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z](?![A-Z])", RegexOptions.None, 1000)]
    private static partial Regex WordStart();
}
