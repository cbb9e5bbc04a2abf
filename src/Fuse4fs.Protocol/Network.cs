using System.Buffers.Binary;
using Fuse4fs.Native;

namespace Fuse4fs.Protocol;

/// <summary>Big-endian numbers in packets.</summary>
internal static class Network
{
    public const int MagicSize = 4;

    public static ushort U16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);

    public static uint U32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    public static void PutU16(Span<byte> bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(bytes[offset..], value);

    public static void PutU32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32BigEndian(bytes[offset..], value);

    /// <summary>An error number: any 32 bits may stand there.</summary>
    public static Errno Error(ReadOnlySpan<byte> bytes, int offset) => unchecked((Errno)U32(bytes, offset));

    public static void PutError(Span<byte> bytes, int offset, Errno error) => PutU32(bytes, offset, unchecked((uint)error));

    /// <summary>What a packet says it is.</summary>
    /// <returns>False where it is too short to say.</returns>
    public static bool TryKind(ReadOnlySpan<byte> packet, out PacketKind kind)
    {
        kind = packet.Length < MagicSize ? default : (PacketKind)U32(packet, 0);
        return packet.Length >= MagicSize;
    }

    public static bool Is(ReadOnlySpan<byte> packet, PacketKind kind) => TryKind(packet, out PacketKind found) && found == kind;

    /// <summary>The text from an offset to the end of a packet: its last byte is NUL, and an earlier one ends it.</summary>
    /// <returns>False where the NUL is missing or nothing stands before it.</returns>
    public static bool TryText(ReadOnlySpan<byte> packet, int offset, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (packet.Length < offset + 2 || packet[^1] != 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = packet[offset..];
        text = rest[..rest.IndexOf((byte)0)];
        return !text.IsEmpty;
    }

    /// <summary>A packet that ends with a text.</summary>
    public static byte[] WithText(PacketKind kind, int headerSize, ReadOnlySpan<byte> text)
    {
        byte[] packet = new byte[headerSize + text.Length + 1];
        PutU32(packet, 0, (uint)kind);
        text.CopyTo(packet.AsSpan(headerSize));
        return packet;
    }
}
