using System.Text;
using Ext4Core.Directories;
using Ext4Core.Primitives;
using TestSupport;

namespace Ext4Core.UnitTests.Directories;

public sealed class CaseFoldingTests
{
    /// <summary>CRC-32C over the folded forms of all code points, surrogates left out, as e2fsprogs 1.47 folds them.</summary>
    private const uint AllCodePoints = 0xCD176AA1;

    [Fact]
    public void Every_code_point_folds_as_e2fsprogs_folds_it()
    {
        Span<byte> character = stackalloc byte[4];
        byte[] folded = new byte[CaseFolding.MaximumLength];
        uint crc = Crc32C.Initial;
        for (int codePoint = 1; codePoint <= 0x10FFFF; codePoint++)
        {
            if (Rune.TryCreate(codePoint, out Rune rune))
            {
                int length = CaseFolding.Fold(character[..rune.EncodeToUtf8(character)], folded);
                crc = Crc32C.Append(crc, folded.AsSpan(0, length));
            }
        }

        Assert.Equal(AllCodePoints, crc);
    }

    /// <summary>Names made at random of letters, marks, syllables, dropped characters and broken bytes; each with its form
    /// as e2fsprogs 1.47 folds it, or a dash where the name is opaque.</summary>
    [Fact]
    public void Names_of_marks_and_broken_bytes_fold_as_e2fsprogs_folds_them()
    {
        string path = Path.Combine(TestTree.Root, "tests", "unit", "Directories", "CaseFoldingTests.vectors.txt");
        byte[] folded = new byte[CaseFolding.MaximumLength];
        Assert.All(File.ReadAllLines(path), line =>
        {
            string[] parts = line.Split(' ');
            int length = CaseFolding.Fold(Convert.FromHexString(parts[0]), folded);
            string actual = length == CaseFolding.Opaque ? "-" : Convert.ToHexString(folded, 0, length);
            Assert.Equal(parts[1], actual, ignoreCase: true);
        });
    }

    [Theory]
    [InlineData("straße", "STRASSE", true)]
    [InlineData("Å", "\u0061\u030A", true)]
    [InlineData("\u212Aelvin", "kelvin", true)]
    [InlineData("README", "readme", true)]
    [InlineData("soft\u00ADhyphen", "softhyphen", true)]
    [InlineData("각", "\u1100\u1161\u11A8", true)]
    [InlineData("readme", "readm", false)]
    [InlineData("readm", "readme", false)]
    [InlineData("ä", "a", false)]
    public void Names_match_when_their_folded_forms_are_the_same(string stored, string wanted, bool isMatch)
    {
        byte[] folded = new byte[CaseFolding.MaximumLength];
        int length = CaseFolding.Fold(Encoding.UTF8.GetBytes(wanted), folded);
        Assert.Equal(isMatch, CaseFolding.FoldsTo(Encoding.UTF8.GetBytes(stored), folded.AsSpan(0, length)));
    }

    [Fact]
    public void An_opaque_name_has_no_folded_form()
    {
        Assert.Equal(CaseFolding.Opaque, CaseFolding.Fold([0xFF], new byte[CaseFolding.MaximumLength]));
        Assert.False(CaseFolding.FoldsTo([0x61, 0xC3], "a"u8));
    }

    [Fact]
    public void Folding_allocates_nothing()
    {
        byte[] name = Encoding.UTF8.GetBytes("Ǻé각\u0301\u0323straße");
        byte[] folded = new byte[CaseFolding.MaximumLength];
        int length = CaseFolding.Fold(name, folded);
        AllocationGate.Zero(() =>
        {
            CaseFolding.Fold(name, folded);
            CaseFolding.FoldsTo(name, folded.AsSpan(0, length));
        });
    }
}
