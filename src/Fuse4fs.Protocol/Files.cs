using Fuse4fs.Native;

namespace Fuse4fs.Protocol;

/// <summary>How a file is asked for.</summary>
[Flags]
internal enum OpenRequestFlags : uint
{
    None = 0,

    /// <summary>A failure is expected: the helper says nothing of it.</summary>
    Quiet = 1,
}

/// <summary>The server asks for a file by a name of the helper's world.</summary>
/// <remarks>20 bytes: magic, flags of open(2) in this machine's numbers, creation mode, request flags, block size (for a
/// block device, 0 leaves it alone); then the path.</remarks>
internal readonly ref struct OpenView
{
    public const int HeaderSize = 20;

    [PacketFields(HeaderSize)]
    public const int FlagsAt = 4, ModeAt = 8, RequestAt = 12, BlockSizeAt = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    private OpenView(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> path)
    {
        _bytes = packet[..HeaderSize];
        Path = path;
    }

    /// <summary>It must be a block device.</summary>
    public bool WantsBlockDevice => Network.Is(_bytes, PacketKind.OpenBlockDevice);

    public uint Flags => Network.U32(_bytes, FlagsAt);

    public uint CreationMode => Network.U32(_bytes, ModeAt);

    public OpenRequestFlags Request => (OpenRequestFlags)Network.U32(_bytes, RequestAt);

    /// <summary>In bytes.</summary>
    public uint BlockSize => Network.U32(_bytes, BlockSizeAt);

    public ReadOnlySpan<byte> Path { get; }

    /// <summary>Looks at magic, size and the path's end.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out OpenView open)
    {
        bool isOpen = (Network.Is(packet, PacketKind.Open) || Network.Is(packet, PacketKind.OpenBlockDevice))
            & Network.TryText(packet, HeaderSize, out ReadOnlySpan<byte> path);
        open = isOpen ? new(packet, path) : default;
        return isOpen;
    }

    public static byte[] Packet(
        ReadOnlySpan<byte> path, uint flags, OpenRequestFlags request, bool wantsBlockDevice = false, uint blockSize = 0)
    {
        byte[] packet = Network.WithText(wantsBlockDevice ? PacketKind.OpenBlockDevice : PacketKind.Open, HeaderSize, path);
        Network.PutU32(packet, FlagsAt, flags);
        Network.PutU32(packet, RequestAt, (uint)request);
        Network.PutU32(packet, BlockSizeAt, blockSize);
        return packet;
    }
}

/// <summary>A file arrives, or the reason why it does not. A descriptor is attached where the error is none.</summary>
/// <remarks>8 bytes: magic, errno; then the path as it was asked for.</remarks>
internal readonly ref struct FileView
{
    public const int HeaderSize = 8;

    [PacketFields(HeaderSize)]
    public const int ErrorAt = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    private FileView(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> path)
    {
        _bytes = packet[..HeaderSize];
        Path = path;
    }

    public Errno Error => Network.Error(_bytes, ErrorAt);

    public ReadOnlySpan<byte> Path { get; }

    /// <summary>The names under which the first two files come, unasked.</summary>
    public static ReadOnlySpan<byte> ArgumentsName => "argv"u8;

    public static ReadOnlySpan<byte> DeviceName => "fusedev"u8;

    /// <summary>The path of an answer to a request whose own path could not be read.</summary>
    public static ReadOnlySpan<byte> UnknownName => "?"u8;

    /// <summary>Looks at magic, size and the path's end.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out FileView file)
    {
        bool isFile = Network.Is(packet, PacketKind.File) & Network.TryText(packet, HeaderSize, out ReadOnlySpan<byte> path);
        file = isFile ? new(packet, path) : default;
        return isFile;
    }

    public static byte[] Packet(ReadOnlySpan<byte> path, Errno error)
    {
        byte[] packet = Network.WithText(PacketKind.File, HeaderSize, path);
        Network.PutError(packet, ErrorAt, error);
        return packet;
    }
}
