using Ext4Core.Geometry;
using Ext4Core.Integrity;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>Changes inputs of the whole-volume targets, knowing every field of every structure of their base volumes.</summary>
/// <remarks>A mutation adds, changes or drops records; what is written is made from the sound volume. One mutant in eight goes
/// without sealed checksums.</remarks>
internal sealed class VolumeMutator(bool hasOperations) : IInputMutator
{
    private const int UnsealedOneIn = 8;
    private const int MostRecords = 48;
    private const int RecordRoom = 1 << 13;

    private readonly byte[] _record = new byte[RecordRoom + (RecordKinds.MaximumNumbers * VarInt.MaximumSize)];
    private readonly int[] _starts = new int[MostRecords + 1];
    private int _recordCount;
    private int _recordLength;
    private Chance _chance;

    /// <inheritdoc/>
    public int Mutate(Span<byte> data, int length, uint seed, IByteMutator engine)
    {
        _chance = new(seed);
        length = Math.Min(length, data.Length);
        if (data.Length < VolumeInput.HeaderSize)
        {
            return engine.Mutate(data, length);
        }

        if (!VolumeInput.TryParse(data[..length], out VolumeInput input))
        {
            data[0] = VolumeInput.Version;
            data[1] = (byte)InputFlags.Sealed;
            data[2] = BaseVolumes.All[_chance.Below(BaseVolumes.All.Count - 1) + 1].Id;
            return VolumeInput.HeaderSize;
        }

        MutateFlags(data);
        int steps = _chance.OneIn(4) ? 2 + _chance.Below(4) : 1;
        for (int step = 0; step < steps; step++)
        {
            length = Step(data, length, input, engine);
        }

        return length;
    }

    /// <inheritdoc/>
    public int CrossOver(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> result, uint seed)
    {
        if (!VolumeInput.TryParse(first, out VolumeInput one) || !VolumeInput.TryParse(second, out VolumeInput other)
            || one.Base != other.Base || result.Length < VolumeInput.HeaderSize)
        {
            return 0;
        }

        _chance = new(seed);
        first[..VolumeInput.HeaderSize].CopyTo(result);
        int length = TakeSome(one.Records, first, result, VolumeInput.HeaderSize);
        return TakeSome(other.Records, second, result, length);
    }

    private int TakeSome(RecordReader records, ReadOnlySpan<byte> input, Span<byte> result, int length)
    {
        while (records.MoveNext())
        {
            ReadOnlySpan<byte> record = input[records.Start..records.End];
            if (!_chance.OneIn(3) && record.Length <= result.Length - length)
            {
                record.CopyTo(result[length..]);
                length += record.Length;
            }
        }

        return length;
    }

    private void MutateFlags(Span<byte> data)
    {
        InputFlags flags = (InputFlags)data[1];
        flags = _chance.OneIn(UnsealedOneIn) ? flags & ~InputFlags.Sealed : flags | InputFlags.Sealed;
        if (_chance.OneIn(16))
        {
            flags ^= (InputFlags)(1 << (1 + _chance.Below(4)));
        }

        data[1] = (byte)flags;
    }

    private int Step(Span<byte> data, int length, in VolumeInput input, IByteMutator engine)
    {
        FindRecords(data[..length]);
        if (_recordCount > 0 && (_chance.OneIn(5) || _recordCount == MostRecords))
        {
            return ChangeRecord(data, length, engine);
        }

        _recordLength = 0;
        if (input.Base.Survey is not { } survey)
        {
            return VolumeInput.HeaderSize + engine.Mutate(data[VolumeInput.HeaderSize..], length - VolumeInput.HeaderSize);
        }

        if (hasOperations && _chance.OneIn(3))
        {
            MakeOperation(survey);
        }
        else if (_chance.OneIn(24))
        {
            MakeFault(input.Base.Image.Length);
        }
        else
        {
            MakeEdit(survey, input.Base);
        }

        if (_recordLength > data.Length - length)
        {
            return _recordCount == 0 ? length : Remove(data, length, _chance.Below(_recordCount));
        }

        _record.AsSpan(0, _recordLength).CopyTo(data[length..]);
        return length + _recordLength;
    }

    private void FindRecords(ReadOnlySpan<byte> data)
    {
        _recordCount = 0;
        _ = VolumeInput.TryParse(data, out VolumeInput input);
        RecordReader records = input.Records;
        _starts[0] = VolumeInput.HeaderSize;
        while (_recordCount < MostRecords && records.MoveNext())
        {
            _starts[_recordCount] = records.Start;
            _starts[++_recordCount] = records.End;
        }
    }

    private int ChangeRecord(Span<byte> data, int length, IByteMutator engine)
    {
        int index = _chance.Below(_recordCount);
        int start = _starts[index];
        int end = _starts[index + 1];
        switch (_chance.Below(4))
        {
            case 0:
                return Remove(data, length, index);
            case 1 when end - start <= data.Length - length:
                data[start..end].CopyTo(data[length..]);
                return length + end - start;
            case 2 when end - start > 1:
                int at = start + 1 + _chance.Below(end - start - 1);
                data[at] = (byte)(data[at] + 1 + _chance.Below(3) - 2);
                return length;
            default:
                int tail = length - end;
                byte[] rest = data[end..length].ToArray();
                int grown = start + 1 + engine.Mutate(data[(start + 1)..(data.Length - tail)], end - start - 1);
                rest.CopyTo(data[grown..]);
                return grown + tail;
        }
    }

