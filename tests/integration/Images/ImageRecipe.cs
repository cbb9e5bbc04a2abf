namespace Ext4Safety.IntegrationTests.Images;

/// <summary>What a filled image holds beyond the ordinary tree.</summary>
[Flags]
public enum Extra
{
    None = 0,

    /// <summary>A directory of 20,000 entries.</summary>
    ManyEntries = 1,

    /// <summary>A directory of 200,000 entries.</summary>
    HugeDirectory = 2,

    /// <summary>A file whose extent tree has three levels below the inode, on 1 KiB blocks.</summary>
    DeepExtents = 4,

    /// <summary>A directory of long names, so large that its index needs a third level.</summary>
    ThreeLevelIndex = 8,

    /// <summary>Attribute values above one block.</summary>
    LargeValues = 16,

    /// <summary>Directories, files and links encrypted with a key that is gone afterwards.</summary>
    Encrypted = 32,

    /// <summary>Files with a Merkle tree behind their end.</summary>
    Verity = 64,

    /// <summary>Project identifiers on files and directories.</summary>
    Projects = 128,

    /// <summary>Directories that fold case.</summary>
    CaseFolded = 256,

    /// <summary>Less, not more: only what revision 0 can hold, neither attributes nor files above 2 GiB.</summary>
    Plain = 512,
}

/// <summary>Who writes the tree.</summary>
public enum Filling
{
    /// <summary>The kernel's driver, on a loop device.</summary>
    Kernel,

    /// <summary>mke2fs, copying a tree that the kernel's driver made, for volumes that this kernel cannot write.</summary>
    Copy,
}

/// <summary>One configuration: how the volume is made, filled and finished.</summary>
/// <param name="Name">The configuration's name, and the file's.</param>
/// <param name="Features">The whole feature list; nothing comes from the machine's own defaults.</param>
public sealed record ImageRecipe(string Name, string Features)
{
    /// <summary>Bytes of a block.</summary>
    public int BlockSize { get; init; } = 4096;

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize { get; init; } = 256;

    /// <summary>Logical size.</summary>
    public int MebiBytes { get; init; } = 64;

    /// <summary>Further arguments of mke2fs, separated by blanks.</summary>
    public string Options { get; init; } = "";

    /// <summary>Extended options of mke2fs (<c>-E</c>), separated by commas.</summary>
    public string Extended { get; init; } = "";

    /// <summary>Options of the mount that fills.</summary>
    public string MountOptions { get; init; } = "";

    public Filling Filling { get; init; }

    public Extra Extra { get; init; }

    /// <summary>Commands on the empty volume, before it is filled; each takes the image as its last argument.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Commands on the filled volume; each takes the image as its last argument.</summary>
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>Why a kernel without larger pages and Unicode cannot mount it, or null when it can.</summary>
    public string? KernelRefuses { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Everything that decides the image's content.</summary>
    internal string Fingerprint => string.Join('\n', Name, Features, BlockSize, InodeSize, MebiBytes, Options, Extended, MountOptions,
        Filling, Extra, string.Join(';', Before), string.Join(';', After));
}
