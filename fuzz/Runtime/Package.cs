using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Ext4Safety.Fuzz;

/// <summary>The files that fuzzing services expect: an executable for each target, and its seeds, dictionary and options beside it.</summary>
internal static class Package
{
    private static readonly DateTimeOffset SameTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the files of one target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="folder">Where they go.</param>
    /// <param name="corpus">The folder with a folder of inputs for each target; missing ones have none.</param>
    public static void Write(FuzzTarget target, string folder, string? corpus)
    {
        string path = Path.Combine(folder, $"{target.Name}{FuzzProgram.Suffix}");
        File.Copy(Environment.ProcessPath!, path, overwrite: true);
        File.WriteAllText($"{path}.options", $"[libfuzzer]\nmax_len = {target.MaximumLength}\n");
        string[] words = [.. target.Dictionary.Select(word => $"{word.Name}=\"{Escape(word.Bytes)}\"")];
        if (words.Length > 0)
        {
            // libFuzzer refuses a dictionary without words.
            File.WriteAllLines($"{path}.dict", words);
        }

        SortedDictionary<string, byte[]> inputs = new(StringComparer.Ordinal);
        foreach (Seed seed in target.Seeds)
        {
            inputs[seed.Name] = seed.Bytes;
        }

        if (corpus is not null && Path.Combine(corpus, target.Name) is string own && Directory.Exists(own))
        {
            foreach (string file in Directory.EnumerateFiles(own))
            {
                inputs[Path.GetFileName(file)] = File.ReadAllBytes(file);
            }
        }

        WriteZip($"{path}_seed_corpus.zip", inputs);
    }

    private static void WriteZip(string path, SortedDictionary<string, byte[]> inputs)
    {
        using ZipArchive zip = new(File.Create(path), ZipArchiveMode.Create);
        foreach ((string name, byte[] bytes) in inputs)
        {
            ZipArchiveEntry entry = zip.CreateEntry(name);
            entry.LastWriteTime = SameTime;
            using Stream content = entry.Open();
            content.Write(bytes);
        }
    }

    private static string Escape(byte[] word)
    {
        StringBuilder text = new();
        foreach (byte value in word)
        {
            _ = value is >= 0x20 and < 0x7F and not ((byte)'"' or (byte)'\\')
                ? text.Append((char)value)
                : text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
        }

        return text.ToString();
    }
}
