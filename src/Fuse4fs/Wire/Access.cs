namespace Fuse4fs.Wire;

/// <summary>ACCESS: what the caller wants to do.</summary>
/// <remarks><c>fuse_access_in</c>, 8 bytes.</remarks>
internal readonly ref struct AccessRequest
{
    public const int Size = 8;
    public const uint Execute = 1, Write = 2;

    private AccessRequest(uint mask) => Mask = mask;

    /// <summary>Bits of access(2).</summary>
    public uint Mask { get; }

    public static bool TryParse(ReadOnlySpan<byte> body, out AccessRequest request)
    {
        request = body.Length == Size ? new(Host.U32(body, 0)) : default;
        return body.Length == Size;
    }
}
