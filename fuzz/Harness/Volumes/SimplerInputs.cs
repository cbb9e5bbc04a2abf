using Ext4Safety.Fuzz.Mutation;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>Simpler forms of one input of a whole-volume target: fewer records, then edits of fewer fields, then of fewer bytes.</summary>
/// <remarks>Each form asks for less than the input does: it has fewer records, changes fewer bytes, or says by an edit of a few bytes
/// what another kind of record said. So taking one after the other comes to an end. A sealed input stays sealed, and its checksums
/// are put right over what is left.</remarks>
internal sealed class SimplerInputs
{
    /// <summary>Pieces of an edit that no field divides.</summary>
    private const int PieceSize = 16;

    /// <summary>A longer record is not worth writing out as edits.</summary>
    private const int MostWrittenOut = 4096;

    /// <summary>Edits up to this size are trimmed byte by byte.</summary>
    private const int MostTrimmed = 64;

    private readonly byte[] _input;
    private readonly VolumeAtlas? _atlas;
    private readonly List<Piece> _records = [];

    private SimplerInputs(byte[] input, in VolumeInput volume)
    {
        _input = input;
        _atlas = InputText.AtlasOf(volume);
        RecordReader records = volume.Records;
        while (records.MoveNext())
        {
            _records.Add(new(
                records.Kind, records.Range.From, [records[0], records[1], records[2], records[3]], records.Bytes.ToArray(),
                input[records.Start..records.End]));
        }
    }

    /// <summary>The simpler forms of an input, the boldest first; none of an unfit one.</summary>
    public static IEnumerable<byte[]> Of(byte[] input) =>
        VolumeInput.TryParse(input, out VolumeInput volume) ? new SimplerInputs(input, volume).All() : [];

    private IEnumerable<byte[]> All() =>
        WithoutWhatIsNoRecord().Concat(WithoutChecksums()).Concat(WithoutRecords())
            .Concat(WithoutFields()).Concat(Shorter()).Concat(AsEdits()).Concat(Trimmed());

    private IEnumerable<byte[]> WithoutWhatIsNoRecord()
    {
        byte[] records = Joined(_records.Select(record => record.Whole));
        return records.Length < _input.Length ? [records] : [];
    }

    /// <summary>Half of the records, a quarter, at last single ones.</summary>
    private IEnumerable<byte[]> WithoutRecords() =>
        Chunks(_records.Count).Select(chunk => Joined(_records.Where((_, index) => index < chunk.Start || index >= chunk.End).Select(record => record.Whole)));

    /// <summary>Edits of checksums are what sealing is for.</summary>
    private IEnumerable<byte[]> WithoutChecksums()
    {
        InputFlags flags = (InputFlags)_input[1];
        if (_atlas is null || flags.HasFlag(InputFlags.Sealed))
        {
            return [];
        }

        bool isAnyGone = false;
        List<byte[]> left = [];
        foreach (Piece record in _records)
        {
            if (record.Kind != RecordKind.Edit)
            {
                left.Add(record.Whole);
                continue;
            }

            long at = record.From;
            foreach (VolumePlace place in _atlas.Touched(record.From, record.Bytes.Length))
            {
                long end = Math.Min(place.End, record.From + record.Bytes.Length);
                if (place.IsChecksum)
                {
                    isAnyGone = true;
                }
                else
                {
                    left.Add(Edit(at, record.Bytes.AsSpan((int)(at - record.From), (int)(end - at))));
                }

                at = end;
            }
        }

        byte[] all = Joined(left);
        all[1] = (byte)(flags | InputFlags.Sealed);
        return isAnyGone ? [all] : [];
    }

    /// <summary>An edit without some of the fields that it changes: half of them, a quarter, at last single ones.</summary>
    private IEnumerable<byte[]> WithoutFields()
    {
        for (int index = 0; index < _records.Count; index++)
        {
            Piece record = _records[index];
            int[] ends = record.Kind == RecordKind.Edit ? [.. EndsOf(record)] : [];
            foreach ((int start, int end) in ends.Length > 1 ? Chunks(ends.Length) : [])
            {
                int from = start == 0 ? 0 : ends[start - 1];
                byte[][] kept = [.. Kept(record, 0, from), .. Kept(record, ends[end - 1], record.Bytes.Length)];
                yield return With(index, kept);
            }
        }
    }

    /// <summary>Where the fields that an edit changes end. Unit: bytes of the edit.</summary>
    private IEnumerable<int> EndsOf(Piece record)
    {
        int length = record.Bytes.Length;
        if (_atlas is not null)
        {
            return _atlas.Touched(record.From, length).Select(place => (int)Math.Min(place.End - record.From, length));
        }

        return Enumerable.Range(1, (length + PieceSize - 1) / PieceSize).Select(piece => Math.Min(piece * PieceSize, length));
    }

