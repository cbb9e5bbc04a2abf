using System.Text;

namespace Fuse4fs.Options;

/// <summary>The words behind <c>-o</c>: separated by commas, where a backslash takes the next character as it is.</summary>
internal static class OptionList
{
    /// <summary>Splits one list; empty words vanish, as they do for mount(8).</summary>
    public static IEnumerable<string> Split(string list)
    {
        StringBuilder word = new();
        for (int index = 0; index < list.Length; index++)
        {
            char character = list[index];
            if (character == ',')
            {
                if (word.Length > 0)
                {
                    yield return word.ToString();
                    word.Clear();
                }
            }
            else if (character == '\\' && index + 1 < list.Length)
            {
                index++;
                word.Append(list[index]);
            }
            else
            {
                word.Append(character);
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    /// <summary>Makes a value safe to stand in such a list.</summary>
    public static string Escape(string value) => value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(",", @"\,", StringComparison.Ordinal);
}
