using System.Globalization;
using System.Text;
using Ext4Core.Audit;
using Ext4Core.Integrity;
using Ext4Core.Io;
using Ext4Core.Layout;
using Microsoft.Win32.SafeHandles;
using TestSupport;

namespace Ext4Core.UnitTests.Audit;

/// <summary>Holds the audit against e2fsck on real images, most of them damaged on purpose. The committed table has what
/// <c>e2fsck -fn</c> 1.47.0 ended with: 0 where it found nothing.</summary>
public sealed class AuditAgreementTests
{
    /// <summary>Where the two differ, and why that is right.</summary>
    private static readonly Dictionary<string, string> Explained = new(StringComparer.Ordinal)
    {
        ["f_clear_orphan_file.img"] = "e2fsck clears a flag that says the orphan file is in use; an unused flag is no damage",
        ["other-0ef75e60b768.img"] = "e2fsck clears a flag that says the orphan file is in use; an unused flag is no damage",
        ["f_ea_inode_fast_symlink.img"] = "e2fsck takes a short link's text for block numbers; the kernel reads the link",
        ["f_bad_local_jnl.img"] = "the journal counts users, as only an external one has them; the kernel does not ask, and mounts",
        ["f_ea_zero_size.img"] = "an empty value in an inode of its own, which the kernel refuses to read",
        ["f_ea_inode_spurious_flag_dir.img"] = "the kernel refuses a root directory that is marked as an attribute's value",
        ["f_first_meta_bg_too_big.img"] = "the kernel refuses a first meta block group behind the last",
        ["f_uninit_enable.img"] = "a wrong descriptor checksum, which e2fsck repairs without a word",
        ["other-2a864677a8f3.img"] = "the volume is larger than its image",
        ["r_min_itable.img"] = "a backup of the superblock is missing, and e2fsck does not look for it",
    };

    [SharedImagesFact]
    public void Damage_is_found_where_e2fsck_finds_it_and_nowhere_else()
    {
        List<string> differences = [];
        StringBuilder unexplained = new();
        foreach (string line in File.ReadLines(Path.Combine(TestTree.Root, "tests", "unit", "Audit", "e2fsck-verdicts.tsv")).Skip(1))
        {
            string[] columns = line.Split('\t');
            bool isDamagedThere = int.Parse(columns[1], CultureInfo.InvariantCulture) != 0;
            string verdict = Examine(columns[0]);
            bool isDamagedHere = !verdict.Equals("clean", StringComparison.Ordinal);
            if (isDamagedHere != isDamagedThere)
            {
                differences.Add(columns[0]);
                unexplained.Append(Explained.ContainsKey(columns[0]) ? "" : $"{columns[0]}: e2fsck ends with {columns[1]}, the audit says: {verdict}\n");
            }
        }

        Assert.Equal("", unexplained.ToString());
        Assert.Equal(Explained.Keys.Order(StringComparer.Ordinal), differences.Order(StringComparer.Ordinal));
    }

    private static string Examine(string image)
    {
        string? path = Unpack(image);
        string? journal = Unpack(image[..^".img".Length] + ".jnl.img");
        try
        {
            string verdict = Examine(path!, new() { SkipJournal = true, CacheBytes = 1 << 20 }, volume => volume.Audit(new()));

            // e2fsck -n leaves a log alone, yet it asks for the journal's own device.
            bool isClean = verdict.Equals("clean", StringComparison.Ordinal);
            return isClean && HasJournalElsewhere(path!)
                ? Examine(path!, new() { JournalDevice = journal is null ? null : Open(journal) }, _ => null)
                : verdict;
        }
        finally
        {
            File.Delete(path!);
            File.Delete(journal ?? path!);
        }
    }

    private static string Examine(string path, VolumeOptions options, Func<Volume, AuditResult?> look)
    {
        try
        {
            using Volume volume = Volume.Mount(Open(path), options);
            AuditResult? result = look(volume);
            return result is null or { IsClean: true } ? "clean" : $"{result.ReportCount} reports, first {result.Reports[0].Message}";
        }
        catch (Exception refusal) when (refusal is CorruptionException or UnsupportedFeatureException or DeviceException)
        {
            return refusal.Message;
        }
    }

    private static bool HasJournalElsewhere(string path)
    {
        using FileBlockDevice device = Open(path);
        byte[] superblock = new byte[SuperblockView.Size];
        device.Read(new(SuperblockView.VolumeOffset), superblock);
        return superblock.AsSpan(SuperblockView.SJournalUuid, 16).ContainsAnyExcept((byte)0);
    }

    private static FileBlockDevice Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        return new(handle, RandomAccess.GetLength(handle), isReadOnly: true);
    }

    private static string? Unpack(string image)
    {
        string packed = Path.Combine(SharedImagesFactAttribute.Images, image + ".zst");
        if (!File.Exists(packed))
        {
            return null;
        }

        string path = Path.GetTempFileName();
        ExternalTool.Run("zstd", "-dqf", "--sparse", packed, "-o", path);
        return path;
    }

    private sealed class SharedImagesFactAttribute : FactAttribute
    {
        public SharedImagesFactAttribute()
        {
            if (!Directory.Exists(Images))
            {
                Skip = $"the collection of real images is not at {Images}";
            }
        }

        public static string Images { get; } = Environment.GetEnvironmentVariable("EXT4SAFETY_SHARED_IMAGES")
            ?? Path.GetFullPath(Path.Combine(TestTree.Root, "..", "shared", "images"));
    }
}
