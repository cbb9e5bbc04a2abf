using System.Runtime.InteropServices;
using Ext4Safety.IntegrationTests.Native;

namespace Ext4Safety.IntegrationTests.Images;

/// <summary>Writes inodes into a mounted tree: one method per kind of thing, paths relative to the root.</summary>
internal sealed class FillerPen(string root)
{
    private readonly byte[] _scratch = new byte[1 << 16];

    /// <summary>Creates or opens a file for the time of an action.</summary>
    public void File(string path, Action<int> action)
    {
        int descriptor = (int)SystemCallException.Check(
            Libc.Open(At(path), OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.CloseOnExec, 0x1A4), "open", path);
        try
        {
            action(descriptor);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>A file of <paramref name="length"/> seeded bytes.</summary>
    public void File(string path, int length) => File(path, descriptor => Write(descriptor, 0, length));

    /// <summary>Writes seeded bytes: the content at an offset is a function of the offset.</summary>
    public void Write(int descriptor, long offset, int length)
    {
        while (length > 0)
        {
            Span<byte> chunk = _scratch.AsSpan(0, Math.Min(length, _scratch.Length));
            Noise.Fill(chunk, (ulong)offset);
            long written = SystemCallException.Check(
                Libc.WriteAt(descriptor, chunk, chunk.Length, offset), "pwrite", $"{offset}");
            offset += written;
            length -= (int)written;
        }
    }

    /// <summary>Writes given bytes.</summary>
    public void Write(int descriptor, long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int written = (int)SystemCallException.Check(
                Libc.WriteAt(descriptor, bytes, bytes.Length, offset), "pwrite", $"{offset}");
            offset += written;
            bytes = bytes[written..];
        }
    }

    public void Truncate(int descriptor, long length) =>
        SystemCallException.Check(Libc.Truncate(descriptor, length), "ftruncate", $"{length}");

    /// <summary>fallocate(2), where the mapping in use supports it; indirect maps do not.</summary>
    public void Allocate(int descriptor, int mode, long offset, long length) =>
        Tolerate(Libc.Allocate(descriptor, mode, offset, length), $"fallocate {mode} {offset}", Errno.NotSupported, Errno.Invalid);

    public void Sync(int descriptor) => SystemCallException.Check(Libc.Sync(descriptor), "fsync", "");

    public void Directory(string path, uint mode = 0x1ED) =>
        SystemCallException.Check(Libc.MakeDirectory(At(path), mode), "mkdir", path);

    public void Node(string path, uint mode, uint major = 0, uint minor = 0) =>
        SystemCallException.Check(Libc.MakeNode(At(path), mode, Device(major, minor)), "mknod", path);

    /// <summary>A link to a target that need not exist; too long a target is refused and left out.</summary>
    public void SymbolicLink(string path, string target) =>
        Tolerate(Libc.SymbolicLink(PathBytes.Of(target), At(path)), "symlink", Errno.NameTooLong);

    /// <summary>A further name; false when the inode has no room for one more.</summary>
    public bool HardLink(string existing, string path) =>
        Tolerate(Libc.HardLink(At(existing), At(path)), "link", Errno.TooManyLinks);

    public void Unlink(string path) => SystemCallException.Check(Libc.Unlink(At(path)), "unlink", path);

    public void RemoveDirectory(string path) => SystemCallException.Check(Libc.RemoveDirectory(At(path)), "rmdir", path);

    public void Rename(string from, string to) => SystemCallException.Check(Libc.Rename(At(from), At(to)), "rename", from);

    public void Owner(string path, uint user, uint group) =>
        SystemCallException.Check(Libc.ChangeOwner(At(path), user, group), "chown", path);

    public void Mode(string path, uint mode) => SystemCallException.Check(Libc.ChangeMode(At(path), mode), "chmod", path);

    /// <summary>Sets access and modification time.</summary>
    public void Times(string path, long accessSeconds, long accessNanoseconds, long changeSeconds, long changeNanoseconds)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        ReadOnlySpan<long> times = [accessSeconds, accessNanoseconds, changeSeconds, changeNanoseconds];
        SystemCallException.Check(Libc.ChangeTimes(CurrentDirectory, At(path), times, NoFollow), "utimensat", path);
    }

    /// <summary>Sets an attribute; false when the inode has no room for it or the volume lacks the namespace.</summary>
    public bool Attribute(string path, string name, ReadOnlySpan<byte> value) => Tolerate(
        Libc.SetAttribute(At(path), PathBytes.Of(name), value, value.Length, 0), $"setxattr {name}",
        Errno.NoSpace, Errno.NotSupported, Errno.Range);

    /// <summary>Sets inode flags beside those that are set; false when this inode cannot have them.</summary>
    public bool Flags(string path, uint flags)
    {
        const uint Kept = 0x8007FFFF;
        int descriptor = OpenForControl(path);
        try
        {
            byte[] word = new byte[8];
            SystemCallException.Check(Libc.Control(descriptor, ControlRequest.GetFlags, word), "getflags", path);
            MemoryMarshal.Write(word, (MemoryMarshal.Read<uint>(word) & Kept) | flags);
            return Tolerate(
                Libc.Control(descriptor, ControlRequest.SetFlags, word), $"setflags {flags:x}",
                Errno.NotSupported, Errno.Invalid, Errno.NotPermitted);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    /// <summary>Any ioctl on a file or directory.</summary>
    public void Control(string path, ulong request, Span<byte> argument)
    {
        int descriptor = OpenForControl(path);
        try
        {
            SystemCallException.Check(Libc.Control(descriptor, request, argument), $"ioctl {request:x}", path);
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }

    private int OpenForControl(string path) => (int)SystemCallException.Check(
        Libc.Open(At(path), OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0), "open", path);

    private byte[] At(string path) => PathBytes.Of($"{root}/{path}");

    private static bool Tolerate(int result, string call, params ReadOnlySpan<int> errors)
    {
        if (result >= 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return errors.Contains(error) ? false : throw new SystemCallException(call, error);
    }

    private static ulong Device(uint major, uint minor) =>
        (minor & 0xFFu) | ((ulong)(major & 0xFFF) << 8) | ((ulong)(minor & ~0xFFu) << 12) | ((ulong)(major & ~0xFFFu) << 32);
}

/// <summary>Seeded bytes without a state: the byte at an offset is a function of the offset.</summary>
internal static class Noise
{
    /// <summary>Fills with the bytes that belong at <paramref name="offset"/>; none of them is zero.</summary>
    public static void Fill(Span<byte> bytes, ulong offset)
    {
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] = At(offset + (uint)index);
        }
    }

    private static byte At(ulong offset)
    {
        unchecked
        {
            ulong mixed = (offset + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 31)) * 0x94D049BB133111EB;
            return (byte)((mixed >> 40) | 1);
        }
    }
}
