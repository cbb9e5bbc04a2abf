namespace Fuse4fs.Wire;

/// <summary>BMAP: where a block of a file lies.</summary>
/// <remarks><c>fuse_bmap_in</c>, 16 bytes; <c>fuse_bmap_out</c>, 8 bytes.</remarks>
internal readonly ref struct MapBlockRequest
{
    public const int Size = 16, ReplySize = 8;
    private const int BlockAt = 0, BlockSizeAt = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private MapBlockRequest(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Counted in <see cref="BlockSize"/> from the file's start.</summary>
    public ulong Block => Host.U64(_bytes, BlockAt);

    /// <summary>In bytes.</summary>
    public uint BlockSize => Host.U32(_bytes, BlockSizeAt);

    public static bool TryParse(ReadOnlySpan<byte> body, out MapBlockRequest request)
    {
        request = new(body);
        return body.Length == Size && request.BlockSize != 0;
    }

    public static int PutReply(Span<byte> reply, ulong block)
    {
        Host.PutU64(reply, 0, block);
        return ReplySize;
    }
}
