using Ext4Safety.Fuzz.Corpus;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Images;

/// <summary>The committed damaged volumes: <c>corpus/images/cases.txt</c> says what is damaged, and each case's directory holds
/// the input that this makes, its one-line description, and the picture that was verified.</summary>
/// <param name="directory">The directory <c>corpus/images</c>.</param>
internal sealed class ImageCorpus(string directory)
{
    private const string InputName = "input", DescriptionName = "description.txt";

    private readonly VolumeBuilder _builder = new();

    /// <summary>The script.</summary>
    public string Script { get; } = Path.Combine(directory, "cases.txt");

    /// <summary>Every case, in the script's order; none where there is no script.</summary>
    /// <exception cref="FormatException">The script makes no sense.</exception>
    public IReadOnlyList<DamageCase> Read() => File.Exists(Script) ? CaseScript.Read(Script) : [];

    /// <summary>The case's input, as it is committed.</summary>
    public string InputOf(DamageCase damage) => Path.Combine(directory, damage.Name, InputName);

    /// <summary>The case's picture, as it was verified.</summary>
    public string PictureOf(DamageCase damage) => Path.Combine(directory, damage.Name, $"{damage.Name}.verified.txt");

    /// <summary>Makes the input that a case describes.</summary>
    /// <exception cref="FormatException">An edit names no structure or field of the base volume; the message names the line.</exception>
    public byte[] Pack(DamageCase damage)
    {
        VolumeInputWriter writer = new(damage.Base, damage.Flags);
        StructureFinder finder = new(damage.Base);
        SparseDevice damaged = new();
        damaged.Reset(damage.Base.Image, damage.Base.Image.Length);
        foreach (CaseEdit edit in damage.Edits)
        {
            Write(writer, damaged, At(edit, () => finder.Find(edit.Structure, edit.Field)), edit);
        }

        return writer.ToArray();
    }

    private long At(CaseEdit edit, Func<long> find)
    {
        try
        {
            return find();
        }
        catch (Exception mistake) when (mistake is FormatException or OverflowException || VolumePicture.IsExpected(mistake))
        {
            throw new FormatException($"{Script}:{edit.Line}: {mistake.Message}", mistake);
        }
    }

    private static void Write(VolumeInputWriter writer, SparseDevice device, long offset, CaseEdit edit)
    {
        byte[] bytes = new byte[edit.Width];
        device.Peek(offset, bytes);
        Apply(edit, bytes);
        device.Poke(offset, bytes);
        writer.Edit(offset, bytes);
    }

    /// <summary>Mounts, walks and audits the volume that an input makes.</summary>
    /// <returns>What <see cref="VolumePicture"/> shows; a finding is a picture of one line.</returns>
    public ReplayedInput Draw(string name, byte[] bytes)
    {
        if (!VolumeInput.TryParse(bytes, out VolumeInput input))
        {
            return new(name, "unfit\n", Finding: null);
        }

        _builder.Build(input);
        return Replay.Volume(name, _builder.Device, _builder.OptionsFor(input.Flags, new(), 1 << 20));
    }

    /// <summary>Writes what a case makes now: its input, description and picture.</summary>
    public void Accept(DamageCase damage, byte[] input, string picture)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(InputOf(damage))!);
        File.WriteAllBytes(InputOf(damage), input);
        File.WriteAllText(Path.Combine(directory, damage.Name, DescriptionName), damage.Description + "\n");
        File.WriteAllText(PictureOf(damage), picture);
    }

    /// <summary>What differs between the committed picture and the one now, as lines of a difference; nothing if they agree.</summary>
    public string Compare(DamageCase damage, string picture)
    {
        string committed = File.Exists(PictureOf(damage)) ? File.ReadAllText(PictureOf(damage)) : "";
        if (string.Equals(committed, picture, StringComparison.Ordinal))
        {
            return "";
        }

        string[] before = committed.TrimEnd('\n').Split('\n');
        string[] now = picture.TrimEnd('\n').Split('\n');
        return string.Join('\n', [
            damage.Name,
            .. before.Except(now, StringComparer.Ordinal).Where(line => line.Length > 0).Select(line => $"  - {line}"),
            .. now.Except(before, StringComparer.Ordinal).Select(line => $"  + {line}"),
        ]);
    }

    private static void Apply(CaseEdit edit, byte[] bytes)
    {
        if (edit.IsBigEndian)
        {
            Array.Reverse(bytes);
        }

        ulong old = 0;
        for (int index = 0; index < bytes.Length; index++)
        {
            old |= (ulong)bytes[index] << (8 * index);
        }

        ulong value = edit.Operator switch
        {
            '+' => unchecked(old + edit.Value),
            '-' => unchecked(old - edit.Value),
            '^' => old ^ edit.Value,
            _ => edit.Value,
        };
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] = unchecked((byte)(value >> (8 * index)));
        }

        if (edit.IsBigEndian)
        {
            Array.Reverse(bytes);
        }
    }
}
