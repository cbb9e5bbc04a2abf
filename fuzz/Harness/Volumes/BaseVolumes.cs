using Ext4Safety.Fuzz.Mutation;

namespace Ext4Safety.Fuzz.Volumes;

/// <summary>A sound volume that inputs start from.</summary>
public sealed class BaseVolume
{
    private readonly Lazy<SparseImage> _image;
    private readonly Lazy<VolumeSurvey> _survey;
    private readonly Lazy<VolumeAtlas> _atlas;

    internal BaseVolume(byte id, string name, string description)
    {
        Id = id;
        Name = name;
        Description = description;
        _image = new(Load);
        _survey = new(LookAround);
        _atlas = new(() => new(_survey.Value));
    }

    /// <summary>What inputs name it by; never used for another one.</summary>
    public byte Id { get; }

    /// <summary>Lower-case words joined by hyphens.</summary>
    public string Name { get; }

    /// <summary>What is particular about it.</summary>
    public string Description { get; }

    /// <summary>Its bytes, unpacked when they are first asked for.</summary>
    public SparseImage Image => _image.Value;

    /// <summary>Every structure on it, found when it is first asked for; nothing for the volume of zeros.</summary>
    internal VolumeSurvey? Survey => Id == BaseVolumes.ZerosId ? null : _survey.Value;

    /// <summary>What each of its bytes is called; nothing for the volume of zeros.</summary>
    internal VolumeAtlas? Atlas => Id == BaseVolumes.ZerosId ? null : _atlas.Value;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private VolumeSurvey LookAround()
    {
        SparseDevice device = new();
        device.Reset(Image, Image.Length);
        return new(device);
    }

    private SparseImage Load()
    {
        if (Id == BaseVolumes.ZerosId)
        {
            return SparseImage.Empty;
        }

        using Stream stored = typeof(BaseVolume).Assembly.GetManifestResourceStream(Name + BaseVolumes.Extension)
            ?? throw new FileNotFoundException($"the volume {Name} is not part of the program: make it with fuzz/Making");
        return SparseImage.Load(stored);
    }
}

/// <summary>Every volume that inputs start from.</summary>
public static class BaseVolumes
{
    /// <summary>The volume of zeros: for inputs that bring all of a volume's metadata themselves.</summary>
    public const byte ZerosId = 0;

    /// <summary>What the names of packed volumes end with.</summary>
    public const string Extension = ".volume";

    private static readonly BaseVolume?[] ById = Index();

    /// <summary>Every volume, zeros first.</summary>
    public static IReadOnlyList<BaseVolume> All { get; } = [.. ById.OfType<BaseVolume>()];

    /// <summary>The volume of this id, or nothing.</summary>
    public static BaseVolume? Find(byte id) => ById[id];

    /// <summary>The volume of this name, or nothing.</summary>
    public static BaseVolume? Find(string name) =>
        All.FirstOrDefault(volume => string.Equals(volume.Name, name, StringComparison.Ordinal));

    private static BaseVolume?[] Index()
    {
        BaseVolume?[] volumes = new BaseVolume?[byte.MaxValue + 1];
        foreach (BaseVolume volume in List())
        {
            volumes[volume.Id] = volume;
        }

        return volumes;
    }

    private static BaseVolume[] List() =>
    [
        new(ZerosId, "zeros", "nothing: the input brings everything"),
        new(1, "minimal", "64 KiB: the fewest structures that ext4 with checksums has"),
        new(2, "ext2", "indirect maps, inodes of 128 bytes, no journal"),
        new(3, "ext2-no-features", "no feature at all, not even file types"),
        new(4, "ext3", "indirect maps and an empty journal"),
        new(5, "ext4-crc16", "descriptors with CRC-16, nothing else with a checksum"),
        new(6, "ext4-checked", "metadata_csum and 64bit"),
        new(7, "ext4-inodes-128", "metadata_csum with small descriptors and inodes of 128 bytes"),
        new(8, "ext4-journal", "an empty journal, metadata_csum_seed"),
        new(9, "ext4-4k-inline", "blocks of 4 KiB, inline data, value inodes"),
        new(10, "inline-no-checksums", "inodes of 1 KiB with inline data, no checksums"),
        new(11, "bigalloc", "clusters of 4 KiB"),
        new(12, "meta-bg", "descriptors in meta groups, many groups"),
        new(13, "indirect-checked", "indirect maps under metadata_csum"),
        new(14, "sparse-super2", "two backups, named in the superblock"),
        new(15, "orphan-file-mmp", "an orphan file with an entry, and multiple-mount protection"),
        new(16, "casefold", "directories without case, with and without an index"),
        new(17, "blocks-64k", "blocks of 64 KiB"),
        new(18, "blocks-2k", "blocks of 2 KiB"),
        new(19, "journal-dirty-v1", "a journal to be seen through, transaction checksums, revokes"),
        new(20, "journal-dirty-v2", "a journal to be seen through, checksums of 16 bits in tags, revokes"),
        new(21, "journal-dirty-v3", "a journal to be seen through, wide tags, 64bit, revokes"),
        new(22, "fast-commit-dirty", "a transaction and fast commits behind it"),
        new(23, "htree-deep", "a directory whose index has two levels"),
        new(24, "extents-deep", "a file whose extent tree has two levels below its root"),
        new(25, "indirect-deep", "a file with single, double and triple indirect blocks"),
        new(26, "large-dir", "large_dir, and an index"),
        new(27, "encrypted", "an encrypted directory with a file and links"),
        new(28, "verity", "files protected by fs-verity with SHA-256 and SHA-512"),
        new(29, "value-inodes", "attribute values in inodes of their own, shared"),
        new(30, "attributes", "attribute blocks, shared ones, access control lists"),
        new(31, "orphans-listed", "inodes in the superblock's list of orphans"),
        new(32, "external-journal", "the journal is on another device; the volume reads without it"),
        new(33, "stable-inodes", "stable_inodes and encrypt, and nothing encrypted"),
        new(34, "quota-project", "quota files of three kinds, projects"),
        new(35, "bigalloc-inline", "clusters of 16 KiB under inline data"),
        new(36, "journal-dirty-plain", "a journal to be seen through, no checksums, tags with UUIDs, an escaped block"),
    ];
}
