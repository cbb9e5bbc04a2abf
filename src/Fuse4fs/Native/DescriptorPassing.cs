using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>Receiving one descriptor over a socket: SCM_RIGHTS, unix(7).</summary>
internal static partial class Libc
{
    private const int SocketLevel = 1, ScmRights = 1, CloseOnExecMessage = 0x40000000, ControlTruncated = 8;

    /// <summary>Waits for a message that carries exactly one descriptor.</summary>
    /// <returns>The descriptor, or an invalid handle: the sender sent none, or hung up.</returns>
    public static unsafe SafeFileHandle ReceiveDescriptor(SafeFileHandle socket)
    {
        byte payload = 0;
        DescriptorMessage control = default;
        InputVector vector = new() { Address = &payload, Length = 1 };
        MessageHeader header = new()
        {
            Vectors = &vector,
            VectorCount = 1,
            Control = &control,
            ControlLength = (nuint)sizeof(DescriptorMessage),
        };

        nint count;
        do
        {
            count = ReceiveMessage(socket, &header, CloseOnExecMessage);
        }
        while (count < 0 && LastError == Errno.Interrupted);

        bool carriesOne = count > 0
            && (header.Flags & ControlTruncated) == 0
            && control is { Length: DescriptorMessage.LengthOfOne, Level: SocketLevel, Type: ScmRights };
        return new(carriesOne ? control.Descriptor : -1, ownsHandle: true);
    }

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
