using System.Collections.Concurrent;
using System.Text;

namespace TestSupport;

/// <summary>A configuration of a volume small enough to be damaged in memory thousands of times.</summary>
/// <param name="Name">What the configuration is called.</param>
/// <param name="Features">The whole feature list.</param>
public sealed record SmallVolume(string Name, string Features)
{
    private const string Ext2 = "ext_attr,resize_inode,dir_index,filetype,sparse_super,large_file";
    private const string Ext4 = "ext_attr,dir_index,filetype,sparse_super,large_file,extent,flex_bg,huge_file,dir_nlink,extra_isize";
    private const string Checked = Ext4 + ",64bit,metadata_csum";

    private static readonly ConcurrentDictionary<string, Lazy<byte[]>> Made = new(StringComparer.Ordinal);

    /// <summary>Every configuration.</summary>
    public static IReadOnlyList<SmallVolume> All { get; } =
    [
        new("ext2", Ext2) { InodeSize = 128 },
        new("ext2-no-features", "none") { InodeSize = 128 },
        new("ext3", Ext2 + ",has_journal") { InodeSize = 128, Options = "-J size=1" },
        new("ext4-crc16", Ext4 + ",uninit_bg,resize_inode"),
        new("ext4-checked", Checked + ",resize_inode"),
        new("ext4-checked-32bit", Ext4 + ",metadata_csum") { InodeSize = 128 },
        new("ext4-journal", Checked + ",has_journal,metadata_csum_seed") { Options = "-J size=1" },
        new("ext4-4k-inline", Checked + ",inline_data,ea_inode") { BlockSize = 4096, InodeSize = 512 },
        new("inline-no-checksums", Ext4 + ",inline_data") { InodeSize = 1024 },
        new("bigalloc", Checked + ",bigalloc") { Options = "-C 4096" },
        new("meta-bg", Checked + ",meta_bg") { Options = "-g 512" },
        new("indirect-checked", "ext_attr,dir_index,filetype,sparse_super,large_file,metadata_csum"),
        new("sparse-super2", Checked.Replace("sparse_super", "sparse_super2", StringComparison.Ordinal)) { Options = "-g 1024" },
        new("orphan-file-mmp-quota", Checked + ",has_journal,orphan_file,mmp,quota,project") { Options = "-J size=1" },
        new("casefold", Checked + ",casefold,ea_inode") { BlockSize = 4096 },
        new("blocks-64k", Checked) { BlockSize = 65536 },
    ];

    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; init; } = 1024;

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize { get; init; } = 256;

    /// <summary>Further arguments of mke2fs, separated by blanks.</summary>
    public string Options { get; init; } = "";

    /// <summary>Whether this machine can make volumes.</summary>
    public static bool CanBeMade { get; } = ExternalTool.Exists("mke2fs") && ExternalTool.Exists("debugfs");

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>A fresh copy of the volume. It is made once in a run, and e2fsck finds nothing wrong with it.</summary>
    public byte[] Make() => (byte[])Made.GetOrAdd(Name, _ => new(Build)).Value.Clone();

    /// <summary>The configuration of this name.</summary>
    public static SmallVolume Named(string name) => All.First(volume => string.Equals(volume.Name, name, StringComparison.Ordinal));

    private byte[] Build()
    {
        string directory = Directory.CreateTempSubdirectory("ext4safety-small-").FullName;
        try
        {
            string image = Path.Combine(directory, "volume.img");
            string tree = Path.Combine(directory, "tree");
            string configuration = Path.Combine(directory, "mke2fs.conf");
            File.WriteAllText(configuration, "[defaults]\n\tbase_features = none\n\tenable_periodic_fsck = 0\n");
            WriteTree(tree);
            MakeVolume(image, tree);
            Finish(image, directory);
            return File.ReadAllBytes(image);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private void MakeVolume(string image, string tree)
    {
        const string Identity = "6e4f7a52-1c0b-4d3e-9a77-0f5d2c8b1e90";
        int kilobytes = BlockSize switch { > 4096 => 16384, 4096 => 4096, _ => 3072 };
        string[] options = Options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ExternalTool.Run("env", [
            $"MKE2FS_CONFIG={Path.Combine(Path.GetDirectoryName(image)!, "mke2fs.conf")}", "mke2fs", "-q", "-F",
            "-U", Identity, "-E", $"hash_seed={Identity},lazy_itable_init=0,nodiscard,root_owner=0:0", "-b", $"{BlockSize}", "-I", $"{InodeSize}",
            "-N", "128", "-O", Features.Equals("none", StringComparison.Ordinal) ? "none" : "none," + Features, "-d", tree,
            .. options, image, $"{kilobytes}",
        ]);
    }

    /// <summary>Everything that a directory of the machine cannot hold without privileges, then an index for each directory.</summary>
    private void Finish(string image, string directory)
    {
        const int Repaired = 1;
        string commands = Path.Combine(directory, "commands");
        string value = Path.Combine(directory, "value");
        File.WriteAllText(value, new('v', Math.Min(BlockSize, 4096) / 2));
        string huge = Path.Combine(directory, "huge");
        File.WriteAllText(huge, new('w', 5 * 1024));
        StringBuilder script = new("mknod pipe p\nmknod characters c 1 3\nmknod blocks b 7 300\n");
        script.Append("ea_set plain user.short value\n");
        if (!Features.Equals("none", StringComparison.Ordinal))
        {
            script.Append($"ea_set plain user.long -f {value}\nea_set many security.label here\n");
        }

        if (Features.Contains("ea_inode", StringComparison.Ordinal))
        {
            script.Append($"ea_set small user.huge -f {huge}\n");
        }

        File.WriteAllText(commands, script.ToString());
        ExternalTool.Run("debugfs", "-w", "-f", commands, image);
        _ = ExternalTool.Try("e2fsck", "-fyD", image).Expect(Repaired);
        ExternalTool.Run("e2fsck", "-fn", image);
    }

    private void WriteTree(string tree)
    {
        Directory.CreateDirectory(Path.Combine(tree, "many"));
        Directory.CreateDirectory(Path.Combine(tree, "few", "deep", "deeper"));
        File.WriteAllText(Path.Combine(tree, "plain"), new('p', 3000));
        File.WriteAllText(Path.Combine(tree, "small"), "a few bytes");
        File.WriteAllText(Path.Combine(tree, "middling"), new('m', 100));
        File.WriteAllText(Path.Combine(tree, "empty"), "");
        File.CreateSymbolicLink(Path.Combine(tree, "short-link"), "plain");
        File.CreateSymbolicLink(Path.Combine(tree, "long-link"), new string('l', 200));
        int entries = BlockSize >= 4096 ? 400 : 150;
        StringBuilder links = new($"cd '{tree}' && ln small");
        for (int index = 0; index < entries; index++)
        {
            string name = $"entry-{index:d4}-of-a-directory-with-an-index";
            if (index % 10 == 0 && index < 300)
            {
                File.CreateSymbolicLink(Path.Combine(tree, "many", name), "../plain");
            }
            else
            {
                links.Append($" many/{name} && ln small");
            }
        }

        ExternalTool.Run("sh", "-c", $"{links} few/another-name");
        WriteSparse(Path.Combine(tree, "fragmented"), BlockSize switch { > 4096 => 6, 4096 => 40, _ => 400 }, 2);
        WriteSparse(Path.Combine(tree, "far"), 3, 4000);
        ExternalTool.Run("touch", "-d", "2024-02-03T04:05:06Z", tree);
    }

    private void WriteSparse(string path, int blocks, int stride)
    {
        byte[] block = new byte[BlockSize];
        using FileStream file = File.Create(path);
        for (int index = 0; index < blocks; index++)
        {
            Array.Fill(block, (byte)(index + 1));
            file.Position = (long)index * stride * BlockSize;
            file.Write(block);
        }
    }
}

/// <summary>A test that needs small volumes, and says why it skips where there are none.</summary>
public sealed class SmallVolumeFactAttribute : Xunit.FactAttribute
{
    public SmallVolumeFactAttribute()
    {
        if (!SmallVolume.CanBeMade)
        {
            Skip = SmallVolumeTheoryAttribute.Reason;
        }
    }
}

/// <summary>A theory that needs small volumes, and says why it skips where there are none.</summary>
public sealed class SmallVolumeTheoryAttribute : Xunit.TheoryAttribute
{
    internal const string Reason = "mke2fs and debugfs (e2fsprogs) are not installed here";

    public SmallVolumeTheoryAttribute()
    {
        if (!SmallVolume.CanBeMade)
        {
            Skip = Reason;
        }
    }
}
