using System.Text;

namespace Fuse4fs.Protocol;

/// <summary>One word of a list of options.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Written">How it stands in a list: with the quotes and backslashes that it was written with.</param>
internal readonly record struct OptionWord(string Text, string Written);

/// <summary>The words behind <c>-o</c> and in the packets of options: separated by commas, but not by those in double quotes, where
/// a backslash takes the next character as it is. A quote without a partner is a character like others.</summary>
internal static class OptionList
{
    private const char Comma = ',', Quote = '"', Backslash = '\\';

    /// <summary>What the words of a list say; empty words vanish, as they do for mount(8).</summary>
    public static IEnumerable<string> Split(string list) => Words(list).Select(word => word.Text);

    /// <summary>The words of a list. As they are written, each of them can stand between any others.</summary>
    public static IEnumerable<OptionWord> Words(string list)
    {
        StringBuilder text = new(), written = new();
        bool isQuoted = false;
        for (int index = 0; index <= list.Length; index++)
        {
            char character = index < list.Length ? list[index] : Comma;
            if (index == list.Length || (character == Comma && !isQuoted))
            {
                if (text.Length > 0)
                {
                    yield return new(text.ToString(), written.ToString());
                }

                text.Clear();
                written.Clear();
            }
            else if (character == Quote && (isQuoted || HasPartner(list, index)))
            {
                isQuoted = !isQuoted;
                written.Append(character);
            }
            else if (character is Quote or Backslash)
            {
                index += character == Backslash && index + 1 < list.Length ? 1 : 0;
                text.Append(list[index]);
                written.Append(Backslash).Append(list[index]);
            }
            else
            {
                text.Append(character);
                written.Append(character);
            }
        }
    }

    /// <summary>Makes a text safe to stand in such a list.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char character in text)
        {
            escaped.Append(character is Comma or Quote or Backslash ? $"{Backslash}{character}" : $"{character}");
        }

        return escaped.ToString();
    }

    private static bool HasPartner(string list, int quote)
    {
        for (int index = quote + 1; index < list.Length; index++)
        {
            if (list[index] == Quote)
            {
                return true;
            }

            index += list[index] == Backslash ? 1 : 0;
        }

        return false;
    }
}
