namespace Ext4Safety.IntegrationTests.Images;

/// <summary>The configurations that are compared with the reference.</summary>
public static class ImageMatrix
{
    private const string Ext2 = "ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file";
    private const string Ext3 = "has_journal," + Ext2;
    private const string Ext4Plain = "ext_attr,dir_index,filetype,sparse_super,large_file,extent,flex_bg,huge_file,dir_nlink,extra_isize";
    private const string Ext4 = "has_journal,resize_inode," + Ext4Plain;
    private const string Ext4Year2014 = Ext4 + ",uninit_bg";
    private const string Ext4Year2018 = Ext4 + ",64bit,metadata_csum";
    private const string Ext4Year2023 = Ext4Year2018 + ",orphan_file,metadata_csum_seed";
    private const string Checked = Ext4Plain + ",64bit,metadata_csum";

    private const string PageSize = "blocks above the page size";
    private const string Unicode = "no Unicode in this kernel";

    /// <summary>All configurations.</summary>
    public static IReadOnlyList<ImageRecipe> All { get; } =
    [
        // What distributions made, and make.
        new("ext2", Ext2) { BlockSize = 1024, InodeSize = 128, Extra = Extra.ManyEntries },
        new("ext3", Ext3) { InodeSize = 128 },
        new("ext4-2008", Ext4) { InodeSize = 256 },
        new("ext4-2014", Ext4Year2014),
        new("ext4-2018", Ext4Year2018) { Extra = Extra.ManyEntries },
        new("ext4-2023", Ext4Year2023) { After = ["tune2fs -U 01234567-89ab-cdef-0123-456789abcdef"] },
        new("raspberry-pi", Without(Ext4, "huge_file") + ",metadata_csum"),
        new("cloud", Ext4Year2018) { Extended = "lazy_itable_init=1,resize=1048576", MebiBytes = 256 },
        new("android-system", Without(Ext4Plain, "flex_bg") + ",uninit_bg") { Options = "-m 0 -g 2048", After = ["debugfs feature shared_blocks", "tune2fs -O read-only"] },
        new("android-userdata", Ext4Year2018 + ",encrypt,stable_inodes,verity") { Extra = Extra.Encrypted | Extra.Projects, After = ["tune2fs -O project,quota"] },
        new("container-disk", "has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum,orphan_file")
        {
            Options = "-m 0 -J size=4",
        },

        // Sizes of blocks and inodes.
        new("blocks-1k", Ext4Year2018) { BlockSize = 1024, MebiBytes = 96, Extra = Extra.DeepExtents | Extra.ManyEntries },
        new("blocks-2k", Ext4Year2018) { BlockSize = 2048 },
        new("blocks-1k-ext3", Ext3) { BlockSize = 1024 },
        new("inodes-128", Ext4Year2018) { InodeSize = 128 },
        new("inodes-512", Ext4Year2018) { InodeSize = 512 },
        new("inodes-1024", Ext4Year2018) { InodeSize = 1024 },
        new("inodes-1024-blocks-1k", Ext4Year2014) { InodeSize = 1024, BlockSize = 1024 },
        new("inodes-4096", Ext4Year2018) { InodeSize = 4096, Options = "-N 2000" },

        // Features, each by itself or taken away.
        new("no-features", "none") { InodeSize = 128, BlockSize = 1024 },
        new("revision-0", "none") { InodeSize = 128, BlockSize = 1024, Options = "-r 0", Extra = Extra.Plain },
        new("no-filetype", Without(Ext4Year2018, "filetype")),
        new("no-dir-index", Without(Ext4Year2018, "dir_index")),
        new("no-extent", Without(Ext4Year2014, "extent")),
        new("no-extent-csum", Without(Ext4, "extent") + ",metadata_csum") { BlockSize = 1024 },
        new("no-flex-bg", Without(Ext4Year2018, "flex_bg")) { Options = "-g 2048" },
        new("no-sparse-super", Without(Ext4Year2014, "sparse_super", "resize_inode")) { Options = "-g 1024" },
        new("no-extra-isize", Without(Ext4Year2014, "extra_isize")),
        new("no-huge-file", Without(Ext4Year2018, "huge_file", "dir_nlink")),
        new("no-journal", Checked),
        new("64bit-alone", Ext4 + ",64bit"),
        new("csum-alone", Ext4 + ",metadata_csum"),
        new("csum-seed", Checked + ",metadata_csum_seed") { After = ["tune2fs -U 76543210-89ab-cdef-0123-456789abcdef"] },
        new("uninit-bg-64bit", Ext4Year2014 + ",64bit") { BlockSize = 1024 },
        new("flex-bg-wide", Ext4Year2018) { Options = "-g 1024 -G 64" },
        new("meta-bg", Without(Ext4Year2018, "resize_inode") + ",meta_bg") { BlockSize = 1024, Options = "-g 1024" },
        new("meta-bg-32bit", Without(Ext4Year2014, "resize_inode", "flex_bg") + ",meta_bg") { BlockSize = 1024, Options = "-g 512" },
        new("sparse-super2", Without(Ext4Year2018, "resize_inode", "sparse_super") + ",sparse_super2") { Options = "-g 2048" },
        new("sparse-super2-single", Without(Ext4Year2018, "resize_inode", "sparse_super") + ",sparse_super2") { Options = "-g 2048", Extended = "num_backup_sb=1" },
        new("bigalloc-8k", Checked + ",bigalloc") { Options = "-C 8192", MebiBytes = 128 },
        new("bigalloc-64k", Checked + ",bigalloc") { Options = "-C 65536", MebiBytes = 512 },
        new("bigalloc-blocks-1k", Checked + ",bigalloc,has_journal") { BlockSize = 1024, Options = "-C 16384", MebiBytes = 256 },
        new("inline-data", Ext4Year2018 + ",inline_data"),
        new("inline-data-1024", Ext4Year2018 + ",inline_data") { InodeSize = 1024, BlockSize = 1024 },
        new("inline-data-no-csum", Ext4 + ",inline_data") { InodeSize = 512 },
        new("ea-inode", Ext4Year2018 + ",ea_inode") { Extra = Extra.LargeValues },
        new("ea-inode-no-csum", Ext4Year2014 + ",ea_inode") { Extra = Extra.LargeValues, BlockSize = 1024 },
        new("large-dir", Ext4Year2018 + ",large_dir") { BlockSize = 1024, MebiBytes = 128, Extra = Extra.ThreeLevelIndex },
        new("huge-directory", Ext4Year2018) { Extra = Extra.HugeDirectory },
        new("quota", Ext4Year2018) { After = ["tune2fs -O quota"] },
        new("project", Ext4Year2018) { Extra = Extra.Projects, After = ["tune2fs -O project"] },
        new("mmp", Ext4Year2018) { After = ["tune2fs -O mmp"] },
        new("orphan-file", Ext4Year2018 + ",orphan_file"),
        new("orphan-file-no-csum", Ext4Year2014 + ",orphan_file") { BlockSize = 1024 },
        new("fast-commit", Ext4Year2018 + ",fast_commit"),
        new("small-journal", Ext4Year2014) { Options = "-J size=4" },
        new("verity", Ext4Year2018 + ",verity") { Extra = Extra.Verity },
        new("verity-1k", Ext4Year2014 + ",verity") { BlockSize = 1024, Extra = Extra.Verity },
        new("encrypt", Ext4Year2018 + ",encrypt") { Extra = Extra.Encrypted },
        new("stable-inodes", Ext4Year2018 + ",stable_inodes,encrypt"),

        // Hashes of the directory index.
        new("hash-legacy", Ext4Year2018) { Before = ["tune2fs -E hash_alg=legacy"] },
        new("hash-legacy-unsigned", Ext4Year2018) { Before = ["tune2fs -E hash_alg=legacy", "debugfs ssv flags 2"], BlockSize = 1024 },
        new("hash-half-md4-unsigned", Ext4Year2018) { Before = ["debugfs ssv flags 2"] },
        new("hash-tea", Ext4Year2018) { Before = ["tune2fs -E hash_alg=tea"], Extra = Extra.ManyEntries, BlockSize = 1024 },
        new("hash-tea-unsigned", Ext4Year2014) { Before = ["tune2fs -E hash_alg=tea", "debugfs ssv flags 2"] },

        // Everything at once.
        new("everything", Checked + ",has_journal,bigalloc,inline_data,ea_inode,large_dir,encrypt,verity,orphan_file,metadata_csum_seed,fast_commit,stable_inodes")
        {
            Options = "-C 16384", MebiBytes = 256, Extra = Extra.LargeValues | Extra.Encrypted | Extra.Verity | Extra.Projects,
            After = ["tune2fs -O quota,project"],
        },

        // What this kernel cannot mount.
        new("blocks-8k", Ext4Year2018) { BlockSize = 8192, Filling = Filling.Copy, KernelRefuses = PageSize },
        new("blocks-16k", Ext4Year2014) { BlockSize = 16_384, Filling = Filling.Copy, KernelRefuses = PageSize },
        new("blocks-32k-ext2", Ext2) { BlockSize = 32_768, Filling = Filling.Copy, KernelRefuses = PageSize, MebiBytes = 128 },
        new("blocks-64k", Ext4Year2023) { BlockSize = 65_536, Filling = Filling.Copy, KernelRefuses = PageSize, MebiBytes = 256 },
        new("blocks-64k-inodes-1024", Ext4Year2018 + ",inline_data") { BlockSize = 65_536, InodeSize = 1024, Filling = Filling.Copy, KernelRefuses = PageSize, MebiBytes = 256 },
        new("casefold", Ext4Year2018 + ",casefold") { Filling = Filling.Copy, Extra = Extra.CaseFolded, KernelRefuses = Unicode },
        new("casefold-strict", Ext4Year2023 + ",casefold") { Filling = Filling.Copy, Extra = Extra.CaseFolded, KernelRefuses = Unicode, Extended = "encoding_flags=strict" },
    ];

    /// <summary>The tree that mke2fs copies.</summary>
    internal static ImageRecipe CopySource { get; } = new("copy-source", Ext4Year2018);

    /// <summary>The configuration of this name.</summary>
    public static ImageRecipe Named(string name) => All.Single(recipe => string.Equals(recipe.Name, name, StringComparison.Ordinal));

    private static string Without(string features, params string[] dropped) => string.Join(',', features.Split(',').Except(dropped, StringComparer.Ordinal));
}
