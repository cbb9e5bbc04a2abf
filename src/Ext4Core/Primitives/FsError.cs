namespace Ext4Core.Primitives;

/// <summary>An ordinary answer of the file system; the values are Linux's error numbers.</summary>
public enum FsError
{
    /// <summary>Success.</summary>
    None = 0,

    /// <summary>ENOENT: no such entry.</summary>
    NotFound = 2,

    /// <summary>ENXIO: no data or hole beyond this offset.</summary>
    NoSuchAddress = 6,

    /// <summary>EACCES: not permitted by mode or policy.</summary>
    AccessDenied = 13,

    /// <summary>ENOTDIR: a directory was needed.</summary>
    NotDirectory = 20,

    /// <summary>EISDIR: anything but a directory was needed.</summary>
    IsDirectory = 21,

    /// <summary>EINVAL: the request makes no sense for this inode.</summary>
    Invalid = 22,

    /// <summary>EROFS: the volume is mounted read-only.</summary>
    ReadOnly = 30,

    /// <summary>ERANGE: the caller's buffer is too small.</summary>
    Range = 34,

    /// <summary>ENAMETOOLONG: a name above 255 bytes.</summary>
    NameTooLong = 36,

    /// <summary>ENODATA: no such attribute.</summary>
    NoData = 61,

    /// <summary>EOPNOTSUPP: the volume cannot do this.</summary>
    NotSupported = 95,

    /// <summary>ESTALE: the inode is gone.</summary>
    Stale = 116,

    /// <summary>ENOKEY: the contents are encrypted and no key is present.</summary>
    NoKey = 126,

    /// <summary>EIO: verified contents do not match their digest.</summary>
    InputOutput = 5,
}
