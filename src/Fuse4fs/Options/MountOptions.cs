using Fuse4fs.Protocol;

namespace Fuse4fs.Options;

/// <summary>Every word that may follow <c>-o</c>, and how a list of them becomes a plan.</summary>
internal static class MountOptions
{
    private const string WritingOnly = "matters only for writing: accepted, no effect";
    private const string Mount = "mount(8)'s: no effect";
    private const string Fuse = "libfuse's: accepted, no effect";

    /// <summary>In the order of the help text.</summary>
    public static IReadOnlyList<MountOption> All { get; } =
    [
        MountOption.Word("ro", "mount read-only (the default)", plan => plan with { WriteRequested = false }),
        MountOption.Word("rw", "accepted with a notice: this version mounts read-only", plan => plan with { WriteRequested = true }),
        MountOption.Word("norecovery", "do not look into a dirty journal", plan => plan with { SkipJournal = true }),
        MountOption.Word("noload", "the same as norecovery", plan => plan with { SkipJournal = true }),
        new("journal_path", "PATH", "the device or file that holds an external journal", (plan, value) => plan with { JournalPath = value }),
        new("sb", "N", "read the superblock at N x 1024 bytes", (plan, value) => plan with { Superblock = OptionValue.Size("sb", value, 1, long.MaxValue >> 10) }),
        new("offset", "BYTES", "the volume begins this many bytes into the device",
            (plan, value) => plan with { Offset = OptionValue.Size("offset", value, 0, long.MaxValue) }),
        new("partition", "N", "the volume lies in this partition of the device",
            (plan, value) => plan with { Partition = OptionValue.Between("partition", value, 1, 1024) }),
        new("cache_size", "N[kmg]", "size of the block cache",
            (plan, value) => plan with { CacheBytes = OptionValue.Size("cache_size", value, 1, int.MaxValue + 1L) }),
        new("errors", "continue|remount-ro|panic", "on damage: go on (the first two), or end the server",
            (plan, value) => plan with { Errors = OptionValue.Policy(value) }),
        MountOption.Word("minixdf", "statfs counts metadata as space", plan => plan with { MinixStatistics = true }),
        MountOption.Word("bsddf", "statfs leaves metadata out (the default)", plan => plan with { MinixStatistics = false }),
        MountOption.Word("acl", "evaluate access control lists (the default)", plan => plan with { AccessControlLists = true }),
        MountOption.Word("noacl", "neither evaluate nor show access control lists", plan => plan with { AccessControlLists = false }),
        MountOption.Word("kernel", "as the kernel's driver: allow_other, default_permissions, suid, dev, acl", ActLikeTheKernel),
        MountOption.Word("fakeroot", "every caller may read everything; nosuid, nodev", plan => plan with
        {
            ChecksPermissions = false,
            Flags = plan.Flags | MountFlags.NoSetUserId | MountFlags.NoDevices,
        }),
        MountOption.Word("default_permissions", "the kernel checks permissions (the default)", plan => plan with { ChecksPermissions = true }),
        MountOption.Word("allow_other", "let every user use the mount", plan => plan with { AllowOther = true }),
        MountOption.Word("directio", "read around the system's page cache", plan => plan with { DirectIo = true }),
        MountOption.Word("direct", "the same as directio", plan => plan with { DirectIo = true }),
        Label(SecurityContexts.AllName, "of every file", (contexts, label) => contexts with { All = label }),
        Label(SecurityContexts.FileSystemName, "of the file system itself", (contexts, label) => contexts with { FileSystem = label }),
        Label(SecurityContexts.UnlabelledName, "of files that have none", (contexts, label) => contexts with { Unlabelled = label }),
        Label(SecurityContexts.RootName, "of the root directory", (contexts, label) => contexts with { Root = label }),
        new("lockfile", "PATH", "create this file, refuse if it exists, remove it at the end",
            (plan, value) => plan with { LockFile = OptionValue.FullPath("lockfile", value) }),
        new("oom_score_adj", "N", "write this to the server's oom_score_adj",
            (plan, value) => plan with { OomScoreAdjustment = OptionValue.Between("oom_score_adj", value, -1000, 1000) }),
        MountOption.Word("no_default_opts", "add neither subtype nor fsname", plan => plan with { DefaultNames = false }),
        new("subtype", "NAME", "the type behind \"fuse.\" in the mount table", (plan, value) => plan with { Subtype = value }),
        new("fsname", "NAME", "the source in the mount table", (plan, value) => plan with { Source = value }),
        new("max_read", "BYTES", "the largest read that the kernel asks for",
            (plan, value) => plan with { MaxRead = (uint)OptionValue.Size("max_read", value, 4096, uint.MaxValue) }),
        new("max_threads", "N", "threads that serve", (plan, value) => plan with { Workers = OptionValue.Between("max_threads", value, 1, 256) }),
        MountOption.Word("fuse4fs_debug", "log each request", plan => plan with { Debug = true }),
        MountOption.Word("debug", "the same as fuse4fs_debug", plan => plan with { Debug = true }),
        MountOption.Word("timing", "count and time requests, and say so at the end", plan => plan with { Timing = true }),

        MountOption.Clear("suid", MountFlags.NoSetUserId, "set-user-ID bits work"),
        MountOption.Set("nosuid", MountFlags.NoSetUserId, "set-user-ID bits do nothing (the default)"),
        MountOption.Clear("dev", MountFlags.NoDevices, "device nodes work"),
        MountOption.Set("nodev", MountFlags.NoDevices, "device nodes do not open (the default)"),
        MountOption.Clear("exec", MountFlags.NoExecution, "programs can be started (the default)"),
        MountOption.Set("noexec", MountFlags.NoExecution, "programs cannot be started"),
        MountOption.Clear("symfollow", MountFlags.NoSymbolicLinks, "follow symbolic links (the default)"),
        MountOption.Set("nosymfollow", MountFlags.NoSymbolicLinks, "do not follow symbolic links"),
        MountOption.Clear("atime", MountFlags.NoAccessTime, WritingOnly),
        MountOption.Set("noatime", MountFlags.NoAccessTime, WritingOnly),
        MountOption.Clear("diratime", MountFlags.NoDirectoryAccessTime, WritingOnly),
        MountOption.Set("nodiratime", MountFlags.NoDirectoryAccessTime, WritingOnly),
        MountOption.NoEffect("relatime", WritingOnly),
        MountOption.NoEffect("norelatime", WritingOnly),
        MountOption.NoEffect("strictatime", WritingOnly),
        MountOption.NoEffect("nostrictatime", WritingOnly),
        MountOption.NoEffect("lazytime", WritingOnly),
        MountOption.NoEffect("nolazytime", WritingOnly),
        MountOption.NoEffect("sync", WritingOnly),
        MountOption.NoEffect("async", WritingOnly),
        MountOption.NoEffect("dirsync", WritingOnly),
        MountOption.NoEffect("iversion", WritingOnly),
        MountOption.NoEffect("noiversion", WritingOnly),
        MountOption.NoEffect("mand", WritingOnly),
        MountOption.NoEffect("nomand", WritingOnly),
        MountOption.NumberWithoutEffect("flush_interval", "SECONDS", WritingOnly),
        MountOption.NoEffect("nodelalloc", WritingOnly),
        MountOption.NoEffect("noblock_validity", "accepted, no effect: blocks are always validated"),
        MountOption.NoEffect("user_xattr", "user attributes are shown (the default)"),

        MountOption.NoEffect("defaults", Mount),
        MountOption.NoEffect("auto", Mount),
        MountOption.NoEffect("noauto", Mount),
        MountOption.NoEffect("nofail", Mount),
        MountOption.NoEffect("_netdev", Mount),
        MountOption.NoEffect("user", Mount),
        MountOption.NoEffect("nouser", Mount),
        MountOption.NoEffect("users", Mount),
        MountOption.NoEffect("owner", Mount),
        MountOption.NoEffect("noowner", Mount),
        MountOption.NoEffect("group", Mount),
        MountOption.NoEffect("nogroup", Mount),
        MountOption.NoEffect("silent", Mount),
        MountOption.NoEffect("loud", Mount),
        MountOption.NoEffect("loop", "accepted, no effect: image files are read as they are"),
        MountOption.NoEffect("clone_fd", Fuse),
        MountOption.NumberWithoutEffect("max_idle_threads", "N", Fuse),
    ];

