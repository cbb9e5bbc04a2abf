using Ext4Core.Inodes;
using Ext4Core.Primitives;

namespace Ext4Core.Directories;

/// <summary>Takes the entries of a listing.</summary>
public interface IDirectorySink
{
    /// <summary>Takes one entry.</summary>
    /// <returns>False when there was no room for it: the listing stops in front of it.</returns>
    bool Add(scoped DirectoryEntry entry);
}

/// <summary>One entry of a listing; valid until <see cref="IDirectorySink.Add"/> returns.</summary>
public readonly ref struct DirectoryEntry
{
    internal DirectoryEntry(ReadOnlySpan<byte> name, InodeNumber inode, FileType type, ulong nextCookie)
    {
        Name = name;
        Inode = inode;
        Type = type;
        NextCookie = nextCookie;
    }

    /// <summary>The name: 1 to 255 bytes, no slash. Not necessarily text.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The inode; whether it is in use is not known here.</summary>
    public InodeNumber Inode { get; }

    /// <summary>What the entry says its inode is; unknown without the filetype feature.</summary>
    public FileType Type { get; }

    /// <summary>Where a listing goes on behind this entry. Stable while the directory does not change.</summary>
    public ulong NextCookie { get; }
}
