using Fuse4fs.Wire;

namespace Fuse4fs.UnitTests;

/// <summary>Requests as a kernel would send them, or nearly.</summary>
internal static class RequestBytes
{
    private const int UniqueAt = 8, NodeIdAt = 16, ExtensionsAt = 36;

    public static byte[] Of(Opcode opcode, ulong nodeId, params ReadOnlySpan<byte> body)
    {
        byte[] bytes = [.. new byte[Request.HeaderSize], .. body];
        BitConverter.TryWriteBytes(bytes.AsSpan(), bytes.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), (uint)opcode);
        BitConverter.TryWriteBytes(bytes.AsSpan(UniqueAt), 2ul);
        BitConverter.TryWriteBytes(bytes.AsSpan(NodeIdAt), nodeId);
        return bytes;
    }

    /// <summary>Says that the last <paramref name="count"/> times 8 bytes are extensions.</summary>
    public static void PutExtensions(byte[] request, ushort count) => BitConverter.TryWriteBytes(request.AsSpan(ExtensionsAt), count);

    /// <summary>The body of READ, READDIR and READDIRPLUS.</summary>
    public static byte[] ReadBody(ulong offset, uint count)
    {
        byte[] body = new byte[ReadRequest.Size];
        BitConverter.TryWriteBytes(body.AsSpan(8), offset);
        BitConverter.TryWriteBytes(body.AsSpan(16), count);
        return body;
    }

    /// <summary>The body of an IOCTL without input.</summary>
    public static byte[] ControlBody(uint command, uint capacity)
    {
        byte[] body = new byte[ControlRequest.Size];
        BitConverter.TryWriteBytes(body.AsSpan(12), command);
        BitConverter.TryWriteBytes(body.AsSpan(28), capacity);
        return body;
    }
}
