using System.Runtime.InteropServices;
using Fuse4fs.Native;

namespace Ext4Safety.Escape;

/// <summary>Everything that is tried. Arguments are such that the call would work where nothing forbids it, and yet do no harm.</summary>
internal static class Attempts
{
    private const nint Here = -100, ReadOnly = 0, ReadWrite = 2, Create = 0x40, Directory = 0x10000, PathOnly = 0x200000;
    private const nint ReadWriteExecute = 7, ReadExecute = 5, ReadableWritable = 3, Private = 2, Anonymous = 0x20;
    private const nint Page = 4096, Large = 1 << 30;
    private const nint NotPermitted = -1;
    private const nint SocketLevel = 1, Shared = 1;
    private const Number OtherArchitecture = (Number)0x40000000, Nowhere = (Number)100_000;

    /// <summary>In the order in which they are tried.</summary>
    public static IReadOnlyList<Attempt> All { get; } =
    [
        .. Files, .. Descriptors, .. Sockets, .. Processes, .. Programs, .. Memory, .. Namespaces, .. Identity, .. Machine,
    ];

    private static IEnumerable<Attempt> Files =>
    [
        new("open-relative", _ => Open("fuse4fs", ReadOnly)),
        new("open-absolute", _ => Open("/etc/passwd", ReadOnly), IsHarmless: true),
        new("open-own-binary", _ => Open("/fuse4fs", ReadOnly)),
        new("open-root", _ => Open("/", ReadOnly | Directory), IsHarmless: true),
        new("open-path-only", _ => Open("/", PathOnly), IsHarmless: true),
        new("open-parent", _ => Open("../../../../../../etc/shadow", ReadOnly), IsHarmless: true),
        new("open-proc-maps", _ => Open("/proc/self/maps", ReadOnly), IsHarmless: true),
        new("open-proc-memory", _ => Open("/proc/self/mem", ReadWrite), IsHarmless: true),
        new("open-proc-root-of-init", _ => Open("/proc/1/root/etc/shadow", ReadOnly)),
        new("open-proc-descriptor", loot => Open($"/proc/self/fd/{loot.Image}", ReadWrite)),
        new("open-dev-descriptor", loot => Open($"/dev/fd/{loot.Image}", ReadWrite)),
        new("open-dev-fuse", _ => Open("/dev/fuse", ReadWrite), IsHarmless: true),
        new("open-dev-memory", _ => Open("/dev/mem", ReadOnly)),
        new("open-kernel-log", _ => Open("/dev/kmsg", ReadWrite)),
        new("open-sysfs", _ => Open("/sys/kernel/uevent_seqnum", ReadOnly), IsHarmless: true),
        new("open-to-create", _ => Open("/tmp/escaped", ReadWrite | Create)),
        new("open-unnamed", _ => Open("/tmp", ReadWrite | 0x410000)),
        new("open-from-descriptor", loot => Kernel.Call(Number.Openat, loot.Image, Kernel.Text("../../etc/passwd"), ReadOnly)),
        new("open-by-old-call", _ => Kernel.Call(Number.Open, Kernel.Text("/etc/passwd"), ReadOnly), IsHarmless: true),
        new("openat2", _ => Kernel.Call(Number.Openat2, Here, Kernel.Text("/etc/passwd"), Kernel.Zeros(24), 24), IsHarmless: true),
        new("creat", _ => Kernel.Call(Number.Creat, Kernel.Text("/tmp/escaped"), 0x180)),
        new("open-by-handle", _ => Kernel.Call(Number.OpenByHandleAt, Here, Kernel.Zeros(), ReadOnly)),
        new("stat", _ => Kernel.Call(Number.Newfstatat, Here, Kernel.Text("/etc/passwd"), Kernel.Zeros(), 0), IsHarmless: true),
        new("access", _ => Kernel.Call(Number.Access, Kernel.Text("/etc/passwd"), 4), IsHarmless: true),
        new("readlink", _ => Kernel.Call(Number.Readlink, Kernel.Text("/proc/self/exe"), Kernel.Zeros(), 256), IsHarmless: true),
        new("change-directory", _ => Kernel.Call(Number.Chdir, Kernel.Text("/etc")), IsHarmless: true),
        new("change-root", _ => Kernel.Call(Number.Chroot, Kernel.Text("/etc"))),
        new("make-directory", _ => Kernel.Call(Number.Mkdir, Kernel.Text("/tmp/escaped"), 0x1c0)),
        new("make-device", _ => Kernel.Call(Number.Mknod, Kernel.Text("/tmp/escaped"), 0x6180, 0x700)),
        new("unlink", _ => Kernel.Call(Number.Unlink, Kernel.Text("/tmp/nothing"))),
        new("rename", _ => Kernel.Call(Number.Rename, Kernel.Text("/fuse4fs"), Kernel.Text("/moved"))),
        new("link", _ => Kernel.Call(Number.Link, Kernel.Text("/fuse4fs"), Kernel.Text("/linked"))),
        new("symlink", _ => Kernel.Call(Number.Symlink, Kernel.Text("/etc"), Kernel.Text("/tmp/escaped"))),
        new("change-mode", _ => Kernel.Call(Number.Chmod, Kernel.Text("/fuse4fs"), 0x1ff)),
        new("change-owner", _ => Kernel.Call(Number.Chown, Kernel.Text("/fuse4fs"), 0, 0)),
        new("truncate", _ => Kernel.Call(Number.Truncate, Kernel.Text("/tmp/nothing"), 0)),
        new("set-attribute", _ => Kernel.Call(Number.Setxattr, Kernel.Text("/fuse4fs"), Kernel.Text("user.a"), Kernel.Text("b"), 1, 0)),
        new("watch-files", _ => Kernel.Call(Number.InotifyInit1, 0), IsHarmless: true),
        new("watch-mounts", _ => Kernel.Call(Number.FanotifyInit, 0, ReadOnly)),
    ];

