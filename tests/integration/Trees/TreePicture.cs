namespace Ext4Safety.IntegrationTests.Trees;

/// <summary>Everything that can be seen of a tree, in a form that two sources can be compared in.</summary>
internal sealed class TreePicture
{
    /// <summary>Every name in every directory, by path from the root; "." and ".." included.</summary>
    public SortedDictionary<string, EntryPicture> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Every inode that some name leads to, once.</summary>
    public SortedDictionary<ulong, NodePicture> Nodes { get; } = [];

    /// <summary>The volume's own figures.</summary>
    public NodePicture Volume { get; } = new("volume");
}

/// <summary>One name: what the listing says of it, and where looking it up leads.</summary>
internal sealed record EntryPicture(ulong ListedInode, int ListedType, string Found)
{
    /// <inheritdoc/>
    public override string ToString() => $"listed as inode {ListedInode} of type {ListedType}, found {Found}";
}

/// <summary>What can be seen of one inode: fields as readable text.</summary>
internal sealed class NodePicture(string path)
{
    /// <summary>The first path that led here, for reports.</summary>
    public string Path { get; } = path;

    public SortedDictionary<string, string> Fields { get; } = new(StringComparer.Ordinal);

    public string this[string field]
    {
        set => Fields[field] = value;
    }
}

/// <summary>Names of fields; an attribute's field is its name behind <see cref="AttributePrefix"/>.</summary>
internal static class Field
{
    public const string Mode = "mode";
    public const string Links = "links";
    public const string User = "user";
    public const string Group = "group";
    public const string Device = "device";
    public const string Size = "size";
    public const string Sectors = "sectors";
    public const string PreferredBlock = "preferred block";
    public const string AccessTime = "access time";
    public const string ModificationTime = "modification time";
    public const string ChangeTime = "change time";
    public const string BirthTime = "birth time";
    public const string StatxAttributes = "statx attributes";
    public const string Flags = "flags";
    public const string Generation = "generation";
    public const string Project = "project";
    public const string ExtendedFlags = "extended flags";
    public const string Target = "target";
    public const string Map = "map";
    public const string Content = "content";
    public const string Problem = "problem";
    public const string AttributeNames = "attribute names";
    public const string AttributePrefix = "attribute ";

    public const string VolumeType = "volume type";
    public const string VolumeBlockSize = "volume block size";
    public const string VolumeBlocks = "volume blocks";
    public const string VolumeFree = "volume free blocks";
    public const string VolumeAvailable = "volume available blocks";
    public const string VolumeInodes = "volume inodes";
    public const string VolumeFreeInodes = "volume free inodes";
    public const string VolumeIdentity = "volume identity";
    public const string VolumeNameLength = "volume name length";
    public const string VolumeFragment = "volume fragment size";

    /// <summary>A time as seconds and nanoseconds.</summary>
    public static string Time(long seconds, long nanoseconds) => $"{seconds}.{nanoseconds:d9}";

    /// <summary>An attribute's value: short ones whole, long ones as a digest.</summary>
    public static string Value(ReadOnlySpan<byte> value) => value.Length <= 64
        ? $"{value.Length} bytes {Convert.ToHexStringLower(value)}"
        : $"{value.Length} bytes, digest {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(value))}";
}
