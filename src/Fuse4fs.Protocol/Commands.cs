using Fuse4fs.Native;

namespace Fuse4fs.Protocol;

/// <summary>What is mounted: the flags of <see cref="PacketKind.Type"/>.</summary>
[Flags]
internal enum MountKind : uint
{
    /// <summary>A connection without a device: <c>fuse</c>.</summary>
    Plain = 0,

    /// <summary>The kernel claims the block device, and unmounting waits for the server: <c>fuseblk</c>.</summary>
    Block = 1,
}

/// <summary>The flags of <see cref="PacketKind.Mount"/>: those of mount(2) that a mount of ours may carry.</summary>
[Flags]
internal enum KernelMountFlags : uint
{
    None = 0,
    ReadOnly = 0x1,
    NoSetUserId = 0x2,
    NoDevices = 0x4,
    NoExecution = 0x8,
    Synchronous = 0x10,
    SynchronousDirectories = 0x80,
    NoSymbolicLinks = 0x100,
    NoAccessTime = 0x400,
    NoDirectoryAccessTime = 0x800,

    /// <summary>All of them: any other bit is refused.</summary>
    All = ReadOnly | NoSetUserId | NoDevices | NoExecution | Synchronous | SynchronousDirectories | NoSymbolicLinks | NoAccessTime
        | NoDirectoryAccessTime,
}

/// <summary>What a mount point must be: the file type bits of a mode.</summary>
internal enum MountPointType : ushort
{
    Any = 0,
    Directory = 0x4000,
    RegularFile = 0x8000,
}

/// <summary>A command that carries one number: flags or an exit code.</summary>
/// <remarks>8 bytes: magic, number.</remarks>
internal readonly ref struct NumberView
{
    public const int Size = 8;

    [PacketFields(Size)]
    public const int NumberAt = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    private NumberView(ReadOnlySpan<byte> packet) => _bytes = packet[..Size];

    public uint Number => Network.U32(_bytes, NumberAt);

    /// <summary>Looks at the size: the magic has led here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out NumberView command)
    {
        bool fits = packet.Length == Size;
        command = fits ? new(packet) : default;
        return fits;
    }

    public static byte[] Packet(PacketKind kind, uint number)
    {
        byte[] packet = new byte[Size];
        Network.PutU32(packet, 0, (uint)kind);
        Network.PutU32(packet, NumberAt, number);
        return packet;
    }
}

/// <summary>A command that carries one text: the source, or options separated by commas.</summary>
/// <remarks>4 bytes: magic; then the text.</remarks>
internal readonly ref struct TextView
{
    public const int HeaderSize = 4;

    private TextView(ReadOnlySpan<byte> text) => Text = text;

    public ReadOnlySpan<byte> Text { get; }

    /// <summary>Looks at size and the text's end: the magic has led here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out TextView command)
    {
        bool fits = Network.TryText(packet, HeaderSize, out ReadOnlySpan<byte> text);
        command = new(text);
        return fits;
    }

    public static byte[] Packet(PacketKind kind, ReadOnlySpan<byte> text) => Network.WithText(kind, HeaderSize, text);
}

/// <summary>Where to mount: one of the words that the helper was called with.</summary>
/// <remarks>8 bytes: magic, wanted type, zero; then the path.</remarks>
internal readonly ref struct MountPointView
{
    public const int HeaderSize = 8;

    [PacketFields(HeaderSize)]
    public const int TypeAt = 4, PaddingAt = 6;

    private readonly ReadOnlySpan<byte> _bytes;

    private MountPointView(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> path)
    {
        _bytes = packet[..HeaderSize];
        Path = path;
    }

    public MountPointType Type => (MountPointType)Network.U16(_bytes, TypeAt);

    public ReadOnlySpan<byte> Path { get; }

    /// <summary>Looks at size, type, padding and the path's end: the magic has led here.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out MountPointView command)
    {
        bool fits = Network.TryText(packet, HeaderSize, out ReadOnlySpan<byte> path)
            && Network.U16(packet, PaddingAt) == 0
            && (MountPointType)Network.U16(packet, TypeAt) is MountPointType.Any or MountPointType.Directory or MountPointType.RegularFile;
        command = fits ? new(packet, path) : default;
        return fits;
    }

    public static byte[] Packet(ReadOnlySpan<byte> path, MountPointType type)
    {
        byte[] packet = Network.WithText(PacketKind.MountPoint, HeaderSize, path);
        Network.PutU16(packet, TypeAt, (ushort)type);
        return packet;
    }
}

/// <summary>The helper's answer to every command but requests for files.</summary>
/// <remarks>8 bytes: magic, errno.</remarks>
internal readonly ref struct ReplyView
{
    public const int Size = 8;

    [PacketFields(Size)]
    public const int ErrorAt = 4;

    private ReplyView(Errno error) => Error = error;

    public Errno Error { get; }

    /// <summary>Looks at size and magic.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out ReplyView reply)
    {
        bool isReply = packet.Length == Size && Network.Is(packet, PacketKind.Reply);
        reply = isReply ? new(Network.Error(packet, ErrorAt)) : default;
        return isReply;
    }

    public static byte[] Packet(Errno error)
    {
        byte[] packet = new byte[Size];
        Network.PutU32(packet, 0, (uint)PacketKind.Reply);
        Network.PutError(packet, ErrorAt, error);
        return packet;
    }
}
