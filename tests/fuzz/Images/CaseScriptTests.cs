using Ext4Safety.Fuzz.Images;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Images;

public sealed class CaseScriptTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ext4safety-cases-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_case_is_a_name_a_volume_a_line_and_edits()
    {
        DamageCase damage = Assert.Single(Read(
            """
            # a comment

            E402-too-many over minimal unsealed skip-audit
              Too many entries.
              map /plain: eh_entries u16 = 400
              journal 0: 0x10 b32 ^= 0xff
            """));
        Assert.Equal(("E402-too-many", "Too many entries.", "minimal"), (damage.Name, damage.Description, damage.Base.Name));
        Assert.Equal(InputFlags.SkipAudit, damage.Flags);
        Assert.Equal(
            [new("map /plain", "eh_entries", 2, false, '=', 400, 5), new("journal 0", "0x10", 4, true, '^', 0xFF, 6)], damage.Edits);
    }

    [Theory]
    [InlineData("E402 over nothing\n  words", ":1: no base volume is called nothing")]
    [InlineData("E402 over minimal backwards\n  words", ":1: no flag is called backwards")]
    [InlineData("E402 over minimal", ":1: expected \"NAME over BASE [FLAG...]\"")]
    [InlineData("E402 over minimal\n  words\n  map /plain eh_entries = 4", ":3: expected \"STRUCTURE: FIELD TYPE OPERATOR VALUE\"")]
    public void A_line_that_makes_no_sense_is_named(string script, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<FormatException>(() => Read(script)).Message);

    [Theory]
    [InlineData("superblock: s_magic u16 = 1", 1024 + 0x38, "01-00")]
    [InlineData("superblock: s_magic u16 ^= 0xff", 1024 + 0x38, "AC-EF")]
    [InlineData("superblock: s_magic u16 += 1", 1024 + 0x38, "54-EF")]
    [InlineData("superblock: s_magic u16 -= 0x53", 1024 + 0x38, "00-EF")]
    [InlineData("superblock: s_magic b16 = 1", 1024 + 0x38, "00-01")]
    [InlineData("group 0: bg_checksum u16 = 1", 2048 + 0x1E, "01-00")]
    public void An_edit_becomes_bytes_at_the_place_of_its_field(string edit, long offset, string bytes)
    {
        DamageCase damage = Assert.Single(Read($"E101 over minimal unsealed\n  words\n  {edit}"));
        Assert.True(VolumeInput.TryParse(new ImageCorpus(_directory).Pack(damage), out VolumeInput input));
        RecordReader records = input.Records;
        Assert.True(records.MoveNext());
        Assert.Equal((RecordKind.Edit, (ulong)offset, bytes), (records.Kind, records[0], BitConverter.ToString(records.Bytes.ToArray())));
        Assert.False(records.MoveNext());
    }

    [Theory]
    [InlineData("map /fragmented: eh_entries", 0xF30A, -2)]
    [InlineData("node /fragmented 0: eh_entries", 0xF30A, -2)]
    [InlineData("node /fragmented 1 entry 0: ee_block", 0xF30A, -12)]
    [InlineData("entry / 0 1: de_rec_len", 2, -4)]
    public void Structures_are_found_by_words(string place, ushort number, int before)
    {
        BaseVolume volume = BaseVolumes.Find("extents-deep")!;
        string[] parts = place.Split(": ");
        byte[] bytes = new byte[sizeof(ushort)];
        volume.Image.CopyTo(new StructureFinder(volume).Find(parts[0], parts[1]) + before, bytes);
        Assert.Equal(number, BitConverter.ToUInt16(bytes));
    }

    [Theory]
    [InlineData("cellar: s_magic u16 = 1", "no structure is called \"cellar\"")]
    [InlineData("superblock: s_nothing u16 = 1", "has no field s_nothing")]
    [InlineData("inode /nowhere: i_mode u16 = 1", "the volume has no /nowhere")]
    [InlineData("node /plain 3: eh_magic u16 = 1", "none is 3")]
    [InlineData("attributes /few: h_magic u32 = 1", "has no attribute block")]
    [InlineData("block /plain 999: 0x0 u8 = 1", "has no block 999")]
    public void A_place_that_does_not_exist_is_named_with_its_line(string edit, string complaint)
    {
        DamageCase damage = Assert.Single(Read($"E101 over minimal\n  words\n  {edit}"));
        string message = Assert.Throws<FormatException>(() => new ImageCorpus(_directory).Pack(damage)).Message;
        Assert.Contains("cases.txt:3: ", message);
        Assert.Contains(complaint, message);
    }

    private IReadOnlyList<DamageCase> Read(string script)
    {
        string path = Path.Combine(_directory, "cases.txt");
        File.WriteAllText(path, script);
        return CaseScript.Read(path);
    }
}
