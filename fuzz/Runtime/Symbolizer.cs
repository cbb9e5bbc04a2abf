using System.Runtime.InteropServices;
using System.Text;

namespace Ext4Safety.Fuzz;

/// <summary>Tells libFuzzer the names of C# methods and lines.</summary>
internal static unsafe class Symbolizer
{
    public static void Install() => FuzzHostLibrary.SetSymbolizer(&Describe);

    [UnmanagedCallersOnly]
    private static void Describe(nuint number, byte* format, byte* output, nuint capacity)
    {
        foreach (InstrumentedAssembly assembly in Coverage.Assemblies)
        {
            int index = (int)number - assembly.FirstSite;
            if (index >= 0 && index < assembly.Count)
            {
                string text = Expand(Marshal.PtrToStringUTF8((nint)format) ?? "", assembly.Sites[index], number);
                Span<byte> room = new(output, (int)capacity);
                room[Encoding.UTF8.TryGetBytes(text, room[..^1], out int written) ? written : 0] = 0;
            }
        }
    }

    /// <summary>The letters are those of the sanitizers' stack traces.</summary>
    private static string Expand(string format, Site site, nuint number)
    {
        StringBuilder text = new();
        for (int index = 0; index < format.Length; index++)
        {
            _ = format[index] != '%' || index + 1 == format.Length ? text.Append(format[index]) : format[++index] switch
            {
                'p' => text.Append($"0x{number:x}"),
                'F' => text.Append($"in {site.Method}"),
                'f' => text.Append(site.Method),
                'L' => text.Append($"{site.File}:{site.Line}"),
                's' => text.Append(site.File),
                'l' => text.Append(site.Line),
                char other => text.Append('%').Append(other),
            };
        }

        return text.ToString();
    }
}
