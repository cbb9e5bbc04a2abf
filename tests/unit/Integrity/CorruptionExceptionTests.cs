using Ext4Core.Integrity;

namespace Ext4Core.UnitTests.Integrity;

public sealed class CorruptionExceptionTests
{
    private static readonly DiskLocation Here = new(StructureKind.ExtentNode, 8193, 0, 12);

    [Fact]
    public void A_report_names_code_structure_place_value_and_limit()
    {
        var damage = Assert.Throws<CorruptionException>(
            () => Corrupt.Throw(CorruptionCode.ExtentEntriesOverflow, Here.At(2), 400, 84));

        Assert.Equal(
            "E402 ExtentEntriesOverflow: ExtentNode of inode 12, block 8193+0x002: found 400, limit 84", damage.Message);
    }

    [Fact]
    public void Checksums_are_reported_in_hexadecimal_with_the_value_that_was_due()
    {
        var damage = Assert.Throws<CorruptionException>(
            () => Corrupt.Throw(CorruptionCode.ExtentChecksum, Here, 0xDEAD, 0xBEEF));

        Assert.EndsWith("found 0xdead, expected 0xbeef", damage.Message, StringComparison.Ordinal);
    }
}
