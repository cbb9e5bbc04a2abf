using System.Globalization;
using System.Text;
using Fuse4fs.Native;
using Fuse4fs.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Mount;

/// <summary>Mounts in the caller's world, with the caller's rights and no others: by the kernel's calls where the caller may make
/// them, or else through <c>fusermount3</c>, which has rules of its own.</summary>
internal sealed class KernelMounting(Invocation invocation) : IMounting, IDisposable
{
    private const string UserMounter = "fusermount3", UserMounterSocket = "_FUSE_COMMFD";
    private const uint FuseMajor = 10, FuseMinor = 229;
    private const nuint SetBlockSize = 0x4008_1271;
    private const int WriteOnly = 1;

    private readonly List<(string Key, string? Value)> _options = [];
    private readonly UserLimits _limits = UserLimits.Read();
    private SafeFileHandle? _fuse, _context, _target;
    private Errno _contextError;
    private string _type = "fuse";
    private FileKind _targetKind;

    public bool IsRoot { get; } = Libc.UserId() == 0;

    public bool MayAllowOthers => IsRoot || _limits.MayAllowOthers;

    public string UserName => Environment.UserName;

    public SafeFileHandle Seal(ReadOnlySpan<byte> arguments)
    {
        SafeFileHandle file = Libc.MakeSealedFile("fuse service argv", arguments);
        return file.IsInvalid ? throw new MountException("passing the arguments on", Libc.LastError) : file;
    }

    public SafeFileHandle OpenFuse()
    {
        Errno error = TryOpen(OpenRules.FuseDevice, Libc.OpenReadWrite, FileWants.Fuse, blockSize: 0, out _fuse);
        return _fuse ?? throw new MountException($"opening {OpenRules.FuseDevice}", error);
    }

    /// <remarks>Opening must not wait, whatever the name leads to: only what the server may have is opened for good.</remarks>
    public Errno TryOpen(string path, int flags, FileWants wants, uint blockSize, out SafeFileHandle? file)
    {
        SafeFileHandle opened = Libc.Open(path, flags | Libc.OpenNonBlocking | Libc.OpenNoTerminal);
        Errno error = opened.IsInvalid ? Libc.LastError : Judge(opened, wants);
        if (error == Errno.None && (flags & Libc.OpenNonBlocking) == 0)
        {
            error = Libc.MakeBlocking(opened);
        }

        if (error == Errno.None && wants == FileWants.BlockDevice && blockSize != 0 && Libc.Control(opened, SetBlockSize, ref blockSize) < 0)
        {
            error = Libc.LastError;
        }

        if (error != Errno.None)
        {
            opened.Dispose();
        }

        file = error == Errno.None ? opened : null;
        return error;
    }

    public void Begin(MountKind kind)
    {
        _type = kind == MountKind.Block ? "fuseblk" : "fuse";
        _context = Libc.OpenContext(Libc.NumberFsopen, _type, Libc.FsopenCloseOnExec);
        _contextError = _context.IsInvalid ? Libc.LastError : Errno.None;
    }

    public void Configure(string key, string? value)
    {
        _options.Add((key, value));
        if (_context is { IsInvalid: false } context)
        {
            Set(context, key, value);
        }
    }

    public Errno Pin(string path, MountPointType type)
    {
        SafeFileHandle target = IsRoot ? Libc.Open(path, 0) : OpenForWriting(path);
        if (target.IsInvalid)
        {
            return Libc.LastError;
        }

        _ = Libc.Status(target, out FileStatus status);
        Errno error = (status.Kind, type) switch
        {
            (FileKind.Directory, MountPointType.RegularFile) => Errno.IsDirectory,
            (not FileKind.Directory, MountPointType.Directory) => Errno.NotDirectory,
            (FileKind.Directory or FileKind.RegularFile, _) => Errno.None,
            _ => Errno.AccessDenied,
        };
        if (error == Errno.None)
        {
            _target = target;
            _targetKind = status.Kind;
        }

        return error;
    }

    public void Mount(KernelMountFlags flags)
    {
        if (!IsRoot)
        {
            _limits.Check(_target!, invocation.MountPoint);
        }

        if (invocation.IsFake)
        {
            return;
        }

        if (_contextError == Errno.None)
        {
            MountByContext(_context!, flags);
        }
        else if (_contextError == Errno.NotPermitted && !IsRoot)
        {
            MountForUser(flags);
        }
        else
        {
            throw new MountException("beginning the mount", _contextError);
        }
    }

    public void Say(string message) => Console.Error.WriteLine($"fuse4fs-mount: {message}");

    public void Dispose()
    {
        _fuse?.Dispose();
        _context?.Dispose();
        _target?.Dispose();
    }

    private static SafeFileHandle OpenForWriting(string path)
    {
        SafeFileHandle target = Libc.Open(path, WriteOnly);
        foreach (int flags in (ReadOnlySpan<int>)[0, Libc.OpenPathOnly])
        {
            if (!target.IsInvalid || Libc.LastError is not (Errno.IsDirectory or Errno.AccessDenied))
            {
                break;
            }

            target = Libc.Open(path, flags);
        }

        return target;
    }

