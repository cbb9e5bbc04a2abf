namespace Fuse4fs.Wire;

/// <summary>GETXATTR and LISTXATTR: how much room the caller has, and which attribute.</summary>
/// <remarks><c>fuse_getxattr_in</c>, 8 bytes, and for GETXATTR a name.</remarks>
internal readonly ref struct XattrRequest
{
    public const int Size = 8;
    private const int SizeAt = 0;

    private XattrRequest(uint capacity, ReadOnlySpan<byte> name)
    {
        Capacity = capacity;
        Name = name;
    }

    /// <summary>In bytes; 0 asks for the length alone.</summary>
    public uint Capacity { get; }

    /// <summary>The attribute's full name; empty in LISTXATTR.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public static bool TryParseGet(ReadOnlySpan<byte> body, out XattrRequest request)
    {
        request = default;
        if (body.Length <= Size || body[^1] != 0 || body[Size..^1].Contains((byte)0))
        {
            return false;
        }

        request = new(Host.U32(body, SizeAt), body[Size..^1]);
        return true;
    }

    public static bool TryParseList(ReadOnlySpan<byte> body, out XattrRequest request)
    {
        request = body.Length == Size ? new(Host.U32(body, SizeAt), []) : default;
        return body.Length == Size;
    }
}

/// <summary>The answer to a question for the length alone.</summary>
/// <remarks><c>fuse_getxattr_out</c>, 8 bytes.</remarks>
internal static class XattrLength
{
    public const int Size = 8;

    public static int Put(Span<byte> reply, uint length)
    {
        Host.PutU32(reply, 0, length);
        Host.PutU32(reply, 4, 0);
        return Size;
    }
}
