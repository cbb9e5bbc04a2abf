using Fuse4fs.Native;

namespace Fuse4fs.Wire;

/// <summary>What every reply begins with.</summary>
/// <remarks><c>fuse_out_header</c>, 16 bytes.</remarks>
internal static class ReplyHeader
{
    public const int Size = 16;
    private const int Len = 0, Error = 4, Unique = 8;

    /// <summary>A success with <paramref name="bodyLength"/> bytes behind the header.</summary>
    public static int PutSuccess(Span<byte> reply, ulong unique, int bodyLength) => Put(reply, unique, Errno.None, Size + bodyLength);

    /// <summary>An error: the header alone.</summary>
    public static int PutError(Span<byte> reply, ulong unique, Errno error) => Put(reply, unique, error, Size);

    private static int Put(Span<byte> reply, ulong unique, Errno error, int length)
    {
        Host.PutU32(reply, Len, (uint)length);
        Host.PutU32(reply, Error, (uint)-(int)error);
        Host.PutU64(reply, Unique, unique);
        return length;
    }
}
