using Ext4Core.Integrity;
using Ext4Core.Layout;
using Ext4Safety.Fuzz.Mutation;
using Ext4Safety.Fuzz.Targets;
using Ext4Safety.Fuzz.Volumes;

namespace Ext4Safety.FuzzTests.Volumes;

public sealed class VolumeAtlasTests
{
    public static TheoryData<string> Names => [.. BaseVolumes.All.Where(volume => volume.Id != BaseVolumes.ZerosId).Select(volume => volume.Name)];

    [Theory]
    [InlineData("minimal", 0x438, "Superblock, block 1+0x038: s_magic")]
    [InlineData("minimal", 0x800 + 0x1E, "GroupDescriptor of group 0, block 2+0x01e: bg_checksum")]
    [InlineData("minimal", 3, "Volume, block 0+0x003")]
    public void A_byte_has_a_structure_and_a_field(string name, long offset, string place) =>
        Assert.Equal(place, BaseVolumes.Find(name)!.Atlas!.Locate(offset).ToString());

    [Fact]
    public void A_field_of_one_of_many_parts_says_which()
    {
        BaseVolume volume = BaseVolumes.Find("minimal")!;
        SealedStructure root = volume.Survey!.Structures.First(structure => structure is { Kind: StructureKind.DirectoryBlock, Owner: 2 });

        string place = volume.Atlas!.Locate(root.Offset + DirectoryEntryView.MinimumSize + DirectoryEntryView.DeRecLen).ToString();

        Assert.Equal($"DirectoryBlock of inode 2, block {root.Home}+0x010: de_rec_len of DirectoryEntry 1", place);
    }

    [Fact]
    public void Bytes_of_the_map_in_an_inode_are_the_map_s()
    {
        BaseVolume volume = BaseVolumes.Find("ext4-checked")!;
        SealedStructure inode = volume.Survey!.Structures.First(structure => structure is { Kind: StructureKind.Inode, Owner: 2 });

        Assert.EndsWith(": eh_entries", volume.Atlas!.Locate(inode.Offset + InodeView.IBlock + ExtentNodeView.EhEntries).ToString());
        Assert.EndsWith(": i_size_lo", volume.Atlas!.Locate(inode.Offset + InodeView.ISizeLo).ToString());
    }

    [Fact]
    public void A_logged_block_has_the_fields_of_the_block_that_it_stands_for()
    {
        BaseVolume volume = BaseVolumes.Find("journal-dirty-v3")!;
        SealedStructure copy = volume.Survey!.Log.First(logged => logged.Kind == StructureKind.FileData && logged.Home == 1);

        VolumePlace place = volume.Atlas!.Locate(copy.Offset + SuperblockView.SMagic);

        Assert.Equal($"Superblock, block 1+0x038, logged in block {(ulong)copy.Offset >> 10}: s_magic", place.ToString());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Places_lie_side_by_side_and_cover_the_volume(string name)
    {
        BaseVolume volume = BaseVolumes.Find(name)!;
        long at = 0;
        foreach (VolumePlace place in volume.Atlas!.Touched(0, volume.Image.Length))
        {
            Assert.True(place.Start <= at && place.End > at, $"{place} at {at} ends at {place.End}");
            at = place.End;
        }

        Assert.True(at >= volume.Image.Length, $"{at} of {volume.Image.Length}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_part_that_a_mutation_can_choose_has_names(string name)
    {
        BaseVolume volume = BaseVolumes.Find(name)!;
        foreach (StructurePart part in volume.Survey!.ByShape.SelectMany(parts => parts))
        {
            VolumePlace place = volume.Atlas!.Locate(part.Offset);
            Assert.True(place.Field.Length > 0 || place.LoggedIn is not null, $"{part.Shape} at {part.Offset} is {place}");
        }
    }

    [Fact]
    public void What_an_input_over_zeros_brings_has_names_too()
    {
        BaseVolume volume = BaseVolumes.Find("minimal")!;
        VolumeInputWriter writer = new(BaseVolumes.Find(BaseVolumes.ZerosId)!, default);
        writer.Add(RecordKind.Length, (ulong)volume.Image.Length);
        foreach (int page in volume.Image.Pages)
        {
            writer.Edit((long)page << SparseImage.PageBits, volume.Image[page]);
        }

        byte[] input = writer.Edit(0x478, [1, 2]).ToArray();
        Assert.Contains("Superblock, block 1+0x000: s_inodes_count", new VolumeTarget().Touched(input));
        Assert.EndsWith("Edit 0x478: 2 bytes 01 02\n  Superblock, block 1+0x078: s_volume_name\n", new VolumeTarget().Describe(input));
    }

    [Fact]
    public void An_input_that_brings_no_volume_is_shown_without_names()
    {
        byte[] input = new VolumeInputWriter(BaseVolumes.Find(BaseVolumes.ZerosId)!, default).Edit(0x438, [1, 2]).ToArray();

        Assert.Empty(new VolumeTarget().Touched(input));
        Assert.EndsWith("Edit 0x438: 2 bytes 01 02\n", new VolumeTarget().Describe(input));
    }
}
