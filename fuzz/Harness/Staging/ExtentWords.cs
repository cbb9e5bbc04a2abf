namespace Ext4Safety.Fuzz.Staging;

/// <summary>Words that extent trees are made of.</summary>
internal static class ExtentWords
{
    public static DictionaryWord[] All =>
    [
        new("extent_magic", [0x0A, 0xF3]),
        new("header_of_leaf_with_one_entry", [0x0A, 0xF3, 1, 0, 4, 0, 0, 0]),
        new("header_of_index_with_one_entry", [0x0A, 0xF3, 1, 0, 4, 0, 1, 0]),
        new("header_of_block_1k", [0x0A, 0xF3, 2, 0, 84, 0, 0, 0]),
        new("header_of_block_4k", [0x0A, 0xF3, 2, 0, 84, 1, 0, 0]),
        new("longest_written", [0, 0x80]),
        new("shortest_unwritten", [1, 0x80]),
        new("longest_unwritten", [0xFF, 0xFF]),
        new("first_place", [StagedVolume.FirstPlace, 0, 0, 0]),
        new("last_file_block", [0xFF, 0xFF, 0xFF, 0xFF]),
    ];
}
