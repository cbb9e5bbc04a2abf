using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>How a message arrived: <c>msg_flags</c> of recvmsg(2).</summary>
[Flags]
internal enum MessageFlags
{
    None = 0,

    /// <summary>More descriptors were sent than there was room for, or one was refused on the way.</summary>
    ControlTruncated = 0x8,

    /// <summary>The message is larger than its buffer.</summary>
    Truncated = 0x20,
}

/// <summary>Messages with at most one descriptor: SCM_RIGHTS, unix(7).</summary>
internal static partial class Libc
{
    private const int SocketLevel = 1, ScmRights = 1;
    private const int EndOfRecord = 0x80, NoSignal = 0x4000, TrueLength = 0x20, CloseOnExecMessage = 0x40000000;

    /// <summary>Waits for a message that carries exactly one descriptor.</summary>
    /// <returns>The descriptor, or an invalid handle: the sender sent none, or hung up.</returns>
    public static SafeFileHandle ReceiveDescriptor(SafeFileHandle socket)
    {
        nint count = ReceivePacket(socket, stackalloc byte[1], out SafeFileHandle? descriptor, out MessageFlags flags);
        if (count > 0 && !flags.HasFlag(MessageFlags.ControlTruncated) && descriptor is not null)
        {
            return descriptor;
        }

        descriptor?.Dispose();
        return new(-1, ownsHandle: true);
    }

    /// <summary>recvmsg(2): one message, and the descriptor that came along, closed on exec.</summary>
    /// <returns>The message's true length, which may exceed the buffer's; 0 where the sender hung up; -1 with errno.</returns>
    public static unsafe nint ReceivePacket(SafeFileHandle socket, Span<byte> buffer, out SafeFileHandle? descriptor, out MessageFlags flags)
    {
        DescriptorMessage control = default;
        fixed (byte* start = buffer)
        {
            InputVector vector = new() { Address = start, Length = (nuint)buffer.Length };

            // Room for one descriptor, without the padding: a second one would not fit.
            MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = DescriptorMessage.LengthOfOne };
            nint count;
            do
            {
                count = ReceiveMessage(socket, &header, TrueLength | CloseOnExecMessage);
            }
            while (count < 0 && LastError == Errno.Interrupted);

            bool carriesOne = count > 0
                && control is { Length: DescriptorMessage.LengthOfOne, Level: SocketLevel, Type: ScmRights };
            descriptor = carriesOne ? new(control.Descriptor, ownsHandle: true) : null;
            flags = (MessageFlags)header.Flags;
            return count;
        }
    }

    /// <summary>sendmsg(2): one message, and a descriptor where one is given. A receiver that is gone is EPIPE, no signal.</summary>
    public static unsafe nint SendPacket(SafeFileHandle socket, ReadOnlySpan<byte> packet, SafeFileHandle? descriptor)
    {
        DescriptorMessage control = new()
        {
            Length = DescriptorMessage.LengthOfOne,
            Level = SocketLevel,
            Type = ScmRights,
            Descriptor = descriptor is null ? -1 : (int)descriptor.DangerousGetHandle(),
        };
        fixed (byte* start = packet)
        {
            InputVector vector = new() { Address = start, Length = (nuint)packet.Length };
            MessageHeader header = new() { Vectors = &vector, VectorCount = 1 };
            if (descriptor is not null)
            {
                header.Control = &control;
                header.ControlLength = (nuint)sizeof(DescriptorMessage);
            }

            nint count;
            do
            {
                count = SendMessage(socket, &header, EndOfRecord | NoSignal);
            }
            while (count < 0 && LastError == Errno.Interrupted);

            return count;
        }
    }

    /// <summary>recvmsg(2).</summary>
    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint ReceiveMessage(SafeFileHandle socket, MessageHeader* message, int flags);

    /// <summary>sendmsg(2).</summary>
    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint SendMessage(SafeFileHandle socket, MessageHeader* message, int flags);

    /// <summary><c>struct msghdr</c> of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public InputVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct InputVector
    {
        public void* Address;
        public nuint Length;
    }

    /// <summary><c>struct cmsghdr</c> with one descriptor, padded to 8 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct DescriptorMessage
    {
        public const int LengthOfOne = 20;
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        public int Padding;
    }
}