    /// <summary>What the descriptors that it holds can do beyond serving.</summary>
    private static IEnumerable<Attempt> Descriptors =>
    [
        new("write-to-volume", loot => Kernel.Call(Number.Pwrite64, loot.Image, Kernel.Text("x"), 1, 0)),
        new("write-to-volume-where-it-stands", loot => Kernel.Call(Number.Write, loot.Image, Kernel.Text("x"), 1)),
        new("map-volume-to-write", loot => Kernel.Call(Number.Mmap, 0, Page, ReadableWritable, Shared, loot.Image, 0)),
        new("splice-to-volume", SpliceToVolume),
        new("send-file-to-volume", loot => Kernel.Call(Number.Sendfile, loot.Image, loot.Image, 0, Page)),
        new("copy-range-of-volume", loot => Kernel.Call(Number.CopyFileRange, loot.Image, Kernel.Words(0), loot.Image, Kernel.Words(Page), Page, 0)),
        new("duplicate-volume", loot => Kernel.Call(Number.Dup, loot.Image)),
        new("duplicate-volume-by-number", loot => Kernel.Call(Number.Dup2, loot.Image, 100)),
        new("duplicate-volume-by-control", loot => Kernel.Call(Number.Fcntl, loot.Image, 0, 0)),
        new("grow-volume", loot => Kernel.Call(Number.Ftruncate, loot.Image, Large)),
        new("punch-volume", loot => Kernel.Call(Number.Fallocate, loot.Image, 3, 0, Page)),
        new("change-mode-of-volume", loot => Kernel.Call(Number.Fchmod, loot.Image, 0x1ff)),
        new("set-flags-of-volume", loot => Kernel.Call(Number.Ioctl, loot.Image, 0x40086602, Kernel.Words(0x10))),
        new("reread-partitions", loot => Kernel.Call(Number.Ioctl, loot.Image, 0x125f)),
        new("set-device-read-write", loot => Kernel.Call(Number.Ioctl, loot.Image, 0x125d, Kernel.Words(0))),
        new("freeze-volume", loot => Kernel.Call(Number.Ioctl, loot.Image, unchecked((int)0xc0045877), Kernel.Words(0))),
        new("map-volume-executable", loot => Kernel.Call(Number.Mmap, 0, Page, ReadExecute, Private, loot.Image, 0)),
        new("open-backing-file", loot => Kernel.Call(Number.Ioctl, loot.Fuse, 0x4010e501, Kernel.Words(loot.Image, 0))),
        new("push-input", _ => Kernel.Call(Number.Ioctl, 2, 0x5412, Kernel.Text("x"))),
        new("notify-by-signal", loot => Kernel.Call(Number.Ioctl, loot.Socket, 0x8901, Kernel.Words(loot.Parent))),
        new("duplicate-into-parent", loot => Kernel.Call(Number.Fcntl, loot.Image, 8, loot.Parent)),
        new("lease-volume", loot => Kernel.Call(Number.Fcntl, loot.Image, 1024, 1)),
    ];

