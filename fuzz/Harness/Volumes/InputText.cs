using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ext4Safety.Fuzz.Mutation;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>An input of a whole-volume target in words: the volume it starts from, then each record, and below each edit the
/// structures and fields that it touches.</summary>
internal static class InputText
{
    private const int MostBytes = 32, MostPlaces = 12, MostNames = 64;

    /// <summary>Describes an input.</summary>
    public static string Describe(in VolumeInput input)
    {
        StringBuilder text = new();
        text.Append($"over {input.Base.Name}: {input.Base.Description}\nflags: {input.Flags}\n");
        VolumeAtlas? atlas = AtlasOf(input);
        RecordReader records = input.Records;
        while (records.MoveNext())
        {
            AddRecord(text, records);
            if (records.Kind.IsEdit() && atlas is not null)
            {
                AddPlaces(text, records, input.Base, atlas);
            }
        }

        return text.ToString();
    }

    /// <summary>The structures and fields that an input's edits touch, each once, in the edits' order.</summary>
    public static IReadOnlyList<string> Touched(in VolumeInput input)
    {
        List<string> names = [];
        if (AtlasOf(input) is not { } atlas)
        {
            return names;
        }

        RecordReader records = input.Records;
        while (records.MoveNext() && names.Count < MostNames)
        {
            foreach (VolumePlace place in PlacesOf(records, input.Base, atlas).Take(MostNames - names.Count))
            {
                string name = place.ToString();
                if (!names.Contains(name))
                {
                    names.Add(name);
                }
            }
        }

        return names;
    }

    private static void AddRecord(StringBuilder text, in RecordReader record)
    {
        text.Append($"{record.Kind}");
        for (int index = 0; index < RecordKinds.NumbersOf(record.Kind); index++)
        {
            text.Append(record.Kind.IsEdit() ? $" 0x{record[index]:x}" : $" {record[index]}");
        }

        if (RecordKinds.HasBytes(record.Kind))
        {
            text.Append($": {record.Bytes.Length} bytes");
            foreach (byte value in record.Bytes[..Math.Min(MostBytes, record.Bytes.Length)])
            {
                text.Append($" {value:x2}");
            }

            text.Append(record.Bytes.Length > MostBytes ? " ..." : "");
        }

        text.Append('\n');
    }

    private static void AddPlaces(StringBuilder text, in RecordReader record, BaseVolume volume, VolumeAtlas atlas)
    {
        VolumePlace[] places = [.. PlacesOf(record, volume, atlas).Take(MostPlaces + 1)];
        foreach (VolumePlace place in places.Take(MostPlaces))
        {
            text.Append($"  {place}{ChangeOf(record, place, volume)}\n");
        }

        text.Append(places.Length > MostPlaces ? "  and more\n" : "");
    }

    /// <summary>What the bytes that an edit can reach belong to.</summary>
    private static IEnumerable<VolumePlace> PlacesOf(in RecordReader record, BaseVolume volume, VolumeAtlas atlas)
    {
        (long from, long length) = record.Range;
        long end = volume.Id == BaseVolumes.ZerosId ? SparseDevice.MaximumLength : volume.Image.Length;
        return atlas.Touched(from, Math.Min(length, Math.Max(0, end - from)));
    }

    /// <summary>The number that an edit replaces, and the one that it puts there, where it covers all of a field that holds a number.</summary>
    private static string ChangeOf(in RecordReader record, in VolumePlace place, BaseVolume volume)
    {
        int size = (int)Math.Min(place.End - place.Start, int.MaxValue);
        int at = (int)Math.Clamp(place.Start - record.Range.From, -1, int.MaxValue);
        if (record.Kind != RecordKind.Edit || place.Field.Length == 0 || size is not (1 or 2 or 4 or 8) || at < 0 || record.Bytes.Length - at < size)
        {
            return "";
        }

        byte[] before = new byte[size];
        volume.Image.CopyTo(place.Start, before);
        return $" {Number(before, place.IsBigEndian)} -> {Number(record.Bytes.Slice(at, size), place.IsBigEndian)}";
    }

    private static string Number(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        ulong number = 0;
        for (int index = 0; index < bytes.Length; index++)
        {
            number = (number << 8) | bytes[isBigEndian ? index : ^(index + 1)];
        }

        return string.Create(CultureInfo.InvariantCulture, $"0x{number:x}");
    }

    /// <summary>The names of the volume's bytes. An input over zeros brings its own volume, which has names if it is sound enough.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A volume that cannot be surveyed is shown without names.")]
    public static VolumeAtlas? AtlasOf(in VolumeInput input)
    {
        if (input.Base.Atlas is { } atlas)
        {
            return atlas;
        }

        try
        {
            VolumeBuilder builder = new();
            builder.Build(input);
            return new(new(builder.Device));
        }
        catch (Exception)
        {
            return null;
        }
    }
}
