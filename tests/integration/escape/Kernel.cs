using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ext4Safety.Escape;

/// <summary>System calls by number, as foreign code makes them: x86-64.</summary>
internal static partial class Kernel
{
    /// <summary>Makes a call.</summary>
    /// <returns>Its result, or the negative error number.</returns>
    public static nint Call(Number number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        nint result = SystemCall((nint)number, a, b, c, d, e, f);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>What the C library calls an error, such as EPERM.</summary>
    public static string NameOf(int error) => Marshal.PtrToStringUTF8(NameOfError(error)) ?? string.Create(CultureInfo.InvariantCulture, $"error {error}");

    /// <summary>Text for the kernel; it is never freed.</summary>
    public static nint Text(string text) => Bytes(Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>Bytes for the kernel, or for it to fill; they are never freed.</summary>
    public static nint Bytes(params ReadOnlySpan<byte> bytes)
    {
        nint memory = Marshal.AllocHGlobal(bytes.Length);
        Marshal.Copy(bytes.ToArray(), 0, memory, bytes.Length);
        return memory;
    }

    /// <summary>Zeros for the kernel, or for it to fill; they are never freed.</summary>
    public static nint Zeros(int size = 256) => Bytes(new byte[size]);

    /// <summary>Numbers of 64 bits, one after the other.</summary>
    public static nint Words(params ReadOnlySpan<nint> words) => Bytes(MemoryMarshal.AsBytes(words));

    [LibraryImport("libc", EntryPoint = "strerrorname_np")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NameOfError(int error);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}

/// <summary>The system calls that are made, by the kernel's names and numbers.</summary>
internal enum Number
{
    Write = 1,
    Open = 2,
    Mmap = 9,
    Mprotect = 10,
    Ioctl = 16,
    Pwrite64 = 18,
    Access = 21,
    Shmget = 29,
    Dup = 32,
    Dup2 = 33,
    Sendfile = 40,
    Socket = 41,
    Connect = 42,
    Bind = 49,
    Listen = 50,
    Socketpair = 53,
    Setsockopt = 54,
    Clone = 56,
    Fork = 57,
    Vfork = 58,
    Execve = 59,
    Kill = 62,
    Semget = 64,
    Msgget = 68,
    Fcntl = 72,
    Truncate = 76,
    Ftruncate = 77,
    Chdir = 80,
    Rename = 82,
    Mkdir = 83,
    Creat = 85,
    Link = 86,
    Unlink = 87,
    Symlink = 88,
    Readlink = 89,
    Chmod = 90,
    Fchmod = 91,
    Chown = 92,
    Ptrace = 101,
    Syslog = 103,
    Setuid = 105,
    Setgid = 106,
    Getppid = 110,
    Setsid = 112,
    Setgroups = 116,
    Setresuid = 117,
    Setfsuid = 122,
    Capset = 126,
    RtSigqueueinfo = 129,
    Mknod = 133,
    Uselib = 134,
    Personality = 135,
    Setpriority = 141,
    SchedSetscheduler = 144,
    Mlockall = 151,
    Vhangup = 153,
    ModifyLdt = 154,
    PivotRoot = 155,
    Prctl = 157,
    Adjtimex = 159,
    Setrlimit = 160,
    Chroot = 161,
    Acct = 163,
    Mount = 165,
    Umount2 = 166,
    Swapon = 167,
    Reboot = 169,
    Sethostname = 170,
    Setdomainname = 171,
    Iopl = 172,
    Ioperm = 173,
    InitModule = 175,
    Quotactl = 179,
    Setxattr = 188,
    SchedSetaffinity = 203,
    ClockSettime = 227,
    ClockGettime = 228,
    ExitGroup = 231,
    Tgkill = 234,
    KexecLoad = 246,
    AddKey = 248,
    RequestKey = 249,
    Keyctl = 250,
    Openat = 257,
    Newfstatat = 262,
    Unshare = 272,
    Splice = 275,
    MovePages = 279,
    Fallocate = 285,
    Accept4 = 288,
    Pipe2 = 293,
    InotifyInit1 = 294,
    PerfEventOpen = 298,
    FanotifyInit = 300,
    Prlimit64 = 302,
    OpenByHandleAt = 304,
    Setns = 308,
    ProcessVmReadv = 310,
    ProcessVmWritev = 311,
    Kcmp = 312,
    FinitModule = 313,
    Seccomp = 317,
    MemfdCreate = 319,
    Bpf = 321,
    Execveat = 322,
    Userfaultfd = 323,
    CopyFileRange = 326,
    PkeyMprotect = 329,
    IoUringSetup = 425,
    OpenTree = 428,
    MoveMount = 429,
    Fsopen = 430,
    PidfdOpen = 434,
    Clone3 = 435,
    Openat2 = 437,
    PidfdGetfd = 438,
    ProcessMadvise = 440,
    MountSetattr = 442,
    MemfdSecret = 447,
}
