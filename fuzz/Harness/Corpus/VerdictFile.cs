using System.Text;

namespace Ext4Safety.Fuzz.Corpus;

/// <summary>The verdicts that are committed beside inputs: one line each, <c>NAME: VERDICT</c>, in the order of the names.</summary>
public sealed class VerdictFile
{
    private const string Separator = ": ";

    private readonly SortedDictionary<string, string> _verdicts = new(StringComparer.Ordinal);

    /// <summary>How many inputs have a verdict.</summary>
    public int Count => _verdicts.Count;

    /// <summary>Reads a file; one that does not exist holds no verdict.</summary>
    /// <exception cref="FormatException">A line has no verdict, or one name stands there twice; the message names the line.</exception>
    public static VerdictFile Load(string path)
    {
        VerdictFile file = new();
        if (!System.IO.File.Exists(path))
        {
            return file;
        }

        int number = 0;
        foreach (string line in System.IO.File.ReadLines(path))
        {
            number++;
            int end = line.IndexOf(Separator, StringComparison.Ordinal);
            if (end <= 0)
            {
                throw new FormatException($"{path}:{number}: expected NAME: VERDICT, found \"{line}\"");
            }

            if (!file._verdicts.TryAdd(line[..end], line[(end + Separator.Length)..]))
            {
                throw new FormatException($"{path}:{number}: {line[..end]} has a verdict already");
            }
        }

        return file;
    }

    /// <summary>The verdict of one input, or nothing.</summary>
    public string? this[string name]
    {
        get => _verdicts.GetValueOrDefault(name);
        set
        {
            if (value is null)
            {
                _verdicts.Remove(name);
            }
            else
            {
                _verdicts[name] = value;
            }
        }
    }

    /// <summary>What differs between these verdicts and the ones that inputs have now, in the order of the names.</summary>
    /// <param name="inputs">All inputs of the directory.</param>
    public IReadOnlyList<VerdictChange> Compare(IEnumerable<ReplayedInput> inputs)
    {
        List<VerdictChange> changes = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (ReplayedInput input in inputs)
        {
            seen.Add(input.Name);
            string? committed = this[input.Name];
            if (!string.Equals(committed, input.Verdict, StringComparison.Ordinal))
            {
                changes.Add(new(input.Name, committed, input.Verdict));
            }
        }

        changes.AddRange(_verdicts.Where(pair => !seen.Contains(pair.Key)).Select(pair => new VerdictChange(pair.Key, pair.Value, Now: null)));
        changes.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return changes;
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path)
    {
        StringBuilder text = new();
        foreach ((string name, string verdict) in _verdicts)
        {
            text.Append(name).Append(Separator).Append(verdict).Append('\n');
        }

        System.IO.File.WriteAllText(path, text.ToString());
    }
}

/// <summary>An input whose verdict is not the one that is committed.</summary>
/// <param name="Name">The input's name.</param>
/// <param name="Committed">The verdict that is committed; nothing for a new input.</param>
/// <param name="Now">The verdict that it has now; nothing if the input is gone.</param>
public sealed record VerdictChange(string Name, string? Committed, string? Now)
{
    /// <summary>The change as lines of a diff, without the end of the last.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Name);
        if (Committed is not null)
        {
            text.Append("\n  - ").Append(Committed);
        }

        text.Append("\n  + ").Append(Now ?? "(the input is gone)");
        return text.ToString();
    }
}
