using System.Numerics;
using Ext4Core.Layout;

namespace Fuse4fs.Tools;

/// <summary>Features by the names that e2fsprogs gives them.</summary>
internal static class FeatureNames
{
    private static readonly string?[] Compatible =
    [
        "dir_prealloc", "imagic_inodes", "has_journal", "ext_attr", "resize_inode", "dir_index", null, null, null,
        "sparse_super2", "fast_commit", "stable_inodes", "orphan_file",
    ];

    private static readonly string?[] Incompatible =
    [
        "compression", "filetype", "needs_recovery", "journal_dev", "meta_bg", null, "extent", "64bit", "mmp", "flex_bg",
        "ea_inode", null, "dirdata", "metadata_csum_seed", "large_dir", "inline_data", "encrypt", "casefold",
    ];

    private static readonly string?[] ReadOnlyCompatible =
    [
        "sparse_super", "large_file", null, "huge_file", "uninit_bg", "dir_nlink", "extra_isize", null, "quota", "bigalloc",
        "metadata_csum", "replica", "read-only", "project", "shared_blocks", "verity", "orphan_present",
    ];

    /// <summary>All names, in e2fsprogs' order; a bit without a name is shown as FEATURE_ and its word and bit.</summary>
    public static IReadOnlyList<string> Of(
        CompatibleFeatures compatible, IncompatibleFeatures incompatible, ReadOnlyCompatibleFeatures readOnlyCompatible)
    {
        List<string> names = [];
        Append(names, Compatible, (uint)compatible, 'C');
        Append(names, Incompatible, (uint)incompatible, 'I');
        Append(names, ReadOnlyCompatible, (uint)readOnlyCompatible, 'R');
        return names;
    }

    private static void Append(List<string> names, string?[] known, uint bits, char word)
    {
        while (bits != 0)
        {
            int bit = BitOperations.TrailingZeroCount(bits);
            names.Add((bit < known.Length ? known[bit] : null) ?? $"FEATURE_{word}{bit}");
            bits &= bits - 1;
        }
    }
}
