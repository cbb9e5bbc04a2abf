namespace Ext4Safety.Fuzz.Making;

/// <summary>How one volume is made.</summary>
/// <param name="Name">The volume's name.</param>
/// <param name="Features">The whole feature list of mke2fs.</param>
internal sealed record VolumeRecipe(string Name, string Features)
{
    private const string Ext2 = "ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file";
    private const string Ext4 = "ext_attr,dir_index,filetype,sparse_super,large_file,extent,flex_bg,huge_file,dir_nlink,extra_isize";
    private const string Checked = Ext4 + ",64bit,metadata_csum";
    private const string SmallJournal = "-J size=1";

    /// <summary>Every recipe.</summary>
    public static IReadOnlyList<VolumeRecipe> All { get; } =
    [
        new("minimal", Checked) { Inodes = 16, Kilobytes = 64, Write = Contents.Few },
        new("ext2", Ext2) { InodeSize = 128 },
        new("ext2-no-features", "") { InodeSize = 128 },
        new("ext3", Ext2 + ",has_journal") { InodeSize = 128, Options = SmallJournal },
        new("ext4-crc16", Ext4 + ",uninit_bg,resize_inode"),
        new("ext4-checked", Checked + ",resize_inode"),
        new("ext4-inodes-128", Ext4 + ",metadata_csum") { InodeSize = 128 },
        new("ext4-journal", Checked + ",has_journal,metadata_csum_seed") { Options = SmallJournal },
        new("ext4-4k-inline", Checked + ",inline_data,ea_inode") { BlockSize = 4096, InodeSize = 512 },
        new("inline-no-checksums", Ext4 + ",inline_data") { InodeSize = 1024 },
        new("bigalloc", Checked + ",bigalloc") { Options = "-C 4096" },
        new("meta-bg", Checked + ",meta_bg") { Options = "-g 256" },
        new("indirect-checked", "ext_attr,dir_index,filetype,sparse_super,large_file,metadata_csum"),
        new("sparse-super2", Checked.Replace("sparse_super", "sparse_super2", StringComparison.Ordinal)) { Options = "-g 256" },
        new("orphan-file-mmp", Checked + ",has_journal,orphan_file,mmp")
        {
            Options = SmallJournal, Finish = Finishing.FileOrphan, Soundness = Soundness.AfterRecovery,
        },
        new("casefold", Checked + ",casefold,ea_inode") { BlockSize = 4096, Write = Contents.WithoutCase },
        new("blocks-64k", Checked) { BlockSize = 65536, Kilobytes = 8192 },
        new("blocks-2k", Checked + ",has_journal") { BlockSize = 2048, Kilobytes = 12288, Options = "-J size=2" },
        new("journal-dirty-v1", Ext4 + ",has_journal") { Options = SmallJournal, Finish = Finishing.DirtyV1, Soundness = Soundness.AfterRecovery },
        new("journal-dirty-v2", Ext4 + ",has_journal,metadata_csum") { Options = SmallJournal, Finish = Finishing.DirtyV2, Soundness = Soundness.AfterRecovery },
        new("journal-dirty-v3", Checked + ",has_journal") { Options = SmallJournal, Finish = Finishing.DirtyV3, Soundness = Soundness.AfterRecovery },
        new("fast-commit-dirty", Checked + ",has_journal,fast_commit")
        {
            Kilobytes = 8192, Options = "-J size=2", Finish = Finishing.FastCommits, Soundness = Soundness.NotAsked,
        },
        new("htree-deep", Checked) { Inodes = 32, Kilobytes = 2048, Write = Contents.DeepIndex },
        new("extents-deep", Checked) { Inodes = 32, Kilobytes = 2048, Write = Contents.DeepExtents },
        new("indirect-deep", Ext2) { InodeSize = 128, Inodes = 32, Write = Contents.DeepIndirect },
        new("large-dir", Checked + ",large_dir"),
        new("encrypted", Checked + ",encrypt") { Write = Contents.Encrypted, Finish = Finishing.SetEncryptionContexts },
        new("verity", Checked + ",verity") { Inodes = 32, Write = Contents.Verity },
        new("value-inodes", Checked + ",ea_inode") { Write = Contents.LongValues },
        new("attributes", Checked) { Write = Contents.Attributes },
        new("orphans-listed", Checked) { Finish = Finishing.ListOrphans, Soundness = Soundness.AfterRecovery },
        new("external-journal", Checked) { Inodes = 32, Write = Contents.Few, Finish = Finishing.MoveJournalAway, Soundness = Soundness.NotAsked },
        new("stable-inodes", Checked + ",stable_inodes,encrypt") { Inodes = 32, Write = Contents.Few },
        new("quota-project", Checked + ",quota,project") { Options = "-E quotatype=usrquota:grpquota:prjquota" },
        new("bigalloc-inline", Checked + ",bigalloc,inline_data") { Options = "-C 16384", InodeSize = 512, Kilobytes = 4096 },
        new("journal-dirty-plain", Ext4 + ",has_journal,64bit")
        {
            Options = SmallJournal, Finish = Finishing.DirtyPlain, Soundness = Soundness.AfterRecovery,
        },
    ];

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; init; } = 1024;

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize { get; init; } = 256;

    /// <summary>Inodes on the volume.</summary>
    public int Inodes { get; init; } = 64;

    /// <summary>The volume's size; 0 chooses one that the contents and a small journal fit into. Unit: KiB.</summary>
    public int Kilobytes { get; init; }

    /// <summary>Further arguments of mke2fs, separated by blanks.</summary>
    public string Options { get; init; } = "";

    /// <summary>Writes the files.</summary>
    public Action<Script, VolumeRecipe> Write { get; init; } = Contents.Usual;

    /// <summary>What no tool can do, on the image's bytes.</summary>
    public Action<WorkingImage>? Finish { get; init; }

    /// <summary>What e2fsck says of it.</summary>
    public Soundness Soundness { get; init; } = Soundness.Sound;

    /// <summary>Whether the volume has a feature.</summary>
    public bool Has(string feature) => Features.Split(',').Contains(feature, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What e2fsck says of a volume.</summary>
internal enum Soundness
{
    /// <summary>Nothing is wrong.</summary>
    Sound,

    /// <summary>Nothing is wrong once it has recovered the volume.</summary>
    AfterRecovery,

    /// <summary>Nothing that helps: version 1.47 refuses to go on without the external journal, and breaks off after
    /// replaying fast commits that follow a transaction with the superblock in it.</summary>
    NotAsked,
}
