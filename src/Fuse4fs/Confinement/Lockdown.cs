using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fuse4fs.Native;

namespace Fuse4fs.Confinement;

/// <summary>This process cannot be locked down, and the message says which step failed and why.</summary>
internal sealed class LockdownException(string message) : Exception(message);

/// <summary>How this process gives up everything that serving does not need. There is no way back.</summary>
internal static class Lockdown
{
    /// <summary>Who owns nothing: "nobody" of every Linux.</summary>
    private const uint Nobody = 65534;

    /// <summary>More than serving needs; a process that asks for more is no server of ours any more.</summary>
    private const ulong MostDescriptors = 1024, MostAddresses = 4ul << 30;

    /// <summary>Locks all threads down.</summary>
    /// <param name="process">What the table of system calls needs to know.</param>
    /// <returns>What is in force, for the log.</returns>
    /// <exception cref="LockdownException">A step failed that everything else rests on.</exception>
    public static LockdownReport Apply(ConfinedProcess process)
    {
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            throw new LockdownException("this build compiles code while it runs: only the published program can be locked down");
        }

        FilterInstruction[] filter = FilterProgram.Assemble(SystemCallTable.For(process), RuntimeInformation.ProcessArchitecture);
        bool isLimited = LimitResources();
        DropIdentity();
        Need(Libc.DropCapabilities(), "dropping capabilities");
        Need(Libc.ControlProcess(Libc.SetDumpable, 0), "hiding the process's memory");
        Need(Libc.ControlProcess(Libc.SetNoNewPrivileges, 1), "forgoing new privileges");
        bool isCodeFixed = Libc.ControlProcess(Libc.SetMemoryDenyWriteExecute, Libc.RefuseExecutableGain) == 0;
        int landlock = Landlock.DenyEverything();
        uint user = Libc.EffectiveUserId();
        Need(Libc.InstallFilter(filter), "installing the filter of system calls");
        return new(filter.Length, landlock, isCodeFixed, isLimited, user);
    }

    /// <summary>A service manager that has set limits of its own may forbid to set others.</summary>
    /// <returns>Whether all of them are set.</returns>
    private static bool LimitResources() =>
        Libc.LimitResource(Libc.LimitCore, 0) == 0
        & Libc.LimitResource(Libc.LimitDescriptors, MostDescriptors) == 0
        & Libc.LimitResource(Libc.LimitAddresses, MostAddresses) == 0
        & Libc.LimitResource(Libc.LimitLockedMemory, 0) == 0;

    /// <summary>Where root started this process, it becomes nobody, in all threads. In a user namespace where nobody does not
    /// exist, root is no more than anybody.</summary>
    private static void DropIdentity()
    {
        if (Libc.EffectiveUserId() == 0)
        {
            _ = Libc.SetGroups(0, 0);
            _ = Libc.SetGroupIds(Nobody, Nobody, Nobody);
            _ = Libc.SetUserIds(Nobody, Nobody, Nobody);
        }
    }

    private static void Need(int result, string step)
    {
        if (result != 0)
        {
            throw new LockdownException($"{step} failed: {Libc.Describe(Libc.LastError)}");
        }
    }
}

/// <summary>What a lockdown has put in force.</summary>
/// <param name="FilterLength">Instructions of the system call filter.</param>
/// <param name="Landlock">The version of Landlock that denies every file; 0 where the kernel has none.</param>
/// <param name="IsCodeFixed">Whether memory can never become code.</param>
/// <param name="IsLimited">Whether descriptors, memory and dumps are limited by this process itself.</param>
/// <param name="UserId">Who the process is, as it sees itself.</param>
internal sealed record LockdownReport(int FilterLength, int Landlock, bool IsCodeFixed, bool IsLimited, uint UserId)
{
    /// <summary>One line for the log.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"filter of {FilterLength} steps, Landlock version {Landlock}, code {Said(IsCodeFixed, "fixed")}, resources {Said(IsLimited, "limited")}, user {UserId}");

    private static string Said(bool isSo, string word) => isSo ? word : $"not {word}";
}
