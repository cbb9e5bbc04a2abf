using Fuse4fs.Mount;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.UnitTests.Mount;

/// <summary>A world where everything works and nothing happens; it notes what was done.</summary>
internal sealed class FakeMounting : IMounting
{
    public bool IsRoot { get; init; } = true;

    public bool MayAllowOthers { get; init; } = true;

    public string UserName => "alice";

    public Errno OpenError { get; init; }

    public Errno OptionError { get; init; }

    public Errno MountError { get; init; }

    public List<string> Done { get; } = [];

    public SafeFileHandle Seal(ReadOnlySpan<byte> arguments) => File.OpenHandle("/dev/null");

    public SafeFileHandle OpenFuse() => File.OpenHandle("/dev/null");

    public Errno TryOpen(string path, int flags, FileWants wants, uint blockSize, out SafeFileHandle? file)
    {
        Done.Add($"open {path} 0x{flags:x} {wants} {blockSize}");
        file = OpenError == Errno.None ? File.OpenHandle("/dev/null") : null;
        return OpenError;
    }

    public void Begin(MountKind kind) => Done.Add($"begin {kind}");

    public void Configure(string key, string? value)
    {
        Done.Add($"configure {key}={value}");
        if (OptionError != Errno.None)
        {
            throw new MountException($"the option {key} (the kernel's reason)", OptionError);
        }
    }

    public Errno Pin(string path, MountPointType type)
    {
        Done.Add($"pin {path} {type}");
        return type == MountPointType.RegularFile ? Errno.IsDirectory : Errno.None;
    }

    public void Mount(KernelMountFlags flags)
    {
        Done.Add($"mount {flags}");
        if (MountError != Errno.None)
        {
            throw new MountException("making the mount", MountError);
        }
    }

    public void Say(string message) => Done.Add($"say {message}");
}
