using TestSupport;

namespace Ext4Safety.IntegrationTests.Systems;

/// <summary>The scripts of this folder, in namespaces on the machine's kernel: each script is a test.</summary>
public sealed class NamespacesTests
{
    public static TheoryData<string> Scripts => new(SystemRun.Scripts);

    [PlaceTheory(Place.Namespaces)]
    [MemberData(nameof(Scripts))]
    public void A_script_passes_on_this_kernel(string script) => SystemRun.In(Place.Namespaces).AssertPassed(script);

    [PlaceFact(Place.Namespaces)]
    public void A_shutdown_unmounts_first_then_servers_end_and_nothing_hangs() => SystemRun.Run(Place.Namespaces, "shutdown").Expect(0);

    [PlaceFact(Place.Namespaces)]
    public void The_package_holds_what_users_need_and_nothing_of_the_tests() => Snapshot.Verify(
        string.Join('\n', ExternalTool.Run("dpkg-deb", "--contents", SystemRun.Package!).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => $"{words[0]} {words[1]} {string.Join(' ', words[5..])}")));

    [PlaceFact(Place.Namespaces)]
    public void The_exit_status_of_a_script_and_its_output_come_back()
    {
        ToolResult result = SystemRun.RunScript(Place.Namespaces, "echo said; exit 42");
        Assert.Equal((42, "said\n"), (result.ExitCode, result.Output));
    }

    [PlaceFact(Place.Namespaces)]
    public void A_script_without_end_is_ended_and_what_it_said_comes_back()
    {
        ToolResult result = SystemRun.RunScript(Place.Namespaces, "echo said; sleep 1000", "--timeout", "5");
        Assert.Equal((124, "said\n"), (result.ExitCode, result.Output));
        Assert.Contains("did not end within 5 s", result.Error, StringComparison.Ordinal);
    }

    [PlaceFact(Place.Namespaces)]
    public void A_system_that_dies_is_not_taken_for_one_that_ended_well()
    {
        ToolResult result = SystemRun.RunScript(Place.Namespaces, "systemctl poweroff --force --force; sleep 1000");
        Assert.Equal(125, result.ExitCode);
    }
}

/// <summary>The same scripts in a virtual machine, on a newer kernel.</summary>
public sealed class GuestTests
{
    public static TheoryData<string> Scripts => new(SystemRun.Scripts);

    [PlaceTheory(Place.Guest)]
    [MemberData(nameof(Scripts))]
    public void A_script_passes_on_a_newer_kernel(string script) => SystemRun.In(Place.Guest).AssertPassed(script);
}