    private static IEnumerable<Attempt> Sockets =>
    [
        new("socket-unix", _ => Kernel.Call(Number.Socket, 1, 1, 0), IsHarmless: true),
        new("socket-internet", _ => Kernel.Call(Number.Socket, 2, 1, 0), IsHarmless: true),
        new("socket-internet-6", _ => Kernel.Call(Number.Socket, 10, 2, 0), IsHarmless: true),
        new("socket-raw", _ => Kernel.Call(Number.Socket, 2, 3, 1)),
        new("socket-packet", _ => Kernel.Call(Number.Socket, 17, 3, 0)),
        new("socket-netlink", _ => Kernel.Call(Number.Socket, 16, 3, 0), IsHarmless: true),
        new("socket-vsock", _ => Kernel.Call(Number.Socket, 40, 1, 0)),
        new("socket-pair", _ => Kernel.Call(Number.Socketpair, 1, 1, 0, Kernel.Zeros(8)), IsHarmless: true),
        new("connect", loot => Kernel.Call(Number.Connect, loot.Socket, Kernel.Bytes([1, 0, .. "/run/systemd/private\0"u8]), 23)),
        new("bind", loot => Kernel.Call(Number.Bind, loot.Socket, Kernel.Bytes(1, 0, 0, (byte)'e'), 4)),
        new("listen", loot => Kernel.Call(Number.Listen, loot.Socket, 1)),
        new("take-descriptors-again", loot => Kernel.Call(Number.Setsockopt, loot.Socket, SocketLevel, Libc.OptionPassRights, Kernel.Words(1), sizeof(int))),
        new("accept", loot => Kernel.Call(Number.Accept4, loot.Socket, 0, 0, 0x800)),
    ];

    private static IEnumerable<Attempt> Processes =>
    [
        new("trace-parent", loot => Kernel.Call(Number.Ptrace, 0x4206, loot.Parent)),
        new("trace-be-traced", _ => Kernel.Call(Number.Ptrace, 0)),
        new("read-parent-memory", loot => Kernel.Call(Number.ProcessVmReadv, loot.Parent, Kernel.Words(Kernel.Zeros(8), 8), 1, Kernel.Words(Page, 8), 1)),
        new("write-parent-memory", loot => Kernel.Call(Number.ProcessVmWritev, loot.Parent, Kernel.Words(Kernel.Zeros(8), 8), 1, Kernel.Words(Page, 8), 1)),
        new("signal-parent", loot => Kernel.Call(Number.Kill, loot.Parent, 0)),
        new("signal-everybody", _ => Kernel.Call(Number.Kill, -1, 0)),
        new("signal-thread-of-parent", loot => Kernel.Call(Number.Tgkill, loot.Parent, loot.Parent, 0)),
        new("queue-signal", loot => Kernel.Call(Number.RtSigqueueinfo, loot.Parent, 0, Kernel.Zeros())),
        new("process-descriptor", loot => Kernel.Call(Number.PidfdOpen, loot.Parent, 0)),
        new("steal-descriptor", loot => Kernel.Call(Number.PidfdGetfd, loot.Socket, 0, 0)),
        new("compare-processes", loot => Kernel.Call(Number.Kcmp, loot.Parent, loot.Parent, 0, 0, 0)),
        new("limits-of-parent", loot => Kernel.Call(Number.Prlimit64, loot.Parent, 7, 0, Kernel.Zeros(16))),
        new("limit-parent", loot => Kernel.Call(Number.Prlimit64, loot.Parent, 7, Kernel.Words(1 << 20, 1 << 20), 0)),
        new("affinity-of-parent", loot => Kernel.Call(Number.SchedSetaffinity, loot.Parent, 8, Kernel.Words(-1))),
        new("priority-of-parent", loot => Kernel.Call(Number.Setpriority, 0, loot.Parent, -20)),
        new("real-time", _ => Kernel.Call(Number.SchedSetscheduler, 0, 1, Kernel.Words(1))),
        new("new-session", _ => Kernel.Call(Number.Setsid)),
    ];

