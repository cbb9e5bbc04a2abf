using Ext4Core.Integrity;

namespace Ext4Safety.Fuzz.Mutation;

/// <summary>Tells structure, owner and field of any byte of a surveyed volume: the one way from an offset to a name.</summary>
internal sealed class VolumeAtlas
{
    private readonly VolumeSurvey _survey;
    private readonly VolumeAtlas? _replayed;
    private readonly int _longestPart;

    /// <summary>Names what a survey found.</summary>
    public VolumeAtlas(VolumeSurvey survey)
    {
        _survey = survey;
        _replayed = survey.Replayed is { } replayed ? new(replayed.Survey) : null;
        _longestPart = survey.Parts.Max(part => part.Size);
    }

    private int BlockBits => _survey.Geometry.BlockBits;

    /// <summary>What a range touches, place by place.</summary>
    public IEnumerable<VolumePlace> Touched(long from, long length)
    {
        for (long at = from; at < from + length;)
        {
            VolumePlace place = Locate(at);
            yield return place;
            at = place.End;
        }
    }

    /// <summary>What a byte belongs to.</summary>
    public VolumePlace Locate(long offset)
    {
        int index = _survey.IndexOf(offset);
        if (index == _survey.Structures.Length || _survey.Structures[index].Offset > offset)
        {
            return OutsideStructures(offset, index);
        }

        SealedStructure structure = _survey.Structures[index];
        ulong block = (ulong)structure.Offset >> BlockBits;
        return structure.Home == block ? Inside(structure, offset) : InCopy(structure, block, offset);
    }

    /// <summary>A byte of a logged block is what the block is once the log is replayed.</summary>
    private VolumePlace InCopy(in SealedStructure copy, ulong block, long offset)
    {
        long shift = copy.Offset - (long)(copy.Home << BlockBits);
        VolumePlace place = (_replayed ?? this).Locate(offset - shift);
        return place with { LoggedIn = block, Start = place.Start + shift, End = Math.Min(place.End + shift, copy.End) };
    }

    private VolumePlace Inside(in SealedStructure structure, long offset)
    {
        long end = structure.End;
        StructurePart? innermost = null;
        DiskField field = default;
        for (int index = FirstPartAt(offset - _longestPart); index < _survey.Parts.Length && _survey.Parts[index].Offset < structure.End; index++)
        {
            StructurePart part = _survey.Parts[index];
            if (part.Offset > offset)
            {
                end = Math.Min(end, part.Offset);
                break;
            }

            if (part.Offset >= structure.Offset && FieldAt(part, offset) is { } found && (innermost is null || found.Size <= field.Size))
            {
                (innermost, field) = (part, found);
            }
        }

        if (innermost is null && UnusedInodeField(structure, offset) is { } unused)
        {
            return Place(structure.Kind, structure.Owner, offset, unused.Field.Name, unused.Part.Offset + unused.Field.Offset, unused.Field);
        }

        return innermost is not { } holder
            ? Place(structure.Kind, structure.Owner, offset, "", offset, new("", 0, (int)(end - offset), false))
            : Place(structure.Kind, structure.Owner, offset, NameOf(structure, holder, field), holder.Offset + field.Offset, field) with
            {
                End = Math.Min(end, holder.Offset + field.Offset + field.Size),
            };
    }

    /// <summary>Inodes that nobody uses have no parts to mutate, but names all the same.</summary>
    private static (StructurePart Part, DiskField Field)? UnusedInodeField(in SealedStructure structure, long offset)
    {
        if (structure.Kind != StructureKind.Inode)
        {
            return null;
        }

        foreach (StructureShape shape in (ReadOnlySpan<StructureShape>)[FieldCatalogue.Inode, FieldCatalogue.InodeExtra])
        {
            StructurePart part = new(shape, structure.Offset, structure.Size);
            if (FieldAt(part, offset) is { } field)
            {
                return (part, field);
            }
        }

        return null;
    }

    /// <summary>A field, and which of the structure's parts it is in, where several are alike.</summary>
    private string NameOf(in SealedStructure structure, in StructurePart holder, in DiskField field)
    {
        int number = 0;
        int count = 0;
        for (int index = FirstPartAt(structure.Offset); index < _survey.Parts.Length && _survey.Parts[index].Offset < structure.End; index++)
        {
            if (_survey.Parts[index].Shape == holder.Shape)
            {
                number += _survey.Parts[index].Offset < holder.Offset ? 1 : 0;
                count++;
            }
        }

        return count > 1 ? $"{field.Name} of {holder.Shape} {number}" : field.Name;
    }

    /// <summary>Contents of a file, the rest of a bitmap's block, or nothing that is known.</summary>
    private VolumePlace OutsideStructures(long offset, int next)
    {
        long end = next < _survey.Structures.Length ? _survey.Structures[next].Offset : long.MaxValue;
        SealedStructure before = next > 0 ? _survey.Structures[next - 1] : default;
        long blockEnd = ((offset >> BlockBits) + 1) << BlockBits;
        if (before.Kind is StructureKind.BlockBitmap or StructureKind.InodeBitmap && before.Offset >> BlockBits == offset >> BlockBits)
        {
            return Place(before.Kind, before.Owner, offset, "padding", before.End, new("", 0, (int)(Math.Min(end, blockEnd) - before.End), false));
        }

        foreach (SurveyedRun run in _survey.Runs)
        {
            if (run.Offset > offset)
            {
                end = Math.Min(end, run.Offset);
                break;
            }

            if (offset < run.End)
            {
                return new(StructureKind.FileData, run.Inode, (ulong)offset >> BlockBits, offset & ((1L << BlockBits) - 1), "", offset, Math.Min(end, run.End), false);
            }
        }

        return new(StructureKind.Volume, 0, (ulong)offset >> BlockBits, offset & ((1L << BlockBits) - 1), "", offset, end, false);
    }

    private VolumePlace Place(StructureKind kind, uint owner, long offset, string name, long start, in DiskField field) => new(
        kind, owner, (ulong)offset >> BlockBits, offset & ((1L << BlockBits) - 1), name, start, start + field.Size, field.IsBigEndian);

    private static DiskField? FieldAt(in StructurePart part, long offset)
    {
        foreach (DiskField field in part.Shape.Fields)
        {
            long start = part.Offset + field.Offset;
            if (offset >= start && offset < start + field.Size && field.Offset < part.Size)
            {
                return field;
            }
        }

        return null;
    }

    /// <summary>The first part that starts at an offset or behind it.</summary>
    private int FirstPartAt(long offset)
    {
        int low = 0;
        int high = _survey.Parts.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            (low, high) = _survey.Parts[middle].Offset < offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