    private int Remove(Span<byte> data, int length, int index)
    {
        int start = _starts[index];
        int end = _starts[index + 1];
        data[end..length].CopyTo(data[start..]);
        return length - (end - start);
    }

    private void MakeEdit(VolumeSurvey survey, BaseVolume volume)
    {
        switch (_chance.Below(16))
        {
            case 0:
                CopyPart(survey);
                break;
            case 1:
                CopyField(survey);
                break;
            case 2:
                BorrowPart(survey);
                break;
            case 3:
                CopyStructure(survey);
                break;
            case 4:
                StructurePart part = AnyPart(survey);
                Put(RecordKind.Fill, (ulong)part.Offset, (ulong)_chance.Below(part.Size + 1), _chance.OneIn(2) ? 0u : 0xFFu);
                break;
            case 5 when survey.VerityFiles.Length > 0 && _chance.OneIn(2):
                EditHashed(survey);
                break;
            case 5:
                EditBitmap(survey);
                break;
            default:
                EditField(survey, volume);
                break;
        }
    }

    private StructurePart AnyPart(VolumeSurvey survey)
    {
        StructurePart[] parts = survey.ByShape[_chance.Below(survey.ByShape.Length)];
        return parts[_chance.Below(parts.Length)];
    }

    private DiskField AnyField(in StructurePart part)
    {
        IReadOnlyList<DiskField> fields = part.Shape.Fields;
        DiskField field = fields[_chance.Below(fields.Count)];
        return field.Offset + field.Size <= part.Size ? field : fields[0];
    }

    /// <summary>A field gets another value: at an edge, near its own, or that of something else on the volume.</summary>
    private void EditField(VolumeSurvey survey, BaseVolume volume)
    {
        StructurePart part = AnyPart(survey);
        DiskField field = AnyField(part);
        int size = field.Size switch { 1 => 1, 2 or 3 => 2, <= 7 => 4, 8 => 8, _ => 4 };
        int within = field.Size > size ? _chance.Below((field.Size / size)) * size : 0;
        long offset = part.Offset + field.Offset + within;
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes = bytes[..size];
        volume.Image.CopyTo(offset, bytes);
        ulong value = NewValue(FieldNumber.Get(bytes, field.IsBigEndian), size * 8, survey, offset);
        FieldNumber.Set(bytes, value, field.IsBigEndian);
        PutEdit(offset, bytes);
    }

    private ulong NewValue(ulong old, int bits, VolumeSurvey survey, long offset) =>
        _chance.OneIn(10) ? SomethingOf(survey, offset) : _chance.Another(old, bits);

    /// <summary>A number that means something on this volume: what makes cycles, aliases and values at the edge.</summary>
    private ulong SomethingOf(VolumeSurvey survey, long offset)
    {
        VolumeGeometry geometry = survey.Geometry;
        SealedStructure other = survey.Structures[_chance.Below(survey.Structures.Length)];
        return _chance.Below(10) switch
        {
            0 or 1 => (ulong)offset >> geometry.BlockBits,
            2 or 3 => (ulong)other.Offset >> geometry.BlockBits,
            4 => other.Owner,
            5 => geometry.BlocksCount - (ulong)_chance.Below(2),
            6 => geometry.InodesCount + (ulong)_chance.Below(2),
            7 => (ulong)geometry.BlockSize - (ulong)_chance.Below(2),
            8 => geometry.FirstDataBlock + (ulong)_chance.Below(3),
            _ => (ulong)geometry.InodeSize,
        };
    }

    /// <summary>A part over another of its shape, perhaps a few bytes off.</summary>
    private void CopyPart(VolumeSurvey survey)
    {
        StructurePart[] parts = survey.ByShape[_chance.Below(survey.ByShape.Length)];
        StructurePart from = parts[_chance.Below(parts.Length)];
        StructurePart to = parts[_chance.Below(parts.Length)];
        long shift = _chance.OneIn(4) ? (_chance.Below(3) - 1) * 4 : 0;
        Put(RecordKind.Copy, (ulong)Math.Max(0, from.Offset + shift), (ulong)to.Offset, (ulong)Math.Min(from.Size, to.Size));
    }

    /// <summary>A field over the same field elsewhere: two that point to one place.</summary>
    private void CopyField(VolumeSurvey survey)
    {
        StructurePart[] parts = survey.ByShape[_chance.Below(survey.ByShape.Length)];
        StructurePart from = parts[_chance.Below(parts.Length)];
        StructurePart to = parts[_chance.Below(parts.Length)];
        DiskField field = AnyField(from);
        Put(RecordKind.Copy, (ulong)(from.Offset + field.Offset), (ulong)(to.Offset + field.Offset), (ulong)field.Size);
    }