    private static IEnumerable<Attempt> Programs =>
    [
        new("fork", _ => ChildEnds(Kernel.Call(Number.Fork)), IsHarmless: true),
        new("vfork", _ => ChildEnds(Kernel.Call(Number.Vfork))),
        new("clone-process", _ => ChildEnds(Kernel.Call(Number.Clone, 17)), IsHarmless: true),
        new("clone3-process", _ => ChildEnds(Kernel.Call(Number.Clone3, Kernel.Words(0, 0, 0, 0, 17, 0, 0, 0), 64)), IsHarmless: true),
        new("execute-itself", _ => Kernel.Call(Number.Execve, Kernel.Text("/fuse4fs"), Kernel.Words(Kernel.Text("fuse4fs"), Kernel.Text("--version"), 0), Kernel.Words(0))),
        new("execute-shell", _ => Kernel.Call(Number.Execve, Kernel.Text("/bin/sh"), Kernel.Words(Kernel.Text("sh"), 0), Kernel.Words(0))),
        new("execute-descriptor", loot => Kernel.Call(Number.Execveat, loot.Image, Kernel.Text(""), Kernel.Words(0), Kernel.Words(0), 0x1000)),
        new("memory-file", _ => Kernel.Call(Number.MemfdCreate, Kernel.Text("escape"), 0), IsHarmless: true),
        new("memory-file-secret", _ => Kernel.Call(Number.MemfdSecret, 0)),
        new("load-library", _ => Kernel.Call(Number.Uselib, Kernel.Text("/lib/x86_64-linux-gnu/libc.so.6"))),
    ];

    private static IEnumerable<Attempt> Memory =>
    [
        new("map-write-execute", _ => Kernel.Call(Number.Mmap, 0, Page, ReadWriteExecute, Private | Anonymous, -1, 0), IsHarmless: true),
        new("map-execute", _ => Kernel.Call(Number.Mmap, 0, Page, ReadExecute, Private | Anonymous, -1, 0), IsHarmless: true),
        new("make-heap-executable", _ => Kernel.Call(Number.Mprotect, NewPage(), Page, ReadExecute), IsHarmless: true),
        new("make-heap-executable-by-key", _ => Kernel.Call(Number.PkeyMprotect, NewPage(), Page, ReadExecute, -1), IsHarmless: true),
        new("read-implies-execute", _ => Kernel.Call(Number.Personality, 0x400000)),
        new("shared-memory", _ => Kernel.Call(Number.Shmget, 0, Page, 0x380), IsHarmless: true),
        new("message-queue", _ => Kernel.Call(Number.Msgget, 0, 0x380)),
        new("semaphores", _ => Kernel.Call(Number.Semget, 0, 1, 0x380)),
        new("handle-page-faults", _ => Kernel.Call(Number.Userfaultfd, 1), IsHarmless: true),
        new("advise-parent", loot => Kernel.Call(Number.ProcessMadvise, loot.Socket, Kernel.Zeros(16), 1, 8, 0)),
        new("local-descriptor-table", _ => Kernel.Call(Number.ModifyLdt, 0, Kernel.Zeros(), 256)),
        new("lock-memory", _ => Kernel.Call(Number.Mlockall, 2)),
        new("move-pages", _ => Kernel.Call(Number.MovePages, 0, 0, 0, 0, 0, 0)),
    ];

