namespace Fuse4fs.Protocol;

/// <summary>The first four bytes of each packet: letters that say what it is.</summary>
internal enum PacketKind : uint
{
    /// <summary><c>SAFT</c>, helper to server: <see cref="HelloView"/>.</summary>
    Hello = 0x53414654,

    /// <summary><c>LAST</c>, server to helper: <see cref="HelloReplyView"/>.</summary>
    HelloReply = 0x4C415354,

    /// <summary><c>FILE</c>, helper to server: <see cref="FileView"/>.</summary>
    File = 0x46494C45,

    /// <summary><c>REPL</c>, helper to server: <see cref="ReplyView"/>.</summary>
    Reply = 0x5245504C,

    /// <summary><c>OPEN</c>, server to helper: <see cref="OpenView"/>.</summary>
    Open = 0x4F50454E,

    /// <summary><c>BDEV</c>, server to helper: <see cref="OpenView"/> of a block device and nothing else.</summary>
    OpenBlockDevice = 0x42444556,

    /// <summary><c>TYPE</c>, server to helper: <see cref="NumberView"/> with <see cref="MountKind"/>.</summary>
    Type = 0x54595045,

    /// <summary><c>NAME</c>, server to helper: <see cref="TextView"/> with the source.</summary>
    Source = 0x4E414D45,

    /// <summary><c>MNTP</c>, server to helper: <see cref="MountPointView"/>.</summary>
    MountPoint = 0x4D4E5450,

    /// <summary><c>OPTS</c>, server to helper: <see cref="TextView"/> with options for the kernel.</summary>
    Options = 0x4F505453,

    /// <summary><c>MTAB</c>, server to helper: <see cref="TextView"/> with options for the mount table alone.</summary>
    TableOptions = 0x4D544142,

    /// <summary><c>DOIT</c>, server to helper: <see cref="NumberView"/> with <see cref="KernelMountFlags"/>.</summary>
    Mount = 0x444F4954,

    /// <summary><c>BYEE</c>, server to helper: <see cref="NumberView"/> with an exit code.</summary>
    Goodbye = 0x42594545,

    /// <summary><c>ARGS</c>, no packet: the head of the <see cref="ArgumentBlock"/>.</summary>
    Arguments = 0x41524753,
}

/// <summary>Sizes and numbers that both ends agree on.</summary>
internal static class Limits
{
    /// <summary>The only version there is.</summary>
    public const ushort Version = 1;

    /// <summary>The largest packet, in bytes.</summary>
    public const int PacketBytes = 65536;

    /// <summary>What the kernel takes for a path, with its NUL.</summary>
    public const int PathBytes = 4096;

    /// <summary>A socket that cannot hold an open request with the longest path is of no use.</summary>
    public const int LeastSendBuffer = OpenView.HeaderSize + PathBytes + 1;

    /// <summary>The words of the command line: a bound of ours, the protocol knows none.</summary>
    public const int ArgumentBytes = 1 << 20;
}
