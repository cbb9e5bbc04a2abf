using Ext4Core.Directories;
using Ext4Core.Primitives;
using Ext4Safety.Fuzz.Staging;

namespace Ext4Safety.Fuzz.Targets;

/// <summary>Names that are compared without case.</summary>
/// <remarks>Input: the length of the first name, then both names.</remarks>
internal sealed class CaseFoldingTarget : FuzzTarget
{
    private const int MaximumNameLength = 255;

    private readonly byte[] _first = new byte[CaseFolding.MaximumLength];
    private readonly byte[] _second = new byte[CaseFolding.MaximumLength];

    /// <inheritdoc/>
    public override string Name => "case-folding";

    /// <inheritdoc/>
    public override string Description => "folding and comparison of two names: case, decomposition, combining marks, bytes that are no text";

    /// <inheritdoc/>
    public override int MaximumLength => 1 + (2 * MaximumNameLength);

    /// <inheritdoc/>
    /// <remarks>Nothing is allocated; but what the runtime counts may be off by a step of its heap, 8 KiB.</remarks>
    public override long AllocationBudget => 8 << 10;

    /// <inheritdoc/>
    public override IEnumerable<Seed> Seeds
    {
        get
        {
            yield return Of("Name"u8, "nAME"u8).Named("ascii");
            yield return Of("stra\u00DFe"u8, "STRASSE"u8).Named("sharp-s");
            yield return Of("\u00E9"u8, "e\u0301"u8).Named("composed-and-decomposed");
            yield return Of("a\u0323\u0301"u8, "a\u0301\u0323"u8).Named("marks-in-two-orders");
            yield return Of("\uAC01"u8, "\u1100\u1161\u11A8"u8).Named("korean-syllable");
            yield return Of("a\u200Db"u8, "ab"u8).Named("ignorable-character");
            yield return Of([0x61, 0x80, 0x62], [0x61, 0x80, 0x62]).Named("stray-continuation");
            yield return Of([0xFF], [0xFF]).Named("not-text");
            yield return Of("a\0b"u8, "a"u8).Named("zero-byte");
            yield return Of("\u0390"u8, "\u03B9\u0308\u0301"u8).Named("one-character-becomes-three");
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<DictionaryWord> Dictionary =>
    [
        new("sharp_s", "\u00DF"u8.ToArray()),
        new("dotted_i", "\u0130"u8.ToArray()),
        new("final_sigma", "\u03C2"u8.ToArray()),
        new("acute", "\u0301"u8.ToArray()),
        new("dot_below", "\u0323"u8.ToArray()),
        new("joiner", "\u200D"u8.ToArray()),
        new("syllable", "\uAC01"u8.ToArray()),
        new("tag_character", [0xF3, 0xA0, 0x80, 0x81]),
        new("last_character", [0xF4, 0x8F, 0xBF, 0xBF]),
        new("surrogate", [0xED, 0xA0, 0x80]),
        new("overlong", [0xC0, 0x80]),
    ];

    /// <inheritdoc/>
    public override Verdict Run(ReadOnlySpan<byte> input)
    {
        InputReader reader = new(input);
        ReadOnlySpan<byte> first = reader.TakeCounted();
        ReadOnlySpan<byte> second = reader.Take(MaximumNameLength);
        ReadOnlySpan<byte> foldedFirst = Fold(first, _first, out bool isFirstText);
        ReadOnlySpan<byte> foldedSecond = Fold(second, _second, out bool isSecondText);
        bool firstToSecond = isSecondText && CaseFolding.FoldsTo(first, foldedSecond);
        bool secondToFirst = isFirstText && CaseFolding.FoldsTo(second, foldedFirst);
        bool isReflexive = (!isFirstText || CaseFolding.FoldsTo(first, foldedFirst))
            && (!isSecondText || CaseFolding.FoldsTo(second, foldedSecond));
        bool areSame = isFirstText && isSecondText && foldedFirst.SequenceEqual(foldedSecond);
        if (!isReflexive || firstToSecond != areSame || secondToFirst != areSame)
        {
            throw new FindingException(FindingKind.Contradiction, "the comparison of names says other than their folded forms");
        }

        ulong digest = new Digest().Add(foldedFirst).Add(foldedSecond).Add(areSame ? 1ul : 0).Value;
        return isFirstText && isSecondText ? Verdict.Accepted(digest) : Verdict.Refused(digest);
    }

    private static ReadOnlySpan<byte> Fold(ReadOnlySpan<byte> name, byte[] buffer, out bool isText)
    {
        int length = CaseFolding.Fold(name, buffer);
        isText = length != CaseFolding.Opaque;
        return buffer.AsSpan(0, Math.Max(length, 0));
    }

    private static InputWriter Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        new InputWriter().Counted(first).Bytes(second);
}
