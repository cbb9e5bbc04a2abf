using System.Text.RegularExpressions;
using Fuse4fs.Confinement;

namespace Ext4Safety.IntegrationTests.Contained;

/// <summary>What a traced server did after its filter was in place, held against the table that the filter is made from.</summary>
/// <param name="Forbidden">Calls that it made and that the table does not allow.</param>
/// <param name="NeverUsed">Calls that the table allows, that nobody made, and that nothing is known to make now and then.</param>
internal sealed partial record TracedCalls(IReadOnlyList<string> Forbidden, IReadOnlyList<string> NeverUsed)
{
    /// <summary>Calls that a good run need not make, and when they are made.</summary>
    private static readonly Dictionary<string, string> NowAndThen = new(StringComparer.Ordinal)
    {
        ["ppoll"] = "poll on arm64",
        ["restart_syscall"] = "after a stop and a continuation",
        ["exit"] = "threads end with the process",
        ["tgkill"] = "a collection of garbage, an abort",
        ["rt_sigreturn"] = "a collection of garbage",
        ["membarrier"] = "a collection of garbage",
        ["sched_yield"] = "contention",
        ["clock_gettime"] = "a kernel without a shared clock page",
        ["nanosleep"] = "clock_nanosleep of another C library",
        ["clock_nanosleep"] = "the delay before the end under a journal",
        ["getrandom"] = "a hash table that is the first of its kind",
        ["mremap"] = "large blocks of the C library",
        ["brk"] = "small blocks of the C library",
        ["fstat"] = "the runtime's first look at a descriptor, on arm64",
        ["sysinfo"] = "a collection of garbage",
        ["getpid"] = "an abort",
    };

    /// <summary>Calls that the runtime makes, that fail, and that it does without.</summary>
    private static readonly Dictionary<string, string> DoneWithout = new(StringComparer.Ordinal)
    {
        ["clone3"] = "clone is the C library's second choice",
        ["openat"] = "names of threads, and the collector's look at limits of memory, in /proc",
    };

    /// <summary>Reads the trace of everything that the helper started.</summary>
    public static TracedCalls AfterLockdown(string path)
    {
        IReadOnlyList<SystemCallRule> table = SystemCallTable.For(new(1, 3, []));
        HashSet<string> allowed = [.. table.Where(rule => rule.Verdict == CallVerdict.Allow).Select(rule => rule.Name)];
        HashSet<string> made = new(StringComparer.Ordinal), threads = new(StringComparer.Ordinal);
        bool isLockedDown = false;
        foreach (Match call in File.ReadLines(path).Select(line => Call().Match(line)).Where(call => call.Success))
        {
            string thread = call.Groups["thread"].Value, name = call.Groups["name"].Value, rest = call.Groups["rest"].Value;
            if (name is "execve" && rest.StartsWith("\"/fuse4fs\"", StringComparison.Ordinal))
            {
                threads.Add(thread);
            }

            if (!threads.Contains(thread))
            {
                continue;
            }

            if (isLockedDown)
            {
                made.Add(name);
            }

            isLockedDown |= name is "seccomp" && rest.Contains("SECCOMP_FILTER_FLAG_TSYNC", StringComparison.Ordinal);
            if (call.Groups["started"].Success)
            {
                threads.Add(call.Groups["started"].Value);
            }
        }

        Assert.True(isLockedDown, "the trace shows no lockdown");
        return new(
            [.. made.Except(allowed, StringComparer.Ordinal).Where(name => !DoneWithout.ContainsKey(name)).Order(StringComparer.Ordinal)],
            [.. allowed.Except(made, StringComparer.Ordinal).Where(name => !NowAndThen.ContainsKey(name)).Order(StringComparer.Ordinal)]);
    }

    /// <summary>A call, or the rest of one that another thread's came in between of; numbers of new threads are translated, since
    /// the server has its own.</summary>
    [GeneratedRegex(
        @"^(?<thread>\d+) +(<\.\.\. )?(?<name>\w+)( resumed>|\()(?<rest>.*?(/\* (?<started>\d+) in strace's PID NS \*/)?)$",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Call();
}
