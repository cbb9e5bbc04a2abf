namespace Fuse4fs.Wire;

/// <summary>What the kernel may keep of an open file or directory.</summary>
[Flags]
internal enum OpenFlags : uint
{
    KeepCache = 1u << 1,
    CacheDirectory = 1u << 3,
}

/// <summary>OPEN and OPENDIR.</summary>
/// <remarks><c>fuse_open_in</c>, 8 bytes; <c>fuse_open_out</c>, 16 bytes.</remarks>
internal static class Open
{
    public const int RequestSize = 8, ReplySize = 16;
    private const int Handle = 0, Flags = 8;

    /// <summary>Writes the reply's body: no handle is needed, since a node tells everything.</summary>
    public static int Put(Span<byte> reply, OpenFlags flags)
    {
        reply = reply[..ReplySize];
        reply.Clear();
        Host.PutU64(reply, Handle, 0);
        Host.PutU32(reply, Flags, (uint)flags);
        return ReplySize;
    }
}
