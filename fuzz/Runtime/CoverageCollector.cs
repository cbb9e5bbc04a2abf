using System.Globalization;
using System.Text;

namespace Ext4Safety.Fuzz;

/// <summary>Which sites a set of inputs reaches, without an engine: every target in one process.</summary>
/// <remarks>The table has one line a site, after a line of headings, with tabs in between: kind (F, B or E, see
/// <see cref="Site"/>), method, file, lines, number of inputs that reached it, and the same number for each target.</remarks>
internal sealed class CoverageCollector
{
    private readonly Dictionary<string, int[][]> _inputsByTarget = new(StringComparer.Ordinal);

    /// <summary>Runs inputs of one target.</summary>
    /// <param name="target">The target.</param>
    /// <param name="path">A file, or a folder with inputs at any depth.</param>
    public void Run(FuzzTarget target, string path)
    {
        if (!_inputsByTarget.TryGetValue(target.Name, out int[][]? inputs))
        {
            inputs = [.. Coverage.Assemblies.Select(assembly => new int[assembly.Count])];
            _inputsByTarget.Add(target.Name, inputs);
        }

        foreach (string file in FilesOf(path))
        {
            Run(target, file, inputs);
        }
    }

    /// <summary>Writes the table.</summary>
    public void Write(string path)
    {
        using StreamWriter table = new(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        table.NewLine = "\n";
        table.WriteLine(string.Join('\t', (string[])["kind", "method", "file", "lines", "inputs", .. _inputsByTarget.Keys]));
        for (int assembly = 0; assembly < Coverage.Assemblies.Count; assembly++)
        {
            IReadOnlyList<Site> sites = Coverage.Assemblies[assembly].Sites;
            for (int index = 0; index < sites.Count; index++)
            {
                int[] counts = [.. _inputsByTarget.Values.Select(inputs => inputs[assembly][index])];
                table.Write($"{sites[index].Kind}\t{sites[index].Method}\t{sites[index].File}\t{sites[index].Lines}\t{counts.Sum()}");
                foreach (int count in counts)
                {
                    table.Write('\t');
                    table.Write(count.ToString(CultureInfo.InvariantCulture));
                }

                table.WriteLine();
            }
        }
    }

    /// <summary>The inputs of a path, in an order that does not depend on the machine.</summary>
    public static IEnumerable<string> FilesOf(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        : [path];

    private static void Run(FuzzTarget target, string file, int[][] inputs)
    {
        _ = target.PrepareOnce();
        Coverage.Clear();
        try
        {
            FuzzRun.Once(target, File.ReadAllBytes(file));
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"coverage: {target.Name}: {file}: {exception.GetType()}: {exception.Message}");
        }

        for (int assembly = 0; assembly < inputs.Length; assembly++)
        {
            Add(Coverage.Assemblies[assembly].Counters, inputs[assembly]);
        }
    }

    /// <summary>Most counters are zero: they are passed over by the vector.</summary>
    private static void Add(ReadOnlySpan<byte> counters, int[] inputs)
    {
        for (int index = counters.IndexOfAnyExcept((byte)0), step; index >= 0 && index < counters.Length; index += step)
        {
            inputs[index]++;
            int next = counters[(index + 1)..].IndexOfAnyExcept((byte)0);
            step = next < 0 ? counters.Length : next + 1;
        }
    }
}