    private static readonly Dictionary<string, MountOption> ByName = All.ToDictionary(option => option.Name, StringComparer.Ordinal);

    /// <summary>Applies one list to a plan; later words win.</summary>
    /// <exception cref="UsageException">A word is unknown, or its value makes no sense.</exception>
    public static MountPlan Apply(MountPlan plan, string list)
    {
        foreach ((string word, string written) in OptionList.Words(list))
        {
            if (IsForTheTable(word))
            {
                plan = plan with { TableOptions = $"{plan.TableOptions}{written}," };
                continue;
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word : word[..equals];
            if (!ByName.TryGetValue(name, out MountOption? option))
            {
                throw new UsageException($"unknown mount option \"{name}\"");
            }

            plan = option.ApplyTo(plan, equals < 0 ? null : word[(equals + 1)..]);
        }

        return plan;
    }

    /// <summary>Words that start with x- or X- belong to other programs: mount(8) promises that nobody trips over them. It notes itself
    /// who has mounted.</summary>
    public static bool IsForTheTable(string word) =>
        word.StartsWith("x-", StringComparison.OrdinalIgnoreCase) || word.StartsWith("user=", StringComparison.Ordinal);

    private static MountOption Label(string name, string whose, Func<SecurityContexts, string, SecurityContexts> apply) => new(
        name, "LABEL", $"SELinux's label {whose}", (plan, value) => plan with { Contexts = apply(plan.Contexts, OptionValue.Context(name, value)) });

    private static MountPlan ActLikeTheKernel(MountPlan plan) => plan with
    {
        AllowOther = true,
        ChecksPermissions = true,
        AccessControlLists = true,
        Flags = plan.Flags & ~(MountFlags.NoSetUserId | MountFlags.NoDevices),
    };
}
