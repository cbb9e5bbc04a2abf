using System.Globalization;
using System.Text.RegularExpressions;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Images;

/// <summary>One damaged volume, as a person writes it down.</summary>
/// <param name="Name">The case's directory: the code that it provokes, and words.</param>
/// <param name="Description">One line.</param>
/// <param name="Base">The sound volume that it starts from.</param>
/// <param name="Flags">How it is treated.</param>
/// <param name="Edits">What is changed, in this order.</param>
internal sealed record DamageCase(string Name, string Description, BaseVolume Base, InputFlags Flags, IReadOnlyList<CaseEdit> Edits);

/// <summary>One change: a number in a field of a structure.</summary>
/// <param name="Structure">Where the structure is: words that <see cref="StructureFinder"/> knows.</param>
/// <param name="Field">The field as ext4 names it, or an offset.</param>
/// <param name="Width">Bytes.</param>
/// <param name="IsBigEndian">The journal's order of bytes.</param>
/// <param name="Operator">What is done with the number that stands there: <c>=</c>, <c>+</c>, <c>-</c> or <c>^</c>.</param>
/// <param name="Value">The number.</param>
/// <param name="Line">The script's line, for complaints.</param>
internal sealed record CaseEdit(string Structure, string Field, int Width, bool IsBigEndian, char Operator, ulong Value, int Line);

/// <summary>Reads the script of damaged volumes: <c>corpus/images/cases.txt</c>, whose head explains its language.</summary>
internal static partial class CaseScript
{
    /// <summary>Reads all cases.</summary>
    /// <exception cref="FormatException">A line makes no sense; the message names it.</exception>
    public static IReadOnlyList<DamageCase> Read(string path)
    {
        List<DamageCase> cases = [];
        string[] lines = File.ReadAllLines(path);
        for (int index = 0; index < lines.Length; index++)
        {
            string line = lines[index];
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            Match head = Head().Match(line);
            if (!head.Success || index + 1 == lines.Length || !lines[index + 1].StartsWith("  ", StringComparison.Ordinal))
            {
                throw new FormatException($"{path}:{index + 1}: expected \"NAME over BASE [FLAG...]\" and a description below it, found \"{line}\"");
            }

            BaseVolume volume = BaseVolumes.Find(head.Groups["base"].Value)
                ?? throw new FormatException($"{path}:{index + 1}: no base volume is called {head.Groups["base"].Value}");
            InputFlags flags = head.Groups["flag"].Captures.Aggregate(InputFlags.Sealed, (sum, flag) => sum ^ FlagOf(flag.Value, path, index + 1));
            string description = lines[++index].Trim();
            List<CaseEdit> edits = [];
            while (index + 1 < lines.Length && lines[index + 1].StartsWith("  ", StringComparison.Ordinal))
            {
                edits.Add(ReadEdit(lines[++index], path, index + 1));
            }

            cases.Add(new(head.Groups["name"].Value, description, volume, flags, edits));
        }

        return cases;
    }

    private static InputFlags FlagOf(string word, string path, int line) => word switch
    {
        "unsealed" => InputFlags.Sealed,
        "skip-journal" => InputFlags.SkipJournal,
        "skip-audit" => InputFlags.SkipAudit,
        _ => throw new FormatException($"{path}:{line}: no flag is called {word}: there are unsealed, skip-journal, skip-audit"),
    };

    private static CaseEdit ReadEdit(string line, string path, int number)
    {
        Match match = Edit().Match(line);
        if (!match.Success)
        {
            throw new FormatException($"{path}:{number}: expected \"STRUCTURE: FIELD TYPE OPERATOR VALUE\", found \"{line}\"");
        }

        string value = match.Groups["value"].Value;
        return new(
            match.Groups["structure"].Value,
            match.Groups["field"].Value,
            int.Parse(match.Groups["bits"].ValueSpan, CultureInfo.InvariantCulture) / 8,
            match.Groups["order"].Value.Equals("b", StringComparison.Ordinal),
            match.Groups["operator"].Value[0],
            value.StartsWith("0x", StringComparison.Ordinal)
                ? ulong.Parse(value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : ulong.Parse(value, CultureInfo.InvariantCulture),
            number);
    }

    [GeneratedRegex(@"^(?<name>[A-Za-z0-9-]+) over (?<base>[a-z0-9-]+)( (?<flag>[a-z-]+))*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Head();

    [GeneratedRegex(
        @"^  (?<structure>[^:]+): (?<field>\w+) (?<order>[ub])(?<bits>8|16|32|64) (?<operator>=|\+=|-=|\^=) (?<value>0x[0-9a-fA-F]+|\d+)$",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Edit();
}
