namespace Fuse4fs.Wire;

/// <summary>READ, READDIR and READDIRPLUS: from where and how much.</summary>
/// <remarks><c>fuse_read_in</c>, 40 bytes.</remarks>
internal readonly ref struct ReadRequest
{
    public const int Size = 40;
    private const int OffsetAt = 8, SizeAt = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    private ReadRequest(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Bytes from the start of the file, or a directory's cookie; 0 is the start.</summary>
    public ulong Offset => Host.U64(_bytes, OffsetAt);

    /// <summary>Bytes wanted at most.</summary>
    public uint Count => Host.U32(_bytes, SizeAt);

    public static bool TryParse(ReadOnlySpan<byte> body, out ReadRequest request)
    {
        request = new(body);
        return body.Length == Size;
    }
}
