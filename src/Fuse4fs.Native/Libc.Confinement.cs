using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fuse4fs.Native;

/// <summary>One instruction of a system call filter.</summary>
/// <remarks><c>struct sock_filter</c>.</remarks>
/// <param name="Code">What it does.</param>
/// <param name="JumpTrue">Instructions to pass over where a comparison holds.</param>
/// <param name="JumpFalse">And where it does not.</param>
/// <param name="Value">What it works with.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Value);

/// <summary>Rights that a Landlock ruleset takes charge of.</summary>
/// <remarks><c>struct landlock_ruleset_attr</c>.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct LandlockRuleset
{
    public ulong Files;
    public ulong Network;
    public ulong Scopes;
}

/// <summary>Giving up rights: prctl(2), seccomp(2), landlock(7), capabilities(7), setrlimit(2), credentials(7).</summary>
internal static partial class Libc
{
    public const int SetDumpable = 4, SetName = 15, SetNoNewPrivileges = 38, SetMemoryDenyWriteExecute = 65;
    public const nuint RefuseExecutableGain = 1;
    public const int LimitCore = 4, LimitDescriptors = 7, LimitLockedMemory = 8, LimitAddresses = 9;

    private const int NumberCreateRuleset = 444, NumberRestrictSelf = 446;
    private const nint FilterOperation = 1, AllThreadsFlag = 1, VersionFlag = 1;

    /// <summary>prctl(2) with numbers.</summary>
    public static int ControlProcess(int option, nuint argument) => ControlProcess(option, argument, 0, 0, 0);

    /// <summary>Takes every capability from this thread; where that is forbidden, it may have none.</summary>
    public static int DropCapabilities()
    {
        const int clearAmbient = 47;
        const nuint clearAll = 4;
        const uint version3 = 0x20080522;
        _ = ControlProcess(clearAmbient, clearAll);
        Span<uint> sets = stackalloc uint[6];
        return SetCapabilities([version3, 0], sets) == 0 || (GetCapabilities([version3, 0], sets) == 0 && sets.IndexOfAnyExcept(0u) < 0) ? 0 : -1;
    }

    /// <summary>seccomp(2): a filter for all threads at once.</summary>
    public static unsafe int InstallFilter(ReadOnlySpan<FilterInstruction> filter)
    {
        nint number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 317 : 277;
        fixed (FilterInstruction* first = filter)
        {
            FilterHeader header = new() { Length = checked((ushort)filter.Length), First = first };
            return (int)SystemCall(number, FilterOperation, AllThreadsFlag, (nint)(&header));
        }
    }

    /// <summary>The kernel's version of Landlock; -1 where it has none, or none is switched on.</summary>
    public static int LandlockVersion() => (int)SystemCall(NumberCreateRuleset, 0, 0, VersionFlag);

    /// <summary>Whether the kernel understands a ruleset.</summary>
    public static bool IsRulesetKnown(LandlockRuleset rules)
    {
        using SafeFileHandle ruleset = CreateRuleset(rules);
        return !ruleset.IsInvalid;
    }

    /// <summary>Denies what a ruleset takes charge of.</summary>
    public static int RestrictSelf(LandlockRuleset rules, uint flags)
    {
        using SafeFileHandle ruleset = CreateRuleset(rules);
        return ruleset.IsInvalid ? -1 : (int)SystemCall(NumberRestrictSelf, ruleset.DangerousGetHandle(), (nint)flags, 0);
    }

    /// <summary>setrlimit(2): no more than this, and no way to raise it again. What is below already stays so.</summary>
    public static int LimitResource(int resource, ulong most)
    {
        Span<ulong> limits = stackalloc ulong[2];
        if (GetLimit(resource, limits) != 0)
        {
            return -1;
        }

        limits[0] = Math.Min(limits[0], most);
        limits[1] = Math.Min(limits[1], most);
        return SetLimit(resource, limits);
    }

    /// <summary>setgroups(2), for all threads.</summary>
    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetGroups(nuint count, nint groups);

    /// <summary>setresgid(2), for all threads.</summary>
    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetGroupIds(uint real, uint effective, uint saved);

    /// <summary>setresuid(2), for all threads: where root leaves, so do its capabilities.</summary>
    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetUserIds(uint real, uint effective, uint saved);

    private static unsafe SafeFileHandle CreateRuleset(LandlockRuleset rules)
    {
        // An older kernel takes a longer structure as long as the rest of it is zero.
        return new(SystemCall(NumberCreateRuleset, (nint)(&rules), sizeof(LandlockRuleset), 0), ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ControlProcess(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetCapabilities(ReadOnlySpan<uint> header, ReadOnlySpan<uint> sets);

    [LibraryImport("libc", EntryPoint = "capget", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetCapabilities(ReadOnlySpan<uint> header, Span<uint> sets);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, Span<ulong> limits);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, ReadOnlySpan<ulong> limits);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third);

    /// <summary><c>struct sock_fprog</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct FilterHeader
    {
        public ushort Length;
        public FilterInstruction* First;
    }
}
