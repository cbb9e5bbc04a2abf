using Fuse4fs.Native;

namespace Fuse4fs.Confinement;

/// <summary>Landlock without a single rule: every right that the kernel can take is taken. A second wall behind the system call
/// filter, of another make.</summary>
internal static class Landlock
{
    /// <summary>From these versions on: network rights, scopes, and restricting all threads at once.</summary>
    private const int NetworkVersion = 4, ScopeVersion = 6, AllThreadsVersion = 8;

    private const ulong ScopeAbstractSockets = 1, ScopeSignals = 2;
    private const uint AllThreads = 1 << 3;

    /// <summary>Denies everything, for this thread and those that it starts, and for all threads where the kernel can.</summary>
    /// <returns>The kernel's version of Landlock; 0 where it has none.</returns>
    /// <exception cref="LockdownException">It has one, and refused.</exception>
    public static int DenyEverything()
    {
        int version = Libc.LandlockVersion();
        if (version <= 0)
        {
            return 0;
        }

        bool isForAllThreads = version >= AllThreadsVersion;
        LandlockRuleset rules = new()
        {
            Files = EveryRight(static right => new() { Files = right }),
            Network = version < NetworkVersion ? 0 : EveryRight(static right => new() { Network = right }),

            // Threads of one domain may signal each other; where they are not all in it, the collector could not stop them.
            Scopes = version < ScopeVersion ? 0 : ScopeAbstractSockets | (isForAllThreads ? ScopeSignals : 0),
        };
        return Libc.RestrictSelf(rules, isForAllThreads ? AllThreads : 0) == 0
            ? version
            : throw new LockdownException($"denying files failed: {Libc.Describe(Libc.LastError)}");
    }

    /// <summary>Asks the kernel bit by bit, so that rights that are younger than this program are denied as well.</summary>
    private static ulong EveryRight(Func<ulong, LandlockRuleset> rulesetOf)
    {
        ulong all = 0;
        for (ulong right = 1; right != 0 && Libc.IsRulesetKnown(rulesetOf(right)); right <<= 1)
        {
            all |= right;
        }

        return all;
    }
}
