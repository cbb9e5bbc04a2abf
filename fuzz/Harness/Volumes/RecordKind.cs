namespace Ext4Safety.Fuzz.Volumes;

/// <summary>What a record of an input asks for. The numbers are the format: none is ever used for something else.</summary>
public enum RecordKind : byte
{
    /// <summary>Bytes at an offset of the volume.</summary>
    Edit = 0x01,

    /// <summary>One value over a range of the volume: offset, length, value.</summary>
    Fill = 0x02,

    /// <summary>A range of the volume over another one: from, to, length.</summary>
    Copy = 0x03,

    /// <summary>A range of a base volume over one of this volume: base, from, to, length.</summary>
    Borrow = 0x04,

    /// <summary>The device's size in bytes: cut off, or grown by zeros.</summary>
    Length = 0x20,

    /// <summary>Every read of a KiB of the device fails.</summary>
    FailPage = 0x21,

    /// <summary>One read of the device fails: which one, from 0.</summary>
    FailOnce = 0x22,

    /// <summary>Reads of the device fail from one on.</summary>
    FailFrom = 0x23,

    /// <summary>Where the superblock is read. Unit: KiB.</summary>
    SuperblockAt = 0x30,

    /// <summary>Finds a name: directory; name.</summary>
    Lookup = 0x40,

    /// <summary>Finds a name that the directory lists: directory, which entry.</summary>
    LookupListed = 0x41,

    /// <summary>Lists a directory: directory, cookie, room in entries.</summary>
    List = 0x42,

    /// <summary>Tells what an inode says of itself: inode.</summary>
    Stat = 0x43,

    /// <summary>Reads a file: inode, offset, length.</summary>
    Read = 0x44,

    /// <summary>Says where bytes of a file are: inode, offset, length.</summary>
    Map = 0x45,

    /// <summary>Finds data: inode, offset.</summary>
    SeekData = 0x46,

    /// <summary>Finds a hole: inode, offset.</summary>
    SeekHole = 0x47,

    /// <summary>Says where a block of a file is: inode, block.</summary>
    BlockOf = 0x48,

    /// <summary>Reads a link: inode, room in bytes.</summary>
    ReadLink = 0x49,

    /// <summary>Reads an attribute: inode, room in bytes; name.</summary>
    GetAttribute = 0x4A,

    /// <summary>Lists attributes: inode, room in bytes.</summary>
    ListAttributes = 0x4B,

    /// <summary>Asks for the volume's counts.</summary>
    Statistics = 0x4C,

    /// <summary>Asks who else uses the volume.</summary>
    MultipleMount = 0x4D,

    /// <summary>Counts the orphans.</summary>
    CountOrphans = 0x4E,

    /// <summary>Unmounts and mounts again.</summary>
    Remount = 0x4F,
}

/// <summary>The shape of each kind of record.</summary>
public static class RecordKinds
{
    /// <summary>Numbers that a record can have at most.</summary>
    public const int MaximumNumbers = 4;

    /// <summary>Every kind.</summary>
    public static ReadOnlySpan<RecordKind> All =>
    [
        RecordKind.Edit, RecordKind.Fill, RecordKind.Copy, RecordKind.Borrow, RecordKind.Length, RecordKind.FailPage,
        RecordKind.FailOnce, RecordKind.FailFrom, RecordKind.SuperblockAt, RecordKind.Lookup, RecordKind.LookupListed,
        RecordKind.List, RecordKind.Stat, RecordKind.Read, RecordKind.Map, RecordKind.SeekData, RecordKind.SeekHole,
        RecordKind.BlockOf, RecordKind.ReadLink, RecordKind.GetAttribute, RecordKind.ListAttributes, RecordKind.Statistics,
        RecordKind.MultipleMount, RecordKind.CountOrphans, RecordKind.Remount,
    ];

    /// <summary>Whether a record says how a volume differs from its base.</summary>
    public static bool IsEdit(this RecordKind kind) => kind is >= RecordKind.Edit and <= RecordKind.Borrow;

    /// <summary>Whether a record says how the device fails.</summary>
    public static bool IsFault(this RecordKind kind) => kind is >= RecordKind.Length and <= RecordKind.FailFrom;

    /// <summary>Whether a record is a step of the program.</summary>
    public static bool IsOperation(this RecordKind kind) => kind is >= RecordKind.Lookup and <= RecordKind.Remount;

    /// <summary>Numbers that a record of this kind has; -1 for a byte that is no kind.</summary>
    public static int NumbersOf(RecordKind kind) => kind switch
    {
        RecordKind.Edit or RecordKind.Length or RecordKind.FailPage or RecordKind.FailOnce or RecordKind.FailFrom
            or RecordKind.SuperblockAt or RecordKind.Lookup or RecordKind.Stat => 1,
        RecordKind.LookupListed or RecordKind.SeekData or RecordKind.SeekHole or RecordKind.BlockOf or RecordKind.ReadLink
            or RecordKind.GetAttribute or RecordKind.ListAttributes => 2,
        RecordKind.Fill or RecordKind.Copy or RecordKind.List or RecordKind.Read or RecordKind.Map => 3,
        RecordKind.Borrow => 4,
        RecordKind.Statistics or RecordKind.MultipleMount or RecordKind.CountOrphans or RecordKind.Remount => 0,
        _ => -1,
    };

    /// <summary>Whether bytes, and how many they are, follow the numbers.</summary>
    public static bool HasBytes(RecordKind kind) => kind is RecordKind.Edit or RecordKind.Lookup or RecordKind.GetAttribute;
}