    private static IEnumerable<Attempt> Namespaces =>
    [
        new("unshare-user", _ => Kernel.Call(Number.Unshare, 0x10000000)),
        new("unshare-mounts", _ => Kernel.Call(Number.Unshare, 0x20000)),
        new("clone-user", _ => ChildEnds(Kernel.Call(Number.Clone, 0x10000000 | 17))),
        new("enter-namespace", loot => Kernel.Call(Number.Setns, loot.Socket, 0)),
        new("mount", _ => Kernel.Call(Number.Mount, Kernel.Text("tmpfs"), Kernel.Text("/tmp"), Kernel.Text("tmpfs"), 0, 0)),
        new("mount-proc", _ => Kernel.Call(Number.Mount, Kernel.Text("proc"), Kernel.Text("/proc"), Kernel.Text("proc"), 0, 0)),
        new("unmount", _ => Kernel.Call(Number.Umount2, Kernel.Text("/tmp"), 2)),
        new("pivot-root", _ => Kernel.Call(Number.PivotRoot, Kernel.Text("/"), Kernel.Text("/tmp"))),
        new("open-file-system", _ => Kernel.Call(Number.Fsopen, Kernel.Text("tmpfs"), 0)),
        new("open-tree", _ => Kernel.Call(Number.OpenTree, Here, Kernel.Text("/"), 1)),
        new("move-mount", loot => Kernel.Call(Number.MoveMount, loot.Fuse, Kernel.Text(""), Here, Kernel.Text("/tmp"), 4)),
        new("change-mount", _ => Kernel.Call(Number.MountSetattr, Here, Kernel.Text("/"), 0, Kernel.Zeros(32), 32)),
    ];

    private static IEnumerable<Attempt> Identity =>
    [
        new("become-root", _ => Kernel.Call(Number.Setuid, 0)),
        new("become-root-group", _ => Kernel.Call(Number.Setgid, 0)),
        new("become-root-for-good", _ => Kernel.Call(Number.Setresuid, 0, 0, 0)),
        new("become-root-for-files", _ => BecomeRootForFiles()),
        new("join-groups", _ => Kernel.Call(Number.Setgroups, 1, Kernel.Words(0))),
        new("take-capabilities", _ => Kernel.Call(Number.Capset, Kernel.Words(0x20080522), Kernel.Words(-1, -1, -1))),
        new("be-dumpable", _ => Kernel.Call(Number.Prctl, 4, 1)),
        new("allow-tracing", _ => Kernel.Call(Number.Prctl, 0x59616d61, -1)),
        new("allow-new-privileges", _ => Kernel.Call(Number.Prctl, 38, 0)),
        new("replace-filter", _ => Kernel.Call(Number.Seccomp, 1, 0, Kernel.Words(1, Kernel.Bytes(6, 0, 0, 0, 0, 0, 0xff, 0x7f)))),
        new("raise-limit", _ => Kernel.Call(Number.Prlimit64, 0, 7, Kernel.Words(1 << 20, 1 << 20), 0)),
        new("raise-limit-by-old-call", _ => Kernel.Call(Number.Setrlimit, 7, Kernel.Words(1 << 20, 1 << 20))),
    ];

