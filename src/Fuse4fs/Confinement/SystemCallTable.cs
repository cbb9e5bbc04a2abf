using Fuse4fs.Native;

namespace Fuse4fs.Confinement;

/// <summary>What the table needs to know of the process that it is for.</summary>
/// <param name="ProcessId">Its own number.</param>
/// <param name="Connection">The socket to the helper.</param>
/// <param name="Volume">The descriptors of the volume and of its journal: nothing is ever written to them.</param>
internal sealed record ConfinedProcess(int ProcessId, int Connection, IReadOnlyList<int> Volume);

/// <summary>Every system call that a contained server may make, and why; and those that end it. A call that stands nowhere here
/// fails with EPERM. The calls of every request come first: the filter asks from the top.</summary>
internal static class SystemCallTable
{
    private const int Absent = SystemCallRule.Absent;
    private const uint ProtectionExecute = 4, NoDescriptor = uint.MaxValue, Itself = 0;
    private const uint GetStatusFlags = 3, SetPipeSize = 1031, GetPipeSize = 1032;

    /// <summary>What a C library gives to a new thread: memory, files and signals are shared, so it is no process.</summary>
    private const uint ThreadFlags = 0x3D0F00;

    private const string Escape = "leads out of the process", Identity = "changes who the process is", Network = "reaches other machines or processes",
        Code = "brings in other code", Kernel = "changes or looks into the kernel", Mounts = "changes what is mounted", Others = "touches other processes";

