namespace Ext4Safety.Fuzz.Volumes;

/// <summary>How the target treats the volume: the second byte of an input.</summary>
[Flags]
public enum InputFlags : byte
{
    /// <summary>Checksums of edited structures are put right before the volume is mounted.</summary>
    Sealed = 1,

    /// <summary>The volume is mounted without its journal.</summary>
    SkipJournal = 2,

    /// <summary>The volume is mounted as its last full commit left it.</summary>
    SkipFastCommits = 4,

    /// <summary>The volume is not audited.</summary>
    SkipAudit = 8,

    /// <summary>Statistics count metadata as usable.</summary>
    CountMetadata = 16,
}

/// <summary>An input of the whole-volume targets, read without a copy: a header of three bytes, then records.</summary>
/// <remarks>The format is docs/fuzz-input.md. Only the header can be unfit: behind it every string of bytes means something,
/// so that a mutation changes one thing and leaves the rest.</remarks>
public readonly ref struct VolumeInput
{
    /// <summary>Bytes in front of the records.</summary>
    public const int HeaderSize = 3;

    /// <summary>The version of the format: the first byte.</summary>
    public const byte Version = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    private VolumeInput(ReadOnlySpan<byte> bytes, BaseVolume volume)
    {
        _bytes = bytes;
        Base = volume;
    }

    /// <summary>The volume that the input starts from.</summary>
    public BaseVolume Base { get; }

    /// <summary>How the volume is treated.</summary>
    public InputFlags Flags => (InputFlags)_bytes[1];

    /// <summary>The records, from the first on.</summary>
    public RecordReader Records => new(_bytes);

    /// <summary>Looks at the header.</summary>
    /// <returns>False for an input that is too short, of another version or over a base volume that does not exist.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out VolumeInput input)
    {
        input = default;
        if (bytes.Length < HeaderSize || bytes[0] != Version || BaseVolumes.Find(bytes[2]) is not { } volume)
        {
            return false;
        }

        input = new(bytes, volume);
        return true;
    }
}

/// <summary>Steps through the records of an input.</summary>
/// <remarks>Lenient: a byte that starts no record is passed over, a number that is cut off ends where the input ends, and so
/// do bytes.</remarks>
public ref struct RecordReader
{
    private readonly ReadOnlySpan<byte> _input;
    private ulong _first;
    private ulong _second;
    private ulong _third;
    private ulong _fourth;

    internal RecordReader(ReadOnlySpan<byte> input)
    {
        _input = input;
        End = VolumeInput.HeaderSize;
    }

    /// <summary>What the current record asks for.</summary>
    public RecordKind Kind { get; private set; }

    /// <summary>Where the current record starts. Unit: bytes of the input.</summary>
    public int Start { get; private set; }

    /// <summary>Where the current record ends.</summary>
    public int End { get; private set; }

    /// <summary>The current record's bytes, where its kind has any.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>A number of the current record.</summary>
    public readonly ulong this[int index] => index switch
    {
        0 => _first,
        1 => _second,
        2 => _third,
        _ => _fourth,
    };

    /// <summary>What an edit writes to: the first byte, and how many. Unit: bytes of the volume.</summary>
    public readonly (long From, long Length) Range => Kind switch
    {
        RecordKind.Edit => (Place(_first), Bytes.Length),
        RecordKind.Fill => (Place(_first), Place(_second)),
        RecordKind.Copy => (Place(_second), Place(_third)),
        RecordKind.Borrow => (Place(_third), Place(_fourth)),
        _ => default,
    };

    /// <summary>Steps to the next record; false at the end.</summary>
    public bool MoveNext()
    {
        int at = End;
        int numbers = -1;
        while (at < _input.Length && (numbers = RecordKinds.NumbersOf((RecordKind)_input[at])) < 0)
        {
            at++;
        }

        if (at >= _input.Length)
        {
            End = _input.Length;
            return false;
        }

        Start = at;
        Kind = (RecordKind)_input[at++];
        _first = numbers > 0 ? VarInt.Read(_input, ref at) : 0;
        _second = numbers > 1 ? VarInt.Read(_input, ref at) : 0;
        _third = numbers > 2 ? VarInt.Read(_input, ref at) : 0;
        _fourth = numbers > 3 ? VarInt.Read(_input, ref at) : 0;
        Bytes = default;
        if (RecordKinds.HasBytes(Kind))
        {
            int length = (int)Math.Min(VarInt.Read(_input, ref at), (ulong)(_input.Length - at));
            Bytes = _input.Slice(at, length);
            at += length;
        }

        End = at;
        return true;
    }

    private static long Place(ulong number) => (long)Math.Min(number, (ulong)SparseDevice.MaximumLength);
}

/// <summary>Numbers of seven bits a byte, the lowest first; the eighth bit says that more follows.</summary>
internal static class VarInt
{
    /// <summary>Most bytes that a number takes.</summary>
    public const int MaximumSize = 10;

    private const int Bits = 7;
    private const byte More = 0x80;

    /// <summary>Reads a number and moves on: to its end, to the end of the input, or behind ten bytes.</summary>
    public static ulong Read(ReadOnlySpan<byte> input, ref int at)
    {
        ulong value = 0;
        for (int index = 0; index < MaximumSize && at < input.Length; index++)
        {
            byte next = input[at++];
            value |= (ulong)(next & ~More) << (index * Bits);
            if (next < More)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>Writes a number and gives its size; there is room for <see cref="MaximumSize"/> bytes.</summary>
    public static int Write(Span<byte> output, ulong value)
    {
        int size = 0;
        while (value >= More)
        {
            output[size++] = (byte)(value | More);
            value >>= Bits;
        }

        output[size++] = (byte)value;
        return size;
    }
}

/// <summary>Writes an input, record by record.</summary>
public sealed class VolumeInputWriter
{
    private readonly List<byte> _bytes;

    /// <summary>Starts an input.</summary>
    public VolumeInputWriter(BaseVolume volume, InputFlags flags) => _bytes = [VolumeInput.Version, (byte)flags, volume.Id];

    /// <summary>Bytes so far.</summary>
    public int Length => _bytes.Count;

    /// <summary>Adds a record that has no bytes.</summary>
    public VolumeInputWriter Add(RecordKind kind, params ReadOnlySpan<ulong> numbers) => Add(kind, default, numbers);

    /// <summary>Adds an edit.</summary>
    public VolumeInputWriter Edit(long offset, ReadOnlySpan<byte> bytes) => Add(RecordKind.Edit, bytes, (ulong)offset);

    /// <summary>Adds a record.</summary>
    /// <exception cref="ArgumentException">The kind has another count of numbers.</exception>
    public VolumeInputWriter Add(RecordKind kind, ReadOnlySpan<byte> bytes, params ReadOnlySpan<ulong> numbers)
    {
        if (numbers.Length != RecordKinds.NumbersOf(kind))
        {
            throw new ArgumentException($"{kind} has {RecordKinds.NumbersOf(kind)} numbers", nameof(numbers));
        }

        _bytes.Add((byte)kind);
        foreach (ulong number in numbers)
        {
            Put(number);
        }

        if (RecordKinds.HasBytes(kind))
        {
            Put((ulong)bytes.Length);
            _bytes.AddRange(bytes);
        }

        return this;
    }

    /// <summary>The input.</summary>
    public byte[] ToArray() => [.. _bytes];

    private void Put(ulong number)
    {
        Span<byte> buffer = stackalloc byte[VarInt.MaximumSize];
        _bytes.AddRange(buffer[..VarInt.Write(buffer, number)]);
    }
}