    private static Errno Judge(SafeFileHandle file, FileWants wants)
    {
        if (Libc.Status(file, out FileStatus status) < 0)
        {
            return Libc.LastError;
        }

        bool fits = wants switch
        {
            FileWants.Volume => status.Kind is FileKind.RegularFile or FileKind.BlockDevice,
            FileWants.BlockDevice => status.Kind == FileKind.BlockDevice,
            FileWants.Fuse => status.Kind == FileKind.CharacterDevice && status.Device == (FuseMajor, FuseMinor),
            _ => status.Kind == FileKind.RegularFile,
        };
        return fits ? Errno.None : wants == FileWants.BlockDevice ? Errno.NotBlockDevice : Errno.AccessDenied;
    }

    private void MountByContext(SafeFileHandle context, KernelMountFlags flags)
    {
        string rootMode = Convert.ToString((int)_targetKind, toBase: 8);
        foreach ((string key, string? value) in (ReadOnlySpan<(string, string?)>)
        [
            .. KernelFlags.Words(flags).Select(word => (word, (string?)null)),
            ("subtype", invocation.Type),
            ("fd", _fuse!.DangerousGetHandle().ToString(CultureInfo.InvariantCulture)),
            ("rootmode", rootMode),
            ("user_id", Libc.UserId().ToString(CultureInfo.InvariantCulture)),
            ("group_id", Libc.GroupId().ToString(CultureInfo.InvariantCulture)),
        ])
        {
            Set(context, key, value);
        }

        bool isMade = Libc.Configure(Libc.NumberFsconfig, context, Libc.FsconfigCreate, null, null, 0) >= 0;
        Need(isMade, Libc.LastError == Errno.NotConnected ? "connecting to the service" : $"making the {_type} superblock", context);
        using SafeFileHandle mount = Libc.MakeMount(Libc.NumberFsmount, context, Libc.FsmountCloseOnExec, KernelFlags.Attributes(flags));
        Need(!mount.IsInvalid, "making the mount", context);
        nint result = Libc.MoveMount(
            Libc.NumberMoveMount, mount, string.Empty, (int)_target!.DangerousGetHandle(), string.Empty, Libc.MoveMountEmptyPath | Libc.MoveMountToEmptyPath);
        Need(result >= 0, $"attaching the mount to {invocation.MountPoint}", context);
    }

    /// <summary>The system's own program mounts, and hands a descriptor of the connection back. The one that the server has
    /// joins that connection: the kernel takes any number of descriptors for one mount.</summary>
    private void MountForUser(KernelMountFlags flags)
    {
        if (_targetKind != FileKind.Directory)
        {
            throw new MountException($"mounting on {invocation.MountPoint}: only root mounts on a file", Errno.NotPermitted);
        }

        (SafeFileHandle ours, SafeFileHandle theirs) = ChildProcess.MakeSocketPair();
        using (ours)
        {
            ChildProcess mounter;
            using (theirs)
            {
                string words = string.Join(',', UserOptions(flags));
                string number = theirs.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
                mounter = ChildProcess.Start(UserMounter, ["-o", words, "--", invocation.MountPoint], (UserMounterSocket, number));
            }

            using SafeFileHandle mounted = Libc.ReceiveDescriptor(ours);
            int exitCode = mounter.Wait();
            if (mounted.IsInvalid)
            {
                throw new MountException($"{UserMounter} did not mount on {invocation.MountPoint}: it ended with {exitCode}");
            }

            uint connection = (uint)mounted.DangerousGetHandle();
            if (Libc.Control(_fuse!, FuseChannel.CloneRequest, ref connection) < 0)
            {
                throw new MountException("handing the mount to the service", Libc.LastError);
            }
        }
    }

    private IEnumerable<string> UserOptions(KernelMountFlags flags) =>
    [
        .. KernelFlags.AllWords(flags),
        .. _options.Where(option => option.Key is not "source").Select(option => Word(option.Key, option.Value)),
        $"fsname={OptionList.Escape(invocation.Source)}",
        $"subtype={OptionList.Escape(invocation.Type)}",
    ];

    private static void Set(SafeFileHandle context, string key, string? value)
    {
        uint command = value is null ? Libc.FsconfigFlag : Libc.FsconfigString;
        Need(Libc.Configure(Libc.NumberFsconfig, context, command, key, value, auxiliary: 0) >= 0, $"the option {Word(key, value)}", context);
    }

    private static string Word(string key, string? value) => value is null ? key : $"{key}={value}";

    /// <summary>The kernel explains itself in the context: a letter, a space and the reason.</summary>
    private static void Need(bool isDone, string step, SafeFileHandle context)
    {
        if (isDone)
        {
            return;
        }

        Errno error = Libc.LastError;
        Span<byte> buffer = stackalloc byte[512];
        int count = (int)Libc.Read(context, buffer, (nuint)buffer.Length);
        throw new MountException(count > 2 ? $"{step} ({Encoding.UTF8.GetString(buffer[2..count]).TrimEnd()})" : step, error);
    }
}