    /// <summary>The table for one process.</summary>
    public static IReadOnlyList<SystemCallRule> For(ConfinedProcess process)
    {
        uint[] volume = [.. process.Volume.Select(descriptor => (uint)descriptor)];
        return
        [
            // Serving.
            Allow("read", 0, 63, "takes requests from the kernel"),
            Allow("write", 1, 64, "sends replies, and lines to the log") with { Conditions = [Condition.NoneOf(0, volume)] },
            Allow("pread64", 17, 67, "reads the volume"),
            Allow("splice", 275, 76, "moves pages of the volume into replies") with { Conditions = [Condition.NoneOf(2, volume)] },
            Allow("futex", 202, 98, "locks, and threads that wait for each other"),

            // Memory.
            Allow("mmap", 9, 222, "takes memory, never for code, and never a file's: what is mapped can be written without a call") with
            {
                Conditions = [Condition.Without(2, ProtectionExecute), Condition.OneOf(4, NoDescriptor)],
            },
            Allow("mprotect", 10, 226, "guards stacks and heaps, never for code") with { Conditions = [Condition.Without(2, ProtectionExecute)] },
            Allow("munmap", 11, 215, "gives memory back"),
            Allow("mremap", 25, 216, "moves memory of the C library"),
            Allow("madvise", 28, 233, "gives pages back"),
            Allow("brk", 12, 214, "the C library's heap"),
            Allow("membarrier", 324, 283, "the collector's view of other threads"),

            // Threads.
            Allow("clone", 56, 220, "starts threads, never processes") with { Conditions = [Condition.OneOf(0, ThreadFlags)] },
            new("clone3", 435, 435, CallVerdict.Unknown, "its flags lie in memory: the C library falls back to clone"),
            Allow("set_robust_list", 273, 99, "every new thread"),
            Allow("rseq", 334, 293, "every new thread"),
            Allow("sched_getaffinity", 204, 123, "every new thread of the runtime"),
            Allow("sched_yield", 24, 124, "threads that wait for a moment"),
            Allow("gettid", 186, 178, "threads know themselves"),
            Allow("getpid", 39, 172, "the runtime's signals to itself"),
            Allow("tgkill", 234, 131, "the collector stops its own threads; an abort") with
            {
                Conditions = [Condition.OneOf(0, (uint)process.ProcessId)],
            },
            Allow("prlimit64", 302, 261, "the size of a stack, never a new limit, nor another's") with
            {
                Conditions = [Condition.OneOf(0, Itself), Condition.Null(2)],
                Otherwise = CallVerdict.Refuse,
            },
            Allow("exit", 60, 93, "the end of a thread"),
            Allow("exit_group", 231, 94, "the end"),

            // Signals.
            Allow("rt_sigaction", 13, 134, "the runtime's signals"),
            Allow("rt_sigprocmask", 14, 135, "the runtime's signals"),
            Allow("rt_sigreturn", 15, 139, "the end of every signal"),
            Allow("restart_syscall", 219, 128, "the kernel's own, after a signal"),

            // Time and chance.
            Allow("clock_gettime", 228, 113, "time, where the kernel does not give it without a call"),
            Allow("clock_nanosleep", 230, 115, "waiting"),
            Allow("nanosleep", 35, 101, "waiting"),
            Allow("getrandom", 318, 278, "seeds of hash tables"),
            Allow("sysinfo", 99, 179, "the collector asks how much memory there is"),

            // Descriptors that are there already.
            Allow("close", 3, 57, "lets go"),
            Allow("lseek", 8, 62, "sizes of files"),
            Allow("fstat", 5, 80, "the runtime asks what a descriptor is"),
            Allow("fcntl", 72, 25, "what a descriptor may do, and how much a pipe holds") with
            {
                Conditions = [Condition.OneOf(1, GetStatusFlags, SetPipeSize, GetPipeSize)],
                Otherwise = CallVerdict.Refuse,
            },
            Allow("pipe2", 293, 59, "a pipe for pages of replies, to itself"),
            Allow("poll", 7, Absent, "waits for the helper's answers"),
            Allow("ppoll", 271, 73, "waits for the helper's answers"),
            Allow("ioctl", 16, 29, "joins more descriptors to the connection") with
            {
                Conditions = [Condition.OneOf(1, FuseChannel.CloneRequest)],
                Otherwise = CallVerdict.Refuse,
            },
            Allow("sendmsg", 46, 211, "speaks to the helper") with { Conditions = [Condition.OneOf(0, (uint)process.Connection)] },
            Allow("recvmsg", 47, 212, "hears the helper") with { Conditions = [Condition.OneOf(0, (uint)process.Connection)] },

            .. Deadly(Code, ("execve", 59, 221), ("execveat", 322, 281), ("memfd_create", 319, 279), ("memfd_secret", 447, 447),
                ("pkey_mprotect", 329, 288), ("remap_file_pages", 216, 234), ("uselib", 134, Absent), ("modify_ldt", 154, Absent),
                ("personality", 135, 92)),
            .. Deadly(Escape, ("fork", 57, Absent), ("vfork", 58, Absent), ("unshare", 272, 97), ("setns", 308, 268), ("chroot", 161, 51),
                ("open_by_handle_at", 304, 265), ("name_to_handle_at", 303, 264), ("mknod", 133, Absent), ("mknodat", 259, 33)),
            .. Deadly(Mounts, ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("move_mount", 429, 429), ("fsopen", 430, 430),
                ("fsconfig", 431, 431), ("fsmount", 432, 432), ("fspick", 433, 433), ("open_tree", 428, 428), ("mount_setattr", 442, 442)),
            .. Deadly(Network, ("socket", 41, 198), ("socketpair", 53, 199), ("connect", 42, 203), ("bind", 49, 200), ("listen", 50, 201),
                ("accept", 43, 202), ("accept4", 288, 242), ("sendto", 44, 206), ("recvfrom", 45, 207), ("sendmmsg", 307, 269),
                ("recvmmsg", 299, 243), ("setsockopt", 54, 208)),
            .. Deadly(Others, ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("process_madvise", 440, 440),
                ("pidfd_open", 434, 434), ("pidfd_getfd", 438, 438), ("pidfd_send_signal", 424, 424), ("kcmp", 312, 272), ("kill", 62, 129),
                ("tkill", 200, 130), ("rt_sigqueueinfo", 129, 138), ("rt_tgsigqueueinfo", 297, 240), ("migrate_pages", 256, 238),
                ("move_pages", 279, 239)),
            .. Deadly(Identity, ("setuid", 105, 146), ("setgid", 106, 144), ("setreuid", 113, 145), ("setregid", 114, 143), ("setresuid", 117, 147),
                ("setresgid", 119, 149), ("setgroups", 116, 159), ("setfsuid", 122, 151), ("setfsgid", 123, 152), ("capset", 126, 91)),
            .. Deadly(Kernel, ("bpf", 321, 280), ("perf_event_open", 298, 241), ("userfaultfd", 323, 282), ("io_uring_setup", 425, 425),
                ("io_uring_enter", 426, 426), ("io_uring_register", 427, 427), ("io_setup", 206, 0), ("keyctl", 250, 219), ("add_key", 248, 217),
                ("request_key", 249, 218), ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106),
                ("kexec_load", 246, 104), ("kexec_file_load", 320, 294), ("reboot", 169, 142), ("swapon", 167, 224), ("swapoff", 168, 225),
                ("acct", 163, 89), ("quotactl", 179, 60), ("quotactl_fd", 443, 443), ("syslog", 103, 116), ("sethostname", 170, 161),
                ("setdomainname", 171, 162), ("settimeofday", 164, 170), ("clock_settime", 227, 112), ("adjtimex", 159, 171),
                ("clock_adjtime", 305, 266), ("iopl", 172, Absent), ("ioperm", 173, Absent), ("fanotify_init", 300, 262)),
        ];
    }

    private static SystemCallRule Allow(string name, int x64, int arm64, string reason) => new(name, x64, arm64, CallVerdict.Allow, reason);

    private static IEnumerable<SystemCallRule> Deadly(string reason, params (string Name, int X64, int Arm64)[] calls) =>
        calls.Select(call => new SystemCallRule(call.Name, call.X64, call.Arm64, CallVerdict.Kill, reason));
}
