namespace Fuse4fs.Wire;

/// <summary>LSEEK: the next data or the next hole.</summary>
/// <remarks><c>fuse_lseek_in</c>, 24 bytes; <c>fuse_lseek_out</c>, 8 bytes.</remarks>
internal readonly ref struct SeekRequest
{
    public const int Size = 24, ReplySize = 8;
    public const uint Data = 3, Hole = 4;
    private const int OffsetAt = 8, WhenceAt = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    private SeekRequest(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ulong Offset => Host.U64(_bytes, OffsetAt);

    /// <summary><see cref="Data"/> or <see cref="Hole"/>.</summary>
    public uint Whence => Host.U32(_bytes, WhenceAt);

    public static bool TryParse(ReadOnlySpan<byte> body, out SeekRequest request)
    {
        request = new(body);
        return body.Length == Size && request.Whence is Data or Hole;
    }

    public static int PutReply(Span<byte> reply, ulong position)
    {
        Host.PutU64(reply, 0, position);
        return ReplySize;
    }
}