    /// <summary>Half of what a fill or copy covers.</summary>
    private IEnumerable<byte[]> Shorter()
    {
        for (int index = 0; index < _records.Count; index++)
        {
            Piece record = _records[index];
            int places = record.Kind switch { RecordKind.Fill => 1, RecordKind.Copy => 2, RecordKind.Borrow => 3, _ => 0 };
            if (places == 0 || record.Numbers[places] < 2)
            {
                continue;
            }

            ulong half = record.Numbers[places] / 2;
            ulong[] first = [.. record.Numbers];
            ulong[] second = [.. record.Numbers];
            first[places] = half;
            second[places] = half;
            for (int place = record.Kind == RecordKind.Borrow ? 1 : 0; place < places; place++)
            {
                second[place] = unchecked(second[place] + record.Numbers[places] - half);
            }

            yield return With(index, Written(record.Kind, first));
            yield return With(index, Written(record.Kind, second));
        }
    }

    /// <summary>What a fill or copy changes, as edits: they have fields that can be taken away.</summary>
    private IEnumerable<byte[]> AsEdits()
    {
        for (int index = 0; index < _records.Count; index++)
        {
            if (_records[index].Kind is RecordKind.Fill or RecordKind.Copy or RecordKind.Borrow && WrittenOut(index) is { } edits)
            {
                yield return With(index, edits);
            }
        }
    }

    private byte[][]? WrittenOut(int index)
    {
        Piece record = _records[index];
        ulong length = record.Kind switch { RecordKind.Fill => record.Numbers[1], RecordKind.Copy => record.Numbers[2], _ => record.Numbers[3] };
        if (length is 0 or > MostWrittenOut)
        {
            return null;
        }

        byte[] before = Built(index, record.From, (int)length);
        byte[] after = Built(index + 1, record.From, (int)length);
        List<byte[]> edits = [];
        for (int start = 0; start < after.Length; start++)
        {
            int end = start;
            while (end < after.Length && after[end] != before[end])
            {
                end++;
            }

            if (end > start)
            {
                edits.Add(Edit(record.From + start, after.AsSpan(start, end - start)));
                start = end;
            }
        }

        return [.. edits];
    }

    /// <summary>Bytes of the volume behind so many records, not sealed.</summary>
    private byte[] Built(int count, long from, int length)
    {
        byte[] input = Joined(_records.Take(count).Select(record => record.Whole));
        input[1] = 0;
        VolumeBuilder builder = new();
        byte[] bytes = new byte[length];
        if (VolumeInput.TryParse(input, out VolumeInput volume))
        {
            builder.Build(volume);
            builder.Device.Peek(from, bytes);
        }

        return bytes;
    }

    /// <summary>Short edits without their first or last byte.</summary>
    private IEnumerable<byte[]> Trimmed()
    {
        for (int index = 0; index < _records.Count; index++)
        {
            Piece record = _records[index];
            if (record.Kind == RecordKind.Edit && record.Bytes.Length is > 1 and <= MostTrimmed)
            {
                yield return With(index, Kept(record, 1, record.Bytes.Length));
                yield return With(index, Kept(record, 0, record.Bytes.Length - 1));
            }
        }
    }

    private static byte[][] Kept(Piece edit, int from, int to) => from == to ? [] : [Edit(edit.From + from, edit.Bytes.AsSpan(from, to - from))];

    private static IEnumerable<(int Start, int End)> Chunks(int count)
    {
        for (int size = (count + 1) / 2; size > 0; size /= 2)
        {
            for (int start = 0; start < count; start += size)
            {
                yield return (start, Math.Min(start + size, count));
            }
        }
    }

    private byte[] With(int index, params IEnumerable<byte[]> instead) => Joined(
        [.. _records.Take(index).Select(record => record.Whole), .. instead, .. _records.Skip(index + 1).Select(record => record.Whole)]);

    private byte[] Joined(IEnumerable<byte[]> records) => [.. _input[..VolumeInput.HeaderSize], .. records.SelectMany(record => record)];

    private static byte[] Edit(long offset, ReadOnlySpan<byte> bytes) =>
        new VolumeInputWriter(BaseVolumes.All[0], default).Edit(offset, bytes).ToArray()[VolumeInput.HeaderSize..];

    private static byte[] Written(RecordKind kind, ulong[] numbers) =>
        new VolumeInputWriter(BaseVolumes.All[0], default).Add(kind, numbers.AsSpan(0, RecordKinds.NumbersOf(kind))).ToArray()[VolumeInput.HeaderSize..];

    /// <summary>A record, apart from the input that it stands in.</summary>
    private sealed record Piece(RecordKind Kind, long From, ulong[] Numbers, byte[] Bytes, byte[] Whole);
}