    private static IEnumerable<Attempt> Machine =>
    [
        new("key-of-session", _ => Kernel.Call(Number.Keyctl, 0, -3, 1)),
        new("add-key", _ => Kernel.Call(Number.AddKey, Kernel.Text("user"), Kernel.Text("a"), Kernel.Text("b"), 1, -2)),
        new("request-key", _ => Kernel.Call(Number.RequestKey, Kernel.Text("user"), Kernel.Text("a"), 0, -2)),
        new("kernel-program", _ => Kernel.Call(Number.Bpf, 0, Kernel.Bytes([2, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, .. new byte[56]]), 72)),
        new("measure-performance", _ => Kernel.Call(Number.PerfEventOpen, Kernel.Words(unchecked((nint)0x8000000001), 0, 0, 0, 0, 0, 0, 0), 0, -1, -1, 0)),
        new("ring", _ => Kernel.Call(Number.IoUringSetup, 4, Kernel.Zeros()), IsHarmless: true),
        new("load-module", _ => Kernel.Call(Number.InitModule, Kernel.Zeros(), 16, Kernel.Text(""))),
        new("load-module-by-descriptor", loot => Kernel.Call(Number.FinitModule, loot.Image, Kernel.Text(""), 0)),
        new("load-kernel", _ => Kernel.Call(Number.KexecLoad, 0, 0, 0, 0x3e0000)),
        new("restart", _ => Kernel.Call(Number.Reboot, unchecked((int)0xfee1dead), 672274793, 0)),
        new("kernel-messages", _ => Kernel.Call(Number.Syslog, 3, Kernel.Zeros(), 256)),
        new("set-clock", _ => SetClockToNow()),
        new("adjust-clock", _ => Kernel.Call(Number.Adjtimex, Kernel.Bytes([1, 0, 0, 0, .. new byte[204]]))),
        new("set-host-name", _ => Kernel.Call(Number.Sethostname, Kernel.Text("escaped"), 7)),
        new("set-domain-name", _ => Kernel.Call(Number.Setdomainname, Kernel.Text("escaped"), 7)),
        new("swap", _ => Kernel.Call(Number.Swapon, Kernel.Text("/tmp/nothing"), 0)),
        new("account", _ => Kernel.Call(Number.Acct, Kernel.Text("/tmp/nothing"))),
        new("quota", _ => Kernel.Call(Number.Quotactl, unchecked((int)0x80000100), Kernel.Text("/dev/sda"), 0, 0)),
        new("ports", _ => Kernel.Call(Number.Iopl, 3)),
        new("port-permission", _ => Kernel.Call(Number.Ioperm, 0x80, 1, 1)),
        new("hang-up", _ => Kernel.Call(Number.Vhangup)),
        new("call-of-other-architecture", _ => Kernel.Call(OtherArchitecture | Number.Openat, Here, Kernel.Text("/etc/passwd"), ReadOnly)),
        new("call-of-no-number", _ => Kernel.Call(Nowhere)),
    ];

    private static nint Open(string path, nint flags) => Kernel.Call(Number.Openat, Here, Kernel.Text(path), flags, 0x180);

    private static nint NewPage() => Kernel.Call(Number.Mmap, 0, Page, ReadableWritable, Private | Anonymous, -1, 0);

    private static nint SpliceToVolume(Loot loot)
    {
        nint pipe = Kernel.Zeros(2 * sizeof(int));
        nint made = Kernel.Call(Number.Pipe2, pipe, 0);
        if (made < 0)
        {
            return made;
        }

        (int output, int input) = (Marshal.ReadInt32(pipe), Marshal.ReadInt32(pipe, sizeof(int)));
        _ = Kernel.Call(Number.Write, input, Kernel.Text("x"), 1);
        return Kernel.Call(Number.Splice, output, 0, loot.Image, Kernel.Words(0), 1, 0);
    }

    /// <summary>setfsuid(2) reports no failure: a second call tells what the first has done.</summary>
    private static nint BecomeRootForFiles()
    {
        nint before = Kernel.Call(Number.Setfsuid, 0);
        return before < 0 ? before : Kernel.Call(Number.Setfsuid, -1) == 0 ? 0 : NotPermitted;
    }

    private static nint SetClockToNow()
    {
        nint now = Kernel.Zeros();
        _ = Kernel.Call(Number.ClockGettime, 0, now);
        return Kernel.Call(Number.ClockSettime, 0, now);
    }

    /// <summary>A child that came to life ends at once; in the parent its number says that it did.</summary>
    private static nint ChildEnds(nint child)
    {
        if (child == 0)
        {
            _ = Kernel.Call(Number.ExitGroup, 0);
        }

        return child;
    }
}
