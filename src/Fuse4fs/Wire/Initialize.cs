namespace Fuse4fs.Wire;

/// <summary>What a kernel offers and a server takes, 64 bits in two words.</summary>
[Flags]
internal enum InitFlags : ulong
{
    AsyncRead = 1ul << 0,
    ExportSupport = 1ul << 4,
    BigWrites = 1ul << 5,
    ParallelDirectoryOperations = 1ul << 18,
    DirectoryPlus = 1ul << 13,
    DirectoryPlusAuto = 1ul << 14,
    AsyncDirectIo = 1ul << 15,
    NoOpenSupport = 1ul << 17,
    AccessControlLists = 1ul << 20,
    MaxPages = 1ul << 22,
    CacheSymbolicLinks = 1ul << 23,
    NoOpenDirectorySupport = 1ul << 24,
    SetXattrExtended = 1ul << 29,
    Extended = 1ul << 30,
}

/// <summary>The first request of a connection.</summary>
/// <remarks><c>fuse_init_in</c>, 64 bytes; 16 before 7.36.</remarks>
internal readonly ref struct InitRequest
{
    public const int Size = 64, OldSize = 16;
    private const int MajorAt = 0, MinorAt = 4, MaxReadaheadAt = 8, FlagsLow = 12, FlagsHigh = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    private InitRequest(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public uint Major => Host.U32(_bytes, MajorAt);

    public uint Minor => Host.U32(_bytes, MinorAt);

    /// <summary>In bytes.</summary>
    public uint MaxReadahead => Host.U32(_bytes, MaxReadaheadAt);

    /// <summary>The high word counts only where the low one says so.</summary>
    public InitFlags Flags
    {
        get
        {
            var low = (InitFlags)Host.U32(_bytes, FlagsLow);
            return low.HasFlag(InitFlags.Extended) && _bytes.Length >= Size
                ? low | (InitFlags)((ulong)Host.U32(_bytes, FlagsHigh) << 32)
                : low;
        }
    }

    public static bool TryParse(ReadOnlySpan<byte> body, out InitRequest request)
    {
        request = new(body);
        return body.Length >= OldSize;
    }
}

/// <summary>The settings that the server answers with.</summary>
/// <remarks><c>fuse_init_out</c>, 64 bytes.</remarks>
internal readonly record struct InitReply
{
    public const int Size = 64;
    public const uint ProtocolMajor = 7, ProtocolMinor = 45;

    /// <summary>The oldest kernel that is spoken to is Linux 5.4: every layout since is the one in this folder.</summary>
    public const uint OldestMinor = 31;

    private const int MajorAt = 0, MinorAt = 4, MaxReadaheadAt = 8, FlagsLow = 12, MaxBackgroundAt = 16, CongestionAt = 18,
        MaxWriteAt = 20, TimeGranularityAt = 24, MaxPagesAt = 28, FlagsHigh = 32;

    public required uint MaxReadahead { get; init; }

    public required InitFlags Flags { get; init; }

    public required ushort MaxBackground { get; init; }

    public required ushort CongestionThreshold { get; init; }

    /// <summary>In bytes: the largest write, and with <see cref="MaxPages"/> the largest read.</summary>
    public required uint MaxWrite { get; init; }

    /// <summary>In nanoseconds.</summary>
    public required uint TimeGranularity { get; init; }

    public required ushort MaxPages { get; init; }

    /// <summary>Writes the reply's body and gives its length.</summary>
    public int Put(Span<byte> reply)
    {
        reply = reply[..Size];
        reply.Clear();
        Host.PutU32(reply, MajorAt, ProtocolMajor);
        Host.PutU32(reply, MinorAt, ProtocolMinor);
        Host.PutU32(reply, MaxReadaheadAt, MaxReadahead);
        Host.PutU32(reply, FlagsLow, unchecked((uint)Flags));
        Host.PutU16(reply, MaxBackgroundAt, MaxBackground);
        Host.PutU16(reply, CongestionAt, CongestionThreshold);
        Host.PutU32(reply, MaxWriteAt, MaxWrite);
        Host.PutU32(reply, TimeGranularityAt, TimeGranularity);
        Host.PutU16(reply, MaxPagesAt, MaxPages);
        Host.PutU32(reply, FlagsHigh, (uint)((ulong)Flags >> 32));
        return Size;
    }
}
