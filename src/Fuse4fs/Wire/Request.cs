namespace Fuse4fs.Wire;

/// <summary>One request as the kernel sent it: the header, and the body without extensions.</summary>
/// <remarks><c>fuse_in_header</c>, 40 bytes.</remarks>
internal readonly ref struct Request
{
    public const int HeaderSize = 40;
    private const int Len = 0, OpcodeAt = 4, UniqueAt = 8, NodeIdAt = 16, Uid = 24, Gid = 28, Pid = 32, TotalExtLen = 36;

    private readonly ReadOnlySpan<byte> _header;

    private Request(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        _header = header;
        Body = body;
    }

    /// <summary>What follows the header, up to the extensions.</summary>
    public ReadOnlySpan<byte> Body { get; }

    public Opcode Opcode => (Opcode)Host.U32(_header, OpcodeAt);

    /// <summary>Names the request in its reply.</summary>
    public ulong Unique => Host.U64(_header, UniqueAt);

    /// <summary>The node that the request is about; 0 where it is about none.</summary>
    public ulong NodeId => Host.U64(_header, NodeIdAt);

    public uint UserId => Host.U32(_header, Uid);

    public uint GroupId => Host.U32(_header, Gid);

    public uint ProcessId => Host.U32(_header, Pid);

    /// <summary>Reads what one read(2) gave.</summary>
    /// <returns>False where the header is cut short: there is nobody to answer then. A length that contradicts itself
    /// leaves an empty body, which every operation that needs one refuses.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out Request request)
    {
        if (message.Length < HeaderSize)
        {
            request = default;
            return false;
        }

        ReadOnlySpan<byte> header = message[..HeaderSize];
        ReadOnlySpan<byte> body = message[HeaderSize..];
        int extensions = Host.U16(header, TotalExtLen) * 8;
        bool isConsistent = Host.U32(header, Len) == message.Length && extensions <= body.Length;
        request = new(header, isConsistent ? body[..^extensions] : []);
        return true;
    }
}
