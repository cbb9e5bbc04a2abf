using System.Text;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Images;

/// <summary>An input of a whole-volume target in words: the volume it starts from, then one line for each record.</summary>
internal static class InputText
{
    private const int MostBytes = 32;

    /// <summary>Describes an input.</summary>
    public static string Describe(in VolumeInput input)
    {
        StringBuilder text = new();
        text.Append($"over {input.Base.Name}: {input.Base.Description}\nflags: {input.Flags}\n");
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            text.Append($"{records.Kind}");
            for (int index = 0; index < RecordKinds.NumbersOf(records.Kind); index++)
            {
                text.Append(records.Kind.IsEdit() ? $" 0x{records[index]:x}" : $" {records[index]}");
            }

            if (RecordKinds.HasBytes(records.Kind))
            {
                text.Append($": {records.Bytes.Length} bytes");
                foreach (byte value in records.Bytes[..Math.Min(MostBytes, records.Bytes.Length)])
                {
                    text.Append($" {value:x2}");
                }

                text.Append(records.Bytes.Length > MostBytes ? " ..." : "");
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
