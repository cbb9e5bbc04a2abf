using Fuse4fs.Confinement;
using TestSupport;

namespace Fuse4fs.UnitTests.Confinement;

/// <summary>The service's unit states the same system calls as the server's own filter.</summary>
public sealed class UnitFilterTests
{
    private const string Directive = "SystemCallFilter=", UntilLockdown = "# Until the lockdown:";

    private static readonly IReadOnlyList<SystemCallRule> Table = SystemCallTable.For(new(ProcessId: 1, Connection: 3, Volume: [4]));

    [Fact]
    public void The_unit_allows_what_the_servers_own_table_allows() => Assert.Equal(
        Table.Where(rule => rule.Verdict == CallVerdict.Allow).Select(rule => rule.Name).Order(StringComparer.Ordinal),
        CallsOf(Lines().TakeWhile(line => !string.Equals(line, UntilLockdown, StringComparison.Ordinal))));

    [Fact]
    public void Before_its_lockdown_the_server_is_allowed_no_deadly_call_but_the_two_that_start_it() => Assert.Equal(
        ["execve", "setsockopt"],
        CallsOf(Lines().SkipWhile(line => !string.Equals(line, UntilLockdown, StringComparison.Ordinal)))
            .Intersect(Table.Where(rule => rule.Verdict == CallVerdict.Kill).Select(rule => rule.Name), StringComparer.Ordinal));

    private static IEnumerable<string> CallsOf(IEnumerable<string> lines) => lines
        .Where(line => line.StartsWith(Directive, StringComparison.Ordinal))
        .SelectMany(line => line[Directive.Length..].Split(' '))
        .Order(StringComparer.Ordinal);

    private static string[] Lines() => File.ReadAllLines(Path.Combine(TestTree.Root, "packaging", "systemd", "fuse4fs@.service"));
}