    /// <summary>A part from a volume of other features.</summary>
    private void BorrowPart(VolumeSurvey survey)
    {
        StructurePart to = AnyPart(survey);
        BaseVolume other = BaseVolumes.All[1 + _chance.Below(BaseVolumes.All.Count - 1)];
        StructurePart[]? same = Array.Find(other.Survey!.ByShape, parts => parts[0].Shape == to.Shape);
        if (same is not null)
        {
            StructurePart from = same[_chance.Below(same.Length)];
            Put(RecordKind.Borrow, other.Id, (ulong)from.Offset, (ulong)to.Offset, (ulong)Math.Min(from.Size, to.Size));
        }
    }

    /// <summary>A whole structure over another of its kind.</summary>
    private void CopyStructure(VolumeSurvey survey)
    {
        SealedStructure from = survey.Structures[_chance.Below(survey.Structures.Length)];
        for (int attempt = 0; attempt < 16; attempt++)
        {
            SealedStructure to = survey.Structures[_chance.Below(survey.Structures.Length)];
            if (to.Size == from.Size && to.Offset != from.Offset)
            {
                Put(RecordKind.Copy, (ulong)from.Offset, (ulong)to.Offset, (ulong)from.Size);
                return;
            }
        }
    }

    /// <summary>A byte of data or of hashes that fs-verity protects.</summary>
    private void EditHashed(VolumeSurvey survey)
    {
        VerityFile file = survey.VerityFiles[_chance.Below(survey.VerityFiles.Length)];
        HashedBlock block = file.Blocks[_chance.Below(file.Blocks.Length)];
        if (block.Offset >= 0)
        {
            PutEdit(block.Offset + _chance.Below(block.Length), [(byte)_chance.Next()]);
        }
    }

    private void EditBitmap(VolumeSurvey survey)
    {
        SealedStructure[] bitmaps = Array.FindAll(
            survey.Structures, structure => structure.Kind is StructureKind.BlockBitmap or StructureKind.InodeBitmap);
        if (bitmaps.Length > 0)
        {
            SealedStructure bitmap = bitmaps[_chance.Below(bitmaps.Length)];
            PutEdit(bitmap.Offset + _chance.Below(Math.Min(bitmap.Size, 64)), [(byte)_chance.Next()]);
        }
    }

    private void MakeFault(long length)
    {
        switch (_chance.Below(4))
        {
            case 0:
                Put(RecordKind.Length, (ulong)_chance.Below((int)Math.Min(length, int.MaxValue)));
                break;
            case 1:
                Put(RecordKind.FailPage, (ulong)_chance.Below((int)(length >> SparseImage.PageBits)));
                break;
            case 2:
                Put(RecordKind.FailOnce, (ulong)_chance.Below(200));
                break;
            default:
                Put(RecordKind.FailFrom, (ulong)_chance.Below(200));
                break;
        }
    }

    private void MakeOperation(VolumeSurvey survey)
    {
        ReadOnlySpan<RecordKind> kinds = RecordKinds.All;
        RecordKind kind;
        do
        {
            kind = kinds[_chance.Below(kinds.Length)];
        }
        while (!kind.IsOperation());

        Span<ulong> numbers = stackalloc ulong[RecordKinds.MaximumNumbers];
        numbers = numbers[..RecordKinds.NumbersOf(kind)];
        for (int index = 0; index < numbers.Length; index++)
        {
            numbers[index] = index == 0 ? AnyInode(survey) : AnyOffset();
        }

        Put(kind, numbers);
        if (RecordKinds.HasBytes(kind))
        {
            PutBytes(kind == RecordKind.Lookup ? "plain"u8 : "user.short"u8);
        }
    }

    private ulong AnyInode(VolumeSurvey survey) => _chance.Below(4) switch
    {
        0 => 0,
        1 => 2,
        _ => 11ul + (ulong)_chance.Below((int)Math.Min(survey.Geometry.InodesCount, 64)),
    };

    private ulong AnyOffset() => _chance.Below(4) switch
    {
        0 => 0,
        1 => (ulong)_chance.Below(1 << 16),
        2 => 1ul << _chance.Below(63),
        _ => (ulong)_chance.Below(100),
    };

    private void PutEdit(long offset, ReadOnlySpan<byte> bytes)
    {
        Put(RecordKind.Edit, (ulong)offset);
        PutBytes(bytes);
    }

    private void Put(RecordKind kind, params ReadOnlySpan<ulong> numbers)
    {
        _record[0] = (byte)kind;
        _recordLength = 1;
        foreach (ulong number in numbers)
        {
            _recordLength += VarInt.Write(_record.AsSpan(_recordLength), number);
        }
    }

    private void PutBytes(ReadOnlySpan<byte> bytes)
    {
        _recordLength += VarInt.Write(_record.AsSpan(_recordLength), (ulong)bytes.Length);
        bytes.CopyTo(_record.AsSpan(_recordLength));
        _recordLength += bytes.Length;
    }
}
