namespace Fuse4fs.Wire;

/// <summary>Names in requests: bytes that end with a NUL.</summary>
internal static class Names
{
    /// <summary>The one name that fills <paramref name="body"/>.</summary>
    /// <returns>False where it is empty, does not end, ends early, or holds a separator.</returns>
    public static bool TryParse(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> name)
    {
        name = body.Length > 1 ? body[..^1] : [];
        return !name.IsEmpty && body[^1] == 0 && name.IndexOfAny((byte)0, (byte)'/') < 0;
    }
}
