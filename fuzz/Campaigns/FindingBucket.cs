using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Ext4Safety.Fuzz.Campaigns;

/// <summary>What two findings have in common if they have one cause: what went wrong, in which structure, and where in the code.</summary>
/// <param name="Subject">The kind of exception, with the damage code or the broken promise if it has one.</param>
/// <param name="Structure">The on-disk structure that the message names; empty if it names none.</param>
/// <param name="Frames">The innermost methods of ours, without arguments, line numbers and the compiler's own names.</param>
internal sealed partial record FindingBucket(string Subject, string Structure, IReadOnlyList<string> Frames)
{
    private const int MostFrames = 4, IdentityBytes = 4, MostSubjectLength = 120;

    /// <summary>The methods through which every input passes: they tell nothing.</summary>
    private static readonly string[] Plumbing = ["FuzzRun.", "FuzzHost.", "Replay.", "Corrupt.Throw", "Damage.ThrowIfAny"];

    /// <summary>A name for the bucket, the same wherever and whenever it is found: eight hexadecimal digits.</summary>
    public string Identity =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Subject}\n{Structure}\n{string.Join('\n', Frames)}")).AsSpan(0, IdentityBytes));

    /// <summary>One line for people.</summary>
    public string Title => Frames.Count == 0 ? Subject : $"{Subject} in {Frames[0]}";

    /// <summary>The bucket among those of all targets: where no method of ours is to blame, the target is what tells it apart.</summary>
    public FindingBucket In(string target) => Frames.Count > 0 ? this : this with { Subject = $"{target}: {Subject}" };

    /// <summary>The bucket of a failure.</summary>
    /// <param name="failure">What the target's program printed.</param>
    public static FindingBucket Of(FailureReport failure) => Of(failure.Kind switch
    {
        FailureKind.Timeout => "timeout",
        FailureKind.OutOfMemory => "out of memory",
        _ => failure.Headline,
    }, failure.Lines);

    /// <summary>The bucket of an exception that was caught here.</summary>
    public static FindingBucket Of(Exception finding) =>
        Of($"{finding.GetType().FullName}: {finding.Message}", (finding.StackTrace ?? "").Split('\n'));

    private static FindingBucket Of(string headline, IEnumerable<string> lines)
    {
        Match damage = DamageReport().Match(headline);
        return damage.Success
            ? new($"{TypeOf(headline)} {damage.Groups["code"].Value}", damage.Groups["structure"].Value, FramesOf(lines))
            : new(SubjectOf(headline), "", FramesOf(lines));
    }

    /// <summary>The type without its namespace; for an oracle's objection also its words, without the numbers in them.</summary>
    private static string SubjectOf(string headline)
    {
        string type = TypeOf(headline);
        if (!type.Equals(nameof(FindingException), StringComparison.Ordinal))
        {
            return type;
        }

        string words = Numbers().Replace(headline[(headline.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(), "#");
        return words.Length > MostSubjectLength ? words[..MostSubjectLength] : words;
    }

    private static string TypeOf(string headline)
    {
        int end = headline.IndexOf(':', StringComparison.Ordinal);
        string type = end < 0 ? headline : headline[..end];
        return type.Contains(' ', StringComparison.Ordinal) ? Numbers().Replace(type, "#").Trim() : type[(type.LastIndexOf('.') + 1)..];
    }

    /// <summary>Our innermost frames. What a stack overflow repeats counts instead of where it happened to end.</summary>
    private static IReadOnlyList<string> FramesOf(IEnumerable<string> lines)
    {
        List<string> frames = [];
        List<string> repeated = [];
        bool isRepeated = false;
        foreach (string line in lines)
        {
            isRepeated = line.StartsWith("Repeat ", StringComparison.Ordinal) || (isRepeated && !IsEndOfRepetition(line, repeated));
            Match match = Frame().Match(line);
            if (!match.Success || !match.Groups["module"].Success)
            {
                continue;
            }

            string name = NameOf(match.Groups["name"].Value);
            if (!Array.Exists(Plumbing, part => name.StartsWith(part, StringComparison.Ordinal)))
            {
                (isRepeated ? repeated : frames).Add(name);
            }
        }

        IEnumerable<string> ours = repeated.Count > 0 ? repeated.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal) : WithoutRecursion(frames);
        return [.. ours.Take(MostFrames)];
    }

    private static bool IsEndOfRepetition(string line, List<string> repeated) =>
        repeated.Count > 0 && line.StartsWith("---", StringComparison.Ordinal);

    private static IEnumerable<string> WithoutRecursion(IEnumerable<string> frames)
    {
        string? previous = null;
        foreach (string frame in frames)
        {
            if (!frame.Equals(previous, StringComparison.Ordinal))
            {
                yield return frame;
            }

            previous = frame;
        }
    }

    /// <summary><c>Type.Method</c>: a lambda or local function counts as the method that it is written in.</summary>
    private static string NameOf(string qualified)
    {
        string plain = Generics().Replace(Closures().Replace(qualified, ""), "");
        plain = WrittenIn().Replace(plain, "${method}");
        string[] parts = plain.Split(['.', '+'], StringSplitOptions.RemoveEmptyEntries);
        return parts.Length < 2 ? plain : $"{parts[^2]}.{parts[^1]}";
    }

    /// <summary>As in <c>E402 ExtentEntriesOverflow: ExtentNode of inode 12, block 3+0x002: found ...</c>.</summary>
    [GeneratedRegex(@"\b(?<code>E\d{3} \w+): (?<structure>\w+)(?: of inode \d+)?, block ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DamageReport();

    [GeneratedRegex(@"^\s*at (?<name>(?<module>Ext4Core|Ext4Safety|Fuse4fs)\.[^\s(]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Frame();

    [GeneratedRegex(@"0x[0-9a-fA-F]+|[0-9a-f]{16}|\d+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbers();

    /// <summary>The classes that the compiler makes for lambdas and iterators.</summary>
    [GeneratedRegex(@"[.+]<>c(__DisplayClass\d+_\d+)?(?=[.+])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Closures();

    [GeneratedRegex(@"`\d+|\[[^\]]*\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Generics();

    [GeneratedRegex(@"<(?<method>\w+)>[bg]__\w+(\|\d+_\d+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WrittenIn();
}
