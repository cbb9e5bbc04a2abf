using System.Buffers;
using System.Text;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>Folds names of casefolded directories: case, canonical decomposition and order, ignorable characters dropped.</summary>
/// <remarks>
/// The form is that of Unicode 12.1 which ext4 names (NFDICF). What the kernel's and e2fsprogs' folding does beside the
/// standard is done here too, for hashes depend on it: a name ends at a zero byte; an unassigned character stands for itself;
/// a dropped character still separates combining marks; a continuation byte that follows a whole character passes through,
/// once for each time that combining marks around it are passed over. Any other byte that is not UTF-8 makes the name
/// opaque: it has no folded form.
/// </remarks>
internal static class CaseFolding
{
    /// <summary>Room for the folded form of a name; a form above that does not exist.</summary>
    public const int MaximumLength = 4096;

    /// <summary>What <see cref="Fold"/> gives for an opaque name.</summary>
    public const int Opaque = -1;

    /// <summary>Writes the folded form of a name.</summary>
    /// <returns>Its length, or <see cref="Opaque"/>.</returns>
    public static int Fold(ReadOnlySpan<byte> name, Span<byte> destination)
    {
        Span<byte> syllable = stackalloc byte[HangulSyllable.MaximumSize];
        scoped CharacterReader reader = new(name, syllable);
        scoped FoldedOutput output = new(destination);
        return TryFold(ref reader, ref output) ? output.Length : Opaque;
    }

    /// <summary>Whether a stored name has this folded form; an opaque name has none.</summary>
    public static bool FoldsTo(ReadOnlySpan<byte> name, ReadOnlySpan<byte> folded)
    {
        if (Ascii.IsValid(name) && !name.Contains((byte)0))
        {
            return Ascii.EqualsIgnoreCase(name, folded);
        }

        Span<byte> syllable = stackalloc byte[HangulSyllable.MaximumSize];
        scoped CharacterReader reader = new(name, syllable);
        scoped FoldedOutput output = new(folded);
        return TryFold(ref reader, ref output) && output.IsComplete;
    }

    private static bool TryFold(ref CharacterReader reader, ref FoldedOutput output)
    {
        while (true)
        {
            CharacterReader start = reader;
            FoldedCharacter character = reader.Read();
            switch (character.Kind)
            {
                case FoldedKind.End:
                    return true;
                case FoldedKind.Invalid:
                    return false;
                case FoldedKind.Mark:
                    reader = start;
                    if (!TryFoldMarks(ref reader, ref output))
                    {
                        return false;
                    }

                    break;
                default:
                    if (!output.TryAppend(character.Bytes))
                    {
                        return false;
                    }

                    break;
            }
        }
    }

    /// <summary>Puts a run of combining marks in order of their classes: passes over the run once to find the lowest class,
    /// then once for each class there is. Leaves the reader in front of what ends the run.</summary>
    private static bool TryFoldMarks(ref CharacterReader reader, ref FoldedOutput output)
    {
        CharacterReader start = reader;
        int combiningClass = 0;
        do
        {
            reader = start;
            if (!TryFoldMarksOf(combiningClass, ref reader, ref output, out combiningClass))
            {
                return false;
            }
        }
        while (combiningClass != 0);

        return true;
    }

    /// <summary>Appends the run's marks of one class, and says which class comes next; 0 for none.</summary>
    private static bool TryFoldMarksOf(
        int wanted, ref CharacterReader reader, ref FoldedOutput output, out int nextClass)
    {
        nextClass = 0;
        while (true)
        {
            CharacterReader here = reader;
            FoldedCharacter character = reader.Read();
            if (character.Kind == FoldedKind.Invalid)
            {
                return false;
            }

            if (character.Kind is FoldedKind.Starter or FoldedKind.End)
            {
                reader = here;
                return true;
            }

            bool isWanted = character.Kind == FoldedKind.Stray || character.CombiningClass == wanted;
            if (isWanted && !output.TryAppend(character.Bytes))
            {
                return false;
            }

            if (character.CombiningClass > wanted && (nextClass == 0 || character.CombiningClass < nextClass))
            {
                nextClass = character.CombiningClass;
            }
        }
    }
}

/// <summary>What a piece of a name is to the folding.</summary>
internal enum FoldedKind : byte
{
    /// <summary>No more pieces.</summary>
    End,

    /// <summary>Not UTF-8.</summary>
    Invalid,

    /// <summary>A character of combining class 0, or several; none at all where a character is dropped.</summary>
    Starter,

    /// <summary>A combining mark.</summary>
    Mark,

    /// <summary>A continuation byte that continues nothing.</summary>
    Stray,
}

/// <summary>A piece of a name after folding and decomposition.</summary>
internal readonly ref struct FoldedCharacter(FoldedKind kind, int combiningClass, ReadOnlySpan<byte> bytes)
{
    public FoldedKind Kind { get; } = kind;

    /// <summary>Above 0 only for marks.</summary>
    public int CombiningClass { get; } = combiningClass;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}

