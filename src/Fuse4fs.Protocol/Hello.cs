namespace Fuse4fs.Protocol;

/// <summary>What a helper is ready to do for its caller.</summary>
[Flags]
internal enum HelperGrants : uint
{
    None = 0,

    /// <summary>Mount with <c>allow_other</c>.</summary>
    AllowOther = 1,

    /// <summary>Mount a block device as such: <c>fuseblk</c>.</summary>
    BlockMount = 2,
}

/// <summary>The helper's first word.</summary>
/// <remarks>12 bytes: magic, lowest version, highest version, grants.</remarks>
internal readonly ref struct HelloView
{
    public const int Size = 12;

    [PacketFields(Size)]
    public const int LowestAt = 4, HighestAt = 6, GrantsAt = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private HelloView(ReadOnlySpan<byte> packet) => _bytes = packet[..Size];

    public ushort LowestVersion => Network.U16(_bytes, LowestAt);

    public ushort HighestVersion => Network.U16(_bytes, HighestAt);

    public HelperGrants Grants => (HelperGrants)Network.U32(_bytes, GrantsAt);

    /// <summary>Whether the helper speaks our version; a range that is upside down speaks none.</summary>
    public bool Speaks(ushort version) => LowestVersion <= version && version <= HighestVersion;

    /// <summary>Looks at size and magic alone.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out HelloView hello)
    {
        bool isHello = packet.Length == Size && Network.Is(packet, PacketKind.Hello);
        hello = isHello ? new(packet) : default;
        return isHello;
    }

    public static byte[] Packet(HelperGrants grants)
    {
        byte[] packet = new byte[Size];
        Network.PutU32(packet, 0, (uint)PacketKind.Hello);
        Network.PutU16(packet, LowestAt, Limits.Version);
        Network.PutU16(packet, HighestAt, Limits.Version);
        Network.PutU32(packet, GrantsAt, (uint)grants);
        return packet;
    }
}

/// <summary>The server's answer to it.</summary>
/// <remarks>8 bytes: magic, version, zero.</remarks>
internal readonly ref struct HelloReplyView
{
    public const int Size = 8;

    [PacketFields(Size)]
    public const int VersionAt = 4, PaddingAt = 6;

    private readonly ReadOnlySpan<byte> _bytes;

    private HelloReplyView(ReadOnlySpan<byte> packet) => _bytes = packet[..Size];

    public ushort Version => Network.U16(_bytes, VersionAt);

    /// <summary>Looks at size, magic and padding.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out HelloReplyView reply)
    {
        bool isReply = packet.Length == Size && Network.Is(packet, PacketKind.HelloReply) && Network.U16(packet, PaddingAt) == 0;
        reply = isReply ? new(packet) : default;
        return isReply;
    }

    public static byte[] Packet()
    {
        byte[] packet = new byte[Size];
        Network.PutU32(packet, 0, (uint)PacketKind.HelloReply);
        Network.PutU16(packet, VersionAt, Limits.Version);
        return packet;
    }
}
