namespace Fuse4fs.Wire;

/// <summary>IOCTL: a command, and how much room its result has.</summary>
/// <remarks><c>fuse_ioctl_in</c>, 32 bytes; <c>fuse_ioctl_out</c>, 16 bytes and the result's bytes.</remarks>
internal readonly ref struct ControlRequest
{
    public const int Size = 32, ReplySize = 16;
    private const int CommandAt = 12, InSizeAt = 24, OutSizeAt = 28;

    private readonly ReadOnlySpan<byte> _bytes;

    private ControlRequest(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public uint Command => Host.U32(_bytes, CommandAt);

    /// <summary>Bytes of result that the caller has room for.</summary>
    public uint ResultCapacity => Host.U32(_bytes, OutSizeAt);

    public static bool TryParse(ReadOnlySpan<byte> body, out ControlRequest request)
    {
        request = new(body);
        return body.Length >= Size && Host.U32(body, InSizeAt) == body.Length - Size;
    }

    /// <summary>Writes a success in front of a result of <paramref name="resultLength"/> bytes at <see cref="ReplySize"/>.</summary>
    public static int PutReply(Span<byte> reply, int resultLength)
    {
        reply[..ReplySize].Clear();
        return ReplySize + resultLength;
    }
}