/// <summary>Takes a name apart into folded characters. A copy reads on from the same place.</summary>
internal ref struct CharacterReader(ReadOnlySpan<byte> name, Span<byte> syllable)
{
    private readonly Span<byte> _syllable = syllable;
    private readonly int _length = name.Length;
    private ReadOnlySpan<byte> _rest = name;
    private ReadOnlySpan<byte> _mapping;

    /// <summary>Reads the next piece. Pieces are no more than the name's bytes and its mappings' together.</summary>
    public FoldedCharacter Read()
    {
        if (!_mapping.IsEmpty)
        {
            return Take(ref _mapping);
        }

        if (_rest.IsEmpty || _rest[0] == 0)
        {
            return new(FoldedKind.End, 0, default);
        }

        if ((_rest[0] & 0xC0) == 0x80)
        {
            return ReadStray();
        }

        if (Rune.DecodeFromUtf8(_rest, out Rune rune, out int size) != OperationStatus.Done)
        {
            return new(FoldedKind.Invalid, 0, default);
        }

        if (HangulSyllable.TryDecompose(rune.Value, _syllable, out int syllableSize))
        {
            _rest = _rest[size..];
            return new(FoldedKind.Starter, 0, _syllable[..syllableSize]);
        }

        ushort value = ValueOf(rune.Value);
        if (value < CaseFoldingTable.FirstMapping)
        {
            return Take(ref _rest);
        }

        _rest = _rest[size..];
        _mapping = MappingAt(value - CaseFoldingTable.FirstMapping);
        return _mapping.IsEmpty ? new(FoldedKind.Starter, 0, default) : Take(ref _mapping);
    }

    /// <summary>A continuation byte can stand anywhere but first.</summary>
    private FoldedCharacter ReadStray()
    {
        if (_rest.Length == _length)
        {
            return new(FoldedKind.Invalid, 0, default);
        }

        ReadOnlySpan<byte> stray = _rest[..1];
        _rest = _rest[1..];
        return new(FoldedKind.Stray, 0, stray);
    }

    /// <summary>Takes a character that stands for itself, and is whole.</summary>
    private static FoldedCharacter Take(scoped ref ReadOnlySpan<byte> bytes)
    {
        Rune.DecodeFromUtf8(bytes, out Rune rune, out int size);
        ReadOnlySpan<byte> character = bytes[..size];
        bytes = bytes[size..];
        int combiningClass = ValueOf(rune.Value);
        return new(combiningClass == 0 ? FoldedKind.Starter : FoldedKind.Mark, combiningClass, character);
    }

    /// <summary>The table's value; beyond it only plane 14 is special: it is dropped.</summary>
    private static ushort ValueOf(int codePoint)
    {
        if (codePoint < CaseFoldingTable.End)
        {
            int block = CaseFoldingTable.Blocks[codePoint >> CaseFoldingTable.BlockBits];
            int within = codePoint & ((1 << CaseFoldingTable.BlockBits) - 1);
            return Le.U16(CaseFoldingTable.Values, ((block << CaseFoldingTable.BlockBits) | within) * sizeof(ushort));
        }

        return codePoint is >= 0xE0000 and <= 0xE0FFF ? (ushort)CaseFoldingTable.Dropped : (ushort)0;
    }

    private static ReadOnlySpan<byte> MappingAt(int offset) =>
        CaseFoldingTable.Mappings.Slice(offset + 1, CaseFoldingTable.Mappings[offset]);
}

/// <summary>Takes Korean syllables apart into letters, by arithmetic.</summary>
/// <remarks>Source: The Unicode Standard, section 3.12, "Conjoining Jamo Behavior".</remarks>
internal static class HangulSyllable
{
    /// <summary>Bytes of three letters.</summary>
    public const int MaximumSize = 9;
    private const int First = 0xAC00, Count = 11172;
    private const int LeadingBase = 0x1100, VowelBase = 0x1161, TrailingBase = 0x11A7;
    private const int VowelCount = 21, TrailingCount = 28;

    /// <summary>Writes a syllable's letters as UTF-8.</summary>
    public static bool TryDecompose(int codePoint, Span<byte> destination, out int size)
    {
        size = 0;
        int index = codePoint - First;
        if (index is < 0 or >= Count)
        {
            return false;
        }

        size += new Rune(LeadingBase + (index / (VowelCount * TrailingCount))).EncodeToUtf8(destination);
        size += new Rune(VowelBase + (index / TrailingCount % VowelCount)).EncodeToUtf8(destination[size..]);
        if (index % TrailingCount != 0)
        {
            size += new Rune(TrailingBase + (index % TrailingCount)).EncodeToUtf8(destination[size..]);
        }

        return true;
    }
}

/// <summary>Where a folded name goes: into memory, or against a form that it is compared with.</summary>
internal ref struct FoldedOutput
{
    private readonly Span<byte> _destination;
    private readonly ReadOnlySpan<byte> _expected;
    private readonly bool _compares;

    public FoldedOutput(Span<byte> destination) => _destination = destination;

    public FoldedOutput(ReadOnlySpan<byte> expected)
    {
        _expected = expected;
        _compares = true;
    }

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    /// <summary>Whether all of the expected form was there.</summary>
    public readonly bool IsComplete => Length == _expected.Length;

    /// <summary>Appends bytes, unless there is no room or they differ from the expected form.</summary>
    public bool TryAppend(scoped ReadOnlySpan<byte> bytes)
    {
        bool isFine = _compares
            ? _expected[Length..].StartsWith(bytes)
            : bytes.TryCopyTo(_destination[Length..]);
        Length += isFine ? bytes.Length : 0;
        return isFine;
    }
}
